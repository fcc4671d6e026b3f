"""A family that writes, and what it gets back."""

from __future__ import annotations

import itertools

from sqlmodel import select

from bot.conversation import Received, receive
from bot.runtime import Runtime
from bot.tables import Ticket
from outreach import clock
from outreach.channels.contract import Inbound, Media
from outreach.tables import InboundRow, InboundText, Outgoing, OutgoingText, Person

PHONE = "+33639980001"
_ids = itertools.count(1)


async def says(
    runtime: Runtime,
    text: str,
    *,
    provider_id: str | None = None,
    address: str = PHONE,
    channel: str = "sms",
    media: tuple[Media, ...] = (),
    choice: int | None = None,
    link_token: str | None = None,
) -> Received:
    """A message from a family, by the real path."""
    inbound = Inbound(
        channel=channel,
        provider_id=provider_id or f"in-{next(_ids)}",
        address=address,
        text=text,
        received_at=clock.now(),
        media=media,
        choice=choice,
        link_token=link_token,
    )
    return await receive(runtime, inbound)


async def deliver(runtime: Runtime) -> None:
    """Send what is due, as a worker would."""
    await runtime.dispatcher(owner=1).drain()


async def answers(runtime: Runtime) -> list[str]:
    """What was sent, as sent, oldest first."""
    await deliver(runtime)
    async with runtime.store.session() as session:
        rows = await session.exec(select(OutgoingText).order_by(OutgoingText.outgoing_id))  # type: ignore[arg-type]  # a column, seen as int by mypy
        return [row.text or "" for row in rows]


async def asked(runtime: Runtime, text: str, **more: object) -> str:
    """Say something and read the last answer ("" when there is none)."""
    before = len(await answers(runtime))
    await says(runtime, text, **more)  # type: ignore[arg-type]  # tests name fields freely
    after = await answers(runtime)
    return after[-1] if len(after) > before else ""


async def tickets(runtime: Runtime) -> list[Ticket]:
    """All tickets, oldest first."""
    async with runtime.store.session() as session:
        return list(await session.exec(select(Ticket).order_by(Ticket.id)))  # type: ignore[arg-type]  # a column, seen as int by mypy


async def stored(runtime: Runtime) -> list[tuple[InboundRow, str]]:
    """Every inbound with its words."""
    async with runtime.store.session() as session:
        rows = await session.exec(
            select(InboundRow, InboundText.text).where(InboundText.inbound_id == InboundRow.id)
        )
        return [(row, text) for row, text in rows]


async def ledger(runtime: Runtime) -> list[Outgoing]:
    """Every outgoing row."""
    async with runtime.store.session() as session:
        return list(await session.exec(select(Outgoing).order_by(Outgoing.id)))  # type: ignore[arg-type]  # a column, seen as int by mypy


async def people(runtime: Runtime) -> list[Person]:
    """Everybody we know."""
    async with runtime.store.session() as session:
        return list(await session.exec(select(Person)))
