"""What the demo's phone shows: a family, its messages on one channel, the buttons it can press."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk import Item, thread_of
from outreach.channels.contract import Button
from outreach.compose import Composed, compose
from outreach.tables import (
    Address,
    AddressValue,
    Guardianship,
    Outgoing,
    OutgoingState,
    Person,
    PersonName,
    School,
    YoungPerson,
)

CHANNELS = ("sms", "telegram")
SHOWN = {s.value for s in (OutgoingState.ACCEPTED, OutgoingState.DELIVERED, OutgoingState.READ)}
COMING = {s.value for s in (OutgoingState.READY, OutgoingState.LEASED)}
MOST = 500  # families in the list


@dataclass(frozen=True, slots=True)
class Family:
    """One of the demo's people."""

    id: int
    name: str
    language: str
    school: str


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone's screen. `linked` is false while the family has no address on this channel.

    `coming` is true while an answer is on its way.
    """

    family: Family
    channel: str
    linked: bool
    items: tuple[Item, ...]
    buttons: tuple[Button, ...]
    coming: bool


async def families(session: AsyncSession) -> tuple[Family, ...]:
    """Everybody with a name, by school."""
    schools = (
        select(func.min(col(School.name)))
        .join(YoungPerson, col(YoungPerson.uai) == col(School.uai))
        .outerjoin(Guardianship, col(Guardianship.young_person_id) == col(YoungPerson.id))
        .where(
            (col(Guardianship.person_id) == col(Person.id))
            | (col(YoungPerson.person_id) == col(Person.id))
        )
        .correlate(Person)
        .scalar_subquery()
    )
    statement = (
        select(col(Person.id), col(PersonName.name), col(Person.language), schools)
        .join(PersonName, col(PersonName.person_id) == col(Person.id))
        .order_by(schools, col(PersonName.name))
        .limit(MOST)
    )
    rows = (await session.execute(statement)).all()
    return tuple(Family(row[0], row[1], row[2] or "fr", row[3] or "Sans école") for row in rows)


async def phone_of(session: AsyncSession, family: Family, channel: str, academie: str) -> Phone:
    """The screen of a family's phone on a channel."""
    thread = await thread_of(session, family.id, channel=channel)
    items = tuple(i for i in thread if i.author == "family" or i.state in SHOWN)
    return Phone(
        family=family,
        channel=channel,
        linked=await address_of(session, family.id, channel) is not None,
        items=items,
        buttons=await _buttons(session, items, academie) if channel == "telegram" else (),
        coming=any(i.state in COMING for i in thread),
    )


async def address_of(session: AsyncSession, person_id: int, channel: str) -> str | None:
    """A family's number or chat on a channel, the newest, or None."""
    statement = (
        select(col(AddressValue.value))
        .join(Address, col(Address.id) == col(AddressValue.address_id))
        .where(col(Address.person_id) == person_id, col(Address.channel) == channel)
        .order_by(col(Address.id).desc())
        .limit(1)
    )
    return (await session.execute(statement)).scalar()


async def _buttons(
    session: AsyncSession, items: tuple[Item, ...], academie: str
) -> tuple[Button, ...]:
    """The menu under the last message, composed as when it was sent."""
    if not items or items[-1].author == "family":
        return ()
    row = await session.get(Outgoing, items[-1].id)
    assert row is not None
    sent_at = row.called_at or row.created_at
    composed = await compose(session, row, sent_at, academie, buttons=True)
    return composed.buttons if isinstance(composed, Composed) else ()
