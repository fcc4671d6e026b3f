"""A family to write to, a channel that does as it is told, and the ledger's story."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from outreach import clock, ledger
from outreach.channels.contract import Accepted, Envelope, Finding, NotFound, Outcome
from outreach.dispatch import Dispatcher
from outreach.people import add_address
from outreach.store import Store
from outreach.tables import Address, Campaign, Consent, Outgoing, OutgoingMove, Person

PHONE = "+33639980001"


@dataclass
class ScriptedChannel:
    """Answers what the script says, in order, then accepts. Keeps what it was asked to send."""

    name: str = "sms"
    buttons: bool = False
    script: list[Outcome | Exception] = field(default_factory=list)
    finding: Finding = field(default_factory=NotFound)
    sent: list[Envelope] = field(default_factory=list)
    hold: asyncio.Event | None = None
    during: Callable[[Envelope], None] | None = None

    async def send(self, envelope: Envelope) -> Outcome:
        self.sent.append(envelope)
        if self.during is not None:
            self.during(envelope)
        if self.hold is not None:
            await self.hold.wait()
        outcome = self.script.pop(0) if self.script else Accepted(f"p{len(self.sent)}")
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def find(self, envelope: Envelope, known: frozenset[str]) -> Finding:
        return self.finding

    async def close(self) -> None:
        """Nothing to release."""


@dataclass
class Troubles:
    """What dispatch handed to a person."""

    seen: list[tuple[int | None, str]] = field(default_factory=list)

    async def __call__(self, session: AsyncSession, row: Outgoing, why: str) -> None:
        self.seen.append((row.id, why))


def dispatcher(
    store: Store, channel: ScriptedChannel, troubles: Troubles, owner: int = 1
) -> Dispatcher:
    """A dispatcher on one channel, with a short time-out."""
    return Dispatcher(
        store, {channel.name: channel}, owner=owner, on_trouble=troubles, timeout_seconds=0.2
    )


async def family(store: Store, phone: str = PHONE, channel: str = "sms") -> tuple[int, int]:
    """A person and an address; their ids."""
    async with store.session() as session:
        person = Person(created_at=clock.now())
        session.add(person)
        await session.flush()
        address = await add_address(session, person, channel, phone, Consent.UNKNOWN)
        assert person.id is not None
        assert address.id is not None
        return person.id, address.id


async def write(
    store: Store,
    ids: tuple[int, int],
    text: str = "Bonjour",
    *,
    kind: str = "reply",
    campaign: str | None = None,
    channel: str = "sms",
) -> int:
    """One message in the ledger; its id."""
    async with store.session() as session:
        campaign_id = None
        if campaign is not None:
            row = Campaign(name=campaign, message_key="campaign.first", created_at=clock.now())
            session.add(row)
            await session.flush()
            campaign_id = row.id
        outgoing = await ledger.write(
            session,
            person_id=ids[0],
            address_id=ids[1],
            channel=channel,
            kind=kind,
            text=text,
            campaign_id=campaign_id,
            step=0 if campaign_id else None,
        )
        assert outgoing is not None
        assert outgoing.id is not None
        return outgoing.id


async def row(store: Store, row_id: int) -> Outgoing:
    """A ledger row as it stands."""
    async with store.session() as session:
        found = await session.get(Outgoing, row_id)
        assert found is not None
        return found


async def address(store: Store, address_id: int) -> Address:
    """An address as it stands."""
    async with store.session() as session:
        found = await session.get(Address, address_id)
        assert found is not None
        return found


async def story(store: Store, row_id: int) -> list[tuple[str, str]]:
    """Every move of a row: where to, and why."""
    async with store.session() as session:
        moves = await session.exec(
            select(OutgoingMove).where(OutgoingMove.outgoing_id == row_id).order_by(OutgoingMove.id)  # type: ignore[arg-type]  # a column, seen as int by mypy
        )
        return [(move.after, move.why) for move in moves]
