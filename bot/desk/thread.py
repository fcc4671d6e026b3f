"""One ticket opened: the family as far as a mediator needs it, and what was said both ways."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, union
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk.queue import Row, find_row
from bot.staff import Member
from bot.tables import Conversation, Staff, TicketNote, TicketState
from flows.session import Session
from outreach.tables import (
    Address,
    Guardianship,
    InboundRow,
    InboundText,
    Outgoing,
    OutgoingText,
    Person,
    School,
    YoungPerson,
)

LONGEST = 200  # messages each way; what is older is said to be left out


@dataclass(frozen=True, slots=True)
class Understood:
    """What the bot made of a message: intent and language with their confidence, 0 to 1."""

    intent: str
    confidence: float | None
    language: str | None
    language_confidence: float | None
    priority: str
    danger: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """One message. `author` is family, bot, campaign or mediator; `state` that of our ledger."""

    id: int
    author: str
    at: datetime
    channel: str
    text: str | None
    language: str | None = None
    by: str | None = None
    state: str | None = None
    trouble: str | None = None
    media: int = 0
    understood: Understood | None = None
    menu: bool = False

    @property
    def key(self) -> str:
        """An id for the page, unique in the thread."""
        return f"{'r' if self.author == 'family' else 'e'}{self.id}"


@dataclass(frozen=True, slots=True)
class Child:
    """A pupil whom the person answers for, or is."""

    level: str
    school: str
    commune: str


@dataclass(frozen=True, slots=True)
class Note:
    """What a colleague noted."""

    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class File:
    """A ticket opened. `channel` is where an answer would go, None when there is nowhere."""

    row: Row
    kind: str
    identity: bool | None
    opted_out: bool
    mode: str
    channel: str | None
    children: tuple[Child, ...]
    notes: tuple[Note, ...]

    def owned_by(self, member: Member) -> bool:
        """True while this member holds the ticket."""
        return self.row.state == TicketState.CLAIMED.value and self.row.owner_id == member.id


async def open_file(session: AsyncSession, member: Member, ticket_id: int) -> File | None:
    """The ticket and the family, or None when there is none or the member may not see it."""
    row = await find_row(session, member, ticket_id)
    if row is None:
        return None
    person = await session.get(Person, row.person_id)
    assert person is not None
    talk = await session.get(Conversation, row.person_id)
    state = Session.from_json(talk.state) if talk is not None else Session()
    address = await last_address(session, row.person_id)
    return File(
        row=row,
        kind=person.kind,
        identity=state.identity,
        opted_out=person.opted_out_at is not None,
        mode=person.mode,
        channel=address.channel if address is not None else None,
        children=await _children(session, row.person_id),
        notes=await _notes(session, ticket_id),
    )


async def last_address(session: AsyncSession, person_id: int) -> Address | None:
    """Where the person wrote from last, else their newest address: where an answer goes."""
    recent = (
        select(Address)
        .join(InboundRow, col(InboundRow.address_id) == col(Address.id))
        .where(col(InboundRow.person_id) == person_id, col(Address.person_id) == person_id)
        .order_by(col(InboundRow.id).desc())
        .limit(1)
    )
    newest = (
        select(Address)
        .where(col(Address.person_id) == person_id)
        .order_by(col(Address.id).desc())
        .limit(1)
    )
    found = (await session.execute(recent)).scalar()
    return found if found is not None else (await session.execute(newest)).scalar()


async def thread_of(
    session: AsyncSession, person_id: int, *, channel: str | None = None
) -> tuple[Item, ...]:
    """What was said both ways, oldest first; on one channel when asked."""
    received = (
        select(InboundRow, col(InboundText.text))
        .outerjoin(InboundText, col(InboundText.inbound_id) == col(InboundRow.id))
        .where(col(InboundRow.person_id) == person_id)
        .order_by(col(InboundRow.id).desc())
        .limit(LONGEST)
    )
    sent = (
        select(Outgoing, col(OutgoingText.text), col(OutgoingText.message), col(Staff.name))
        .outerjoin(OutgoingText, col(OutgoingText.outgoing_id) == col(Outgoing.id))
        .outerjoin(Staff, col(Staff.id) == col(Outgoing.staff_id))
        .where(col(Outgoing.person_id) == person_id)
        .order_by(col(Outgoing.id).desc())
        .limit(LONGEST)
    )
    if channel is not None:
        received = received.where(col(InboundRow.channel) == channel)
        sent = sent.where(col(Outgoing.channel) == channel)
    dated = [_received(*row) for row in (await session.execute(received)).all()]
    dated += [_sent(*row) for row in (await session.execute(sent)).all()]
    return tuple(item for _, item in sorted(dated, key=lambda pair: pair[0]))


Order = tuple[datetime, int, bool, int]  # a reply follows what it answers, even within an instant


def _received(row: InboundRow, text: str | None) -> tuple[Order, Item]:
    assert row.id is not None
    item = Item(
        id=row.id,
        author="family",
        at=row.received_at,
        channel=row.channel,
        text=text,
        language=row.language,
        media=len(row.media),
        understood=_understood(row),
    )
    return (row.stored_at, row.id, False, row.id), item


def _understood(row: InboundRow) -> Understood | None:
    if row.intent is None:
        return None
    language = row.understanding.get("language") or {}
    return Understood(
        intent=row.intent,
        confidence=row.confidence,
        language=language.get("code") or row.language,
        language_confidence=language.get("confidence"),
        priority=row.priority or "P3",
        danger=row.understanding.get("danger"),
    )


def _sent(
    row: Outgoing, text: str | None, message: dict[str, Any] | None, by: str | None
) -> tuple[Order, Item]:
    assert row.id is not None
    item = Item(
        id=row.id,
        author={"reply": "bot"}.get(row.kind, row.kind),
        at=row.accepted_at or row.created_at,
        channel=row.channel,
        text=text,
        language=row.language,
        by=by,
        state=row.state,
        trouble=row.error_code if row.state == "failed" else row.reason,
        menu=bool((message or {}).get("ask")),
    )
    return (row.created_at, row.inbound_id or 2**62, True, row.id), item


async def _children(session: AsyncSession, person_id: int) -> tuple[Child, ...]:
    kept = select(col(Guardianship.young_person_id)).where(col(Guardianship.person_id) == person_id)
    themselves = select(col(YoungPerson.id)).where(col(YoungPerson.person_id) == person_id)
    statement = (
        select(col(YoungPerson.level), col(School.name), col(School.commune))
        .join(School, col(School.uai) == col(YoungPerson.uai))
        .where(col(YoungPerson.id).in_(union(kept, themselves)))
        .order_by(col(YoungPerson.id))
    )
    return tuple(Child(*row) for row in (await session.execute(statement)).all())


async def _notes(session: AsyncSession, ticket_id: int) -> tuple[Note, ...]:
    statement = (
        select(col(Staff.name), col(TicketNote.at), col(TicketNote.text))
        .join(Staff, col(Staff.id) == col(TicketNote.staff_id))
        .where(col(TicketNote.ticket_id) == ticket_id)
        .order_by(col(TicketNote.id))
    )
    return tuple(Note(*row) for row in (await session.execute(statement)).all())
