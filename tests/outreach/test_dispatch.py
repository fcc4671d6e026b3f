"""Dispatch: what is due goes out once, in order, and every outcome is recorded with its why."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from outreach import clock, ledger
from outreach.channels.contract import (
    Accepted,
    CannotTell,
    Found,
    GiveUp,
    NotFound,
    Outcome,
    Retry,
    StopAddress,
    Unknown,
)
from outreach.reconcile import release_dead_leases, resolve_unknown
from outreach.store import Store
from outreach.tables import OutgoingState as State
from tests.outreach.support import (
    ScriptedChannel,
    Troubles,
    address,
    dispatcher,
    family,
    row,
    story,
    write,
)


async def test_a_message_goes_out_once_however_often_the_job_runs(store: Store) -> None:
    channel, ids = ScriptedChannel(), await family(store)
    row_id = await write(store, ids)
    worker = dispatcher(store, channel, Troubles())
    for _ in range(3):
        await worker.drain()
    assert [e.text for e in channel.sent] == ["Bonjour"]
    assert await story(store, row_id) == [("ready", "reply"), ("accepted", "provider")]


async def test_four_workers_at_once_send_each_message_once(store: Store) -> None:
    channel = ScriptedChannel()
    ids = [await family(store, f"+336399800{n:02}") for n in range(30)]
    rows = [await write(store, pair, f"n{i}") for i, pair in enumerate(ids)]
    workers = [dispatcher(store, channel, Troubles(), owner) for owner in range(1, 5)]
    await asyncio.gather(*(worker.drain() for worker in workers))
    assert sorted(e.reference for e in channel.sent) == sorted(rows)


async def test_two_messages_to_one_person_arrive_in_order(store: Store) -> None:
    channel, ids = ScriptedChannel(), await family(store)
    for text in ("un", "deux", "trois"):
        await write(store, ids, text)
    await dispatcher(store, channel, Troubles()).drain()
    assert [e.text for e in channel.sent] == ["un", "deux", "trois"]


async def test_replies_go_before_bulk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outreach.dispatch.BATCH", 1)
    channel = ScriptedChannel()
    await write(store, await family(store), "campagne", kind="campaign", campaign="c")
    clock.advance(timedelta(minutes=1))
    await write(store, await family(store, "+33639980002"), "réponse")
    await dispatcher(store, channel, Troubles()).drain()
    assert [e.text for e in channel.sent] == ["réponse", "campagne"]


async def test_a_campaign_of_the_night_goes_out_in_the_morning(store: Store) -> None:
    channel, ids = ScriptedChannel(), await family(store)
    clock.advance(timedelta(hours=14))  # 23:00
    row_id = await write(store, ids, kind="campaign", campaign="c")
    worker = dispatcher(store, channel, Troubles())
    await worker.drain()
    assert channel.sent == []
    assert (await row(store, row_id)).state == State.PLANNED
    clock.advance(timedelta(hours=10))
    await worker.drain()
    assert len(channel.sent) == 1
    why = [w for _, w in await story(store, row_id)]
    assert why == ["campaign", "gate:quiet_hours", "provider"]


async def test_the_third_unsolicited_message_of_a_week_waits(store: Store) -> None:
    channel, ids = ScriptedChannel(), await family(store)
    for name in ("a", "b", "c"):
        await write(store, ids, name, kind="campaign", campaign=name)
    worker = dispatcher(store, channel, Troubles())
    await worker.drain()
    assert [e.text for e in channel.sent] == ["a", "b"]
    clock.advance(timedelta(days=7, seconds=1))
    await worker.drain()
    assert [e.text for e in channel.sent] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("outcome", "state", "why"),
    [
        (Accepted("p"), State.ACCEPTED, "provider"),
        (GiveUp("21617"), State.FAILED, "provider:21617"),
        (StopAddress("30005", "unreachable"), State.FAILED, "provider:30005"),
        (Unknown("timeout"), State.UNKNOWN, "provider:timeout"),
        (Retry("429", timedelta(seconds=30)), State.READY, "retry:429"),
    ],
)
async def test_every_outcome_has_its_state(
    store: Store, outcome: Outcome, state: State, why: str
) -> None:
    channel, ids = ScriptedChannel(script=[outcome]), await family(store)
    row_id = await write(store, ids)
    await dispatcher(store, channel, Troubles()).drain()
    assert (await row(store, row_id)).state == state
    assert (await story(store, row_id))[-1] == (state, why)


async def test_a_retry_waits_as_long_as_the_provider_asks(store: Store) -> None:
    channel = ScriptedChannel(script=[Retry("429", timedelta(seconds=30))])
    await write(store, await family(store))
    worker = dispatcher(store, channel, Troubles())
    await worker.drain()
    clock.advance(timedelta(seconds=29))
    await worker.drain()
    assert len(channel.sent) == 1
    clock.advance(timedelta(seconds=1))
    await worker.drain()
    assert len(channel.sent) == 2


async def test_retries_end_and_a_person_is_told(store: Store) -> None:
    channel = ScriptedChannel(script=[Retry("503", timedelta(seconds=1))] * 10)
    troubles, row_id = Troubles(), await write(store, await family(store))
    worker = dispatcher(store, channel, troubles)
    for _ in range(10):
        await worker.drain()
        clock.advance(timedelta(seconds=1))
    assert len(channel.sent) == 6
    assert troubles.seen == [(row_id, "failed:503")]


async def test_a_stop_known_to_the_provider_becomes_ours(store: Store) -> None:
    channel = ScriptedChannel(script=[StopAddress("21610", "opted_out")])
    ids = await family(store)
    await write(store, ids)
    await dispatcher(store, channel, Troubles()).drain()
    assert (await address(store, ids[1])).consent == "opted_out"
    await write(store, ids, "encore", kind="campaign", campaign="c")
    await dispatcher(store, channel, Troubles()).drain()
    assert [e.text for e in channel.sent] == ["Bonjour"]


async def test_a_time_out_is_unknown_and_never_sent_again_blindly(store: Store) -> None:
    channel = ScriptedChannel(hold=asyncio.Event())  # never answers
    row_id = await write(store, await family(store))
    worker = dispatcher(store, channel, Troubles())
    for _ in range(3):
        await worker.drain()
    assert len(channel.sent) == 1
    assert (await row(store, row_id)).state == State.UNKNOWN


async def test_a_fault_of_ours_in_the_middle_of_a_call_is_unknown_too(store: Store) -> None:
    channel = ScriptedChannel(script=[RuntimeError("bug")])
    row_id = await write(store, await family(store))
    await dispatcher(store, channel, Troubles()).drain()
    assert (await row(store, row_id)).state == State.UNKNOWN


async def unknown_row(store: Store, channel: ScriptedChannel, troubles: Troubles) -> int:
    channel.script = [Unknown("timeout")]
    row_id = await write(store, await family(store))
    await dispatcher(store, channel, troubles).drain()
    clock.advance(timedelta(seconds=30))
    return row_id


async def test_an_unknown_that_the_provider_lists_was_sent(store: Store) -> None:
    channel, troubles = ScriptedChannel(finding=Found("SM9")), Troubles()
    row_id = await unknown_row(store, channel, troubles)
    assert await resolve_unknown(dispatcher(store, channel, troubles)) == 1
    found = await row(store, row_id)
    assert (found.state, found.provider_id) == (State.ACCEPTED, "SM9")
    assert len(channel.sent) == 1


async def test_an_unknown_that_the_provider_does_not_list_is_sent_with_the_reason(
    store: Store,
) -> None:
    channel, troubles = ScriptedChannel(finding=NotFound()), Troubles()
    row_id = await unknown_row(store, channel, troubles)
    worker = dispatcher(store, channel, troubles)
    await resolve_unknown(worker)
    await worker.drain()
    assert len(channel.sent) == 2
    assert ("ready", "provider_list:not_taken") in await story(store, row_id)


async def test_an_unknown_without_a_list_goes_to_a_person_once(store: Store) -> None:
    channel, troubles = ScriptedChannel(finding=CannotTell()), Troubles()
    row_id = await unknown_row(store, channel, troubles)
    worker = dispatcher(store, channel, troubles)
    for _ in range(3):
        await resolve_unknown(worker)
        await worker.drain()
    assert troubles.seen == [(row_id, "unknown")]
    assert len(channel.sent) == 1


async def test_a_list_that_cannot_be_read_now_is_read_later(store: Store) -> None:
    channel, troubles = ScriptedChannel(finding=CannotTell(for_now=True)), Troubles()
    row_id = await unknown_row(store, channel, troubles)
    worker = dispatcher(store, channel, troubles)
    await resolve_unknown(worker)
    assert troubles.seen == []
    channel.finding = Found("SM9")
    await resolve_unknown(worker)
    assert (await row(store, row_id)).state == State.ACCEPTED


async def test_a_worker_that_died_before_the_call_loses_nothing(store: Store) -> None:
    channel, ids = ScriptedChannel(), await family(store)
    row_id = await write(store, ids)
    dead = dispatcher(store, channel, Troubles(), owner=666)
    assert await dead._lease() == {ids[0]: [row_id]}
    worker = dispatcher(store, channel, Troubles())
    await worker.drain()
    assert channel.sent == []  # leased by somebody else
    assert await release_dead_leases(worker) == 1
    await worker.drain()
    assert len(channel.sent) == 1
    assert ("ready", "worker_gone") in await story(store, row_id)


async def test_a_worker_that_died_in_the_call_leaves_unknown(store: Store) -> None:
    channel, ids = ScriptedChannel(), await family(store)
    row_id = await write(store, ids)
    dead = dispatcher(store, channel, Troubles(), owner=666)
    await dead._lease()
    assert await dead._authorise(row_id) is not None  # committed; then the machine stops
    worker = dispatcher(store, channel, Troubles())
    await release_dead_leases(worker)
    await worker.drain()
    assert channel.sent == []
    assert (await row(store, row_id)).state == State.UNKNOWN


async def test_a_worker_whose_lease_ran_out_sends_no_more(store: Store) -> None:
    channel, ids = ScriptedChannel(), await family(store)
    row_id = await write(store, ids)
    slow = dispatcher(store, channel, Troubles(), owner=666)
    await slow._lease()
    clock.advance(timedelta(minutes=2))
    await slow._send_all([row_id])
    assert channel.sent == []


async def test_the_ledger_refuses_a_move_that_makes_no_sense(store: Store) -> None:
    channel, ids = ScriptedChannel(), await family(store)
    row_id = await write(store, ids)
    await dispatcher(store, channel, Troubles()).drain()
    async with store.session() as session:
        found = await row(store, row_id)
        with pytest.raises(ledger.BadMoveError, match="accepted -> ready"):
            await ledger.move(session, found, State.READY, "again")


async def test_one_row_per_person_campaign_and_step(store: Store) -> None:
    ids = await family(store)
    first = await write(store, ids, kind="campaign", campaign="c")
    campaign_id = (await row(store, first)).campaign_id
    async with store.session() as session:
        again = await ledger.write(
            session,
            person_id=ids[0],
            address_id=ids[1],
            channel="sms",
            kind="campaign",
            text="x",
            campaign_id=campaign_id,
            step=0,
        )
    assert again is None
