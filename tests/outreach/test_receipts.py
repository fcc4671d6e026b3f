"""Receipts move the same row on, in whatever order they come, and never back."""

from __future__ import annotations

import asyncio

from outreach import clock, receipts
from outreach.channels.contract import Accepted, Envelope, Receipt
from outreach.store import Store
from outreach.tables import OutgoingState as State
from tests.outreach.support import ScriptedChannel, Troubles, dispatcher, family, row, write


async def record(
    store: Store, state: str, provider_id: str = "p1", reference: int | None = None
) -> bool:
    async with store.session() as session:
        receipt = Receipt("sms", provider_id, state, None, clock.now(), reference)
        return await receipts.record(session, receipt)


async def sent(store: Store) -> int:
    row_id = await write(store, await family(store))
    await dispatcher(store, ScriptedChannel(), Troubles()).drain()
    return row_id


async def test_delivered_then_read(store: Store) -> None:
    row_id = await sent(store)
    for state in ("accepted", "delivered", "read"):
        assert await record(store, state)
    assert (await row(store, row_id)).state == State.READ


async def test_a_late_or_repeated_receipt_changes_nothing(store: Store) -> None:
    row_id = await sent(store)
    for state in ("read", "delivered", "accepted", "read", "failed"):
        await record(store, state)
    assert (await row(store, row_id)).state == State.READ


async def test_a_receipt_for_nobody_is_said_so(store: Store) -> None:
    assert not await record(store, "delivered", "SM-of-somebody-else")


async def test_a_receipt_that_overtakes_the_answer_is_not_lost(store: Store) -> None:
    """The phone has it before we know the provider's id: our reference finds the row."""
    row_id, called, answer = (
        await write(store, await family(store)),
        asyncio.Event(),
        asyncio.Event(),
    )

    def begun(_envelope: Envelope) -> None:
        called.set()

    channel = ScriptedChannel(script=[Accepted("SM1")], hold=answer, during=begun)
    worker = dispatcher(store, channel, Troubles())
    worker.timeout = 10
    task = asyncio.create_task(worker.drain())
    await called.wait()
    assert await record(store, "delivered", "SM1", reference=row_id)
    answer.set()
    await task
    found = await row(store, row_id)
    assert (found.state, found.provider_id) == (State.DELIVERED, "SM1")


async def test_a_receipt_explains_an_unknown(store: Store) -> None:
    channel = ScriptedChannel(hold=asyncio.Event())
    row_id = await write(store, await family(store))
    await dispatcher(store, channel, Troubles()).drain()
    assert (await row(store, row_id)).state == State.UNKNOWN
    assert await record(store, "delivered", "SM1", reference=row_id)
    assert (await row(store, row_id)).state == State.DELIVERED
