"""What a member of staff may do with a ticket. Each act is one transaction and leaves its trace.

The conversation's row is locked first, as when a family writes: the two never wait for each other
in a circle, and a double click is seen as such.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk.queue import visible
from bot.desk.thread import last_address
from bot.staff import Member
from bot.tables import Conversation, Role, Staff, Ticket, TicketNote, TicketState
from flows.session import Session
from outreach import clock, ledger
from outreach.channels.storable import storable
from outreach.store import notify
from outreach.tables import Audit, Consent, Person

Wake: TypeAlias = Callable[[AsyncSession], Awaitable[None]]

LONGEST_MESSAGE = 1600  # characters; what the providers take
LONGEST_NOTE = 2000  # characters
REPEATS = timedelta(hours=13)  # how long a form can be sent again: longer than a session lives
DEAD = {Consent.WRONG_NUMBER.value, Consent.BLOCKED.value, Consent.UNREACHABLE.value}


class Why(StrEnum):
    """Why an act is refused; the words are in `bot/web/words.yml`."""

    TAKEN = "taken"
    NOT_YOURS = "not_yours"
    CLOSED = "closed"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    NO_ADDRESS = "no_address"
    OUTCOME = "outcome"
    ANOTHER_OPEN = "another_open"


class Refused(Exception):
    """The act was not done; `owner` is the name of the colleague who has the ticket."""

    def __init__(self, why: Why, owner: str | None = None) -> None:
        super().__init__(why.value)
        self.why = why
        self.owner = owner


class NotFound(Exception):
    """No such ticket, or not one that this member may see."""


@dataclass(frozen=True, slots=True)
class Done:
    """The act was done; `again` is true when it had been done before and nothing changed."""

    again: bool = False


async def claim(session: AsyncSession, member: Member, ticket_id: int) -> Done:
    """Take a ticket; of any number at once, one wins. The bot falls silent.

    Raises Refused with the winner's name for the others.
    """
    ticket, talk = await _locked(session, member, ticket_id)
    taken = (
        update(Ticket)
        .where(col(Ticket.id) == ticket_id, col(Ticket.state) == TicketState.OPEN.value)
        .where(col(Ticket.owner_id).is_(None))
        .values(
            state=TicketState.CLAIMED.value,
            owner_id=member.id,
            claimed_at=clock.now(),
            unread=0,
        )
        .returning(col(Ticket.id))
    )
    if (await session.execute(taken)).first() is None:
        if ticket.state == TicketState.CLAIMED.value and ticket.owner_id == member.id:
            return Done(again=True)
        await _refuse(session, ticket)
    _set_held(session, talk, held=True)
    await _trace(session, member, "ticket.claim", ticket_id)
    return Done()


async def write(
    session: AsyncSession, member: Member, ticket_id: int, text: str, nonce: str, *, wake: Wake
) -> Done:
    """Write to the family, where they wrote from last; the same `nonce` twice writes once.

    Raises Refused when the member does not hold the ticket, or the text cannot be sent.
    """
    ticket, _ = await _locked(session, member, ticket_id)
    if await _done_before(session, ticket_id, nonce):
        return Done(again=True)
    await _must_hold(session, ticket, member)
    words = clean(text)
    if not words:
        raise Refused(Why.EMPTY)
    if len(words) > LONGEST_MESSAGE:
        raise Refused(Why.TOO_LONG)
    address = await last_address(session, ticket.person_id)
    if address is None or address.id is None or address.consent in DEAD:
        raise Refused(Why.NO_ADDRESS)
    row = await ledger.write(
        session,
        person_id=ticket.person_id,
        address_id=address.id,
        channel=address.channel,
        kind="mediator",
        text=words,
        staff_id=member.id,
    )
    ticket.unread = 0
    session.add(ticket)
    details = {"nonce": nonce, "outgoing": row.id if row is not None else None}
    await _trace(session, member, "ticket.write", ticket_id, **details)
    await notify(session, "desk", f"person:{ticket.person_id}")
    await wake(session)
    return Done()


async def hand_back(session: AsyncSession, member: Member, ticket_id: int, note: str = "") -> Done:
    """Let the ticket go: nobody has it, and the bot speaks again."""
    ticket, talk = await _locked(session, member, ticket_id)
    if ticket.state == TicketState.OPEN.value:
        return Done(again=True)
    await _must_hold(session, ticket, member, or_coordinator=True)
    ticket.state, ticket.owner_id, ticket.claimed_at = TicketState.OPEN.value, None, None
    session.add(ticket)
    _set_held(session, talk, held=False)
    _note(session, member, ticket_id, note)
    await _trace(session, member, "ticket.hand_back", ticket_id)
    return Done()


async def close(
    session: AsyncSession,
    member: Member,
    ticket_id: int,
    outcome: str,
    note: str = "",
    *,
    outcomes: frozenset[str],
) -> Done:
    """Close with one of `outcomes`; closing again changes nothing. The bot speaks again."""
    ticket, talk = await _locked(session, member, ticket_id)
    if ticket.state == TicketState.CLOSED.value:
        return Done(again=True)
    await _must_hold(session, ticket, member, or_coordinator=True)
    if outcome not in outcomes:
        raise Refused(Why.OUTCOME)
    ticket.state, ticket.outcome = TicketState.CLOSED.value, outcome
    ticket.closed_at, ticket.unread = clock.now(), 0
    session.add(ticket)
    _set_held(session, talk, held=False)
    _note(session, member, ticket_id, note)
    await _trace(session, member, "ticket.close", ticket_id, outcome=outcome)
    return Done()


async def reopen(session: AsyncSession, member: Member, ticket_id: int) -> Done:
    """Open a closed ticket again, for anybody to take.

    Raises Refused when the family has another ticket that is not closed.
    """
    ticket, _ = await _locked(session, member, ticket_id)
    if ticket.state != TicketState.CLOSED.value:
        return Done(again=True)
    other = select(Ticket.id).where(
        Ticket.person_id == ticket.person_id, Ticket.state != TicketState.CLOSED.value
    )
    if (await session.exec(other)).first() is not None:
        raise Refused(Why.ANOTHER_OPEN)
    ticket.state, ticket.owner_id, ticket.claimed_at = TicketState.OPEN.value, None, None
    ticket.closed_at, ticket.outcome = None, None
    session.add(ticket)
    await _trace(session, member, "ticket.reopen", ticket_id)
    return Done()


async def mark_seen(session: AsyncSession, member: Member, ticket_id: int) -> None:
    """The owner has the thread before their eyes: nothing is unread."""
    seen = update(Ticket).where(
        col(Ticket.id) == ticket_id, col(Ticket.owner_id) == member.id, col(Ticket.unread) > 0
    )
    await session.execute(seen.values(unread=0))


def clean(text: str) -> str:
    """A mediator's text as it is sent: composed letters, plain line ends, no edges.

    >>> clean(" Bonjour,\\r\\nà demain ")
    'Bonjour,\\nà demain'
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", storable(plain)).strip()


async def _locked(
    session: AsyncSession, member: Member, ticket_id: int
) -> tuple[Ticket, Conversation]:
    """The ticket and the conversation it is about, both locked, the conversation first."""
    statement = select(Ticket.person_id).where(visible(member), Ticket.id == ticket_id)
    person_id = (await session.exec(statement)).first()
    if person_id is None:
        raise NotFound
    talk = await _conversation(session, person_id)
    ticket = await session.get(Ticket, ticket_id, with_for_update=True)
    if ticket is None:
        raise NotFound
    return ticket, talk


async def _conversation(session: AsyncSession, person_id: int) -> Conversation:
    """The conversation, locked; made when the family has never written (a failed delivery)."""
    talk = await session.get(Conversation, person_id, with_for_update=True)
    if talk is not None:
        return talk
    person = await session.get(Person, person_id)
    assert person is not None
    languages = (person.language,) if person.language else ()
    state = Session(languages=languages, opted_out=person.opted_out_at is not None)
    values = {"person_id": person_id, "state": state.to_json(), "updated_at": clock.now()}
    await session.execute(insert(Conversation).values(values).on_conflict_do_nothing())
    talk = await session.get(Conversation, person_id, with_for_update=True)
    assert talk is not None
    return talk


def _set_held(session: AsyncSession, talk: Conversation, *, held: bool) -> None:
    """Silence the bot or let it speak; what it had asked before a mediator came is forgotten."""
    state = Session.from_json(talk.state)
    if state.held and not held:
        state = replace(state, flow=None, step=None, unclear=0, questions=0)
    talk.state = replace(state, held=held).to_json()
    talk.updated_at = clock.now()
    session.add(talk)


async def _must_hold(
    session: AsyncSession, ticket: Ticket, member: Member, *, or_coordinator: bool = False
) -> None:
    mine = ticket.state == TicketState.CLAIMED.value and ticket.owner_id == member.id
    if mine or (or_coordinator and member.may(Role.COORDINATOR)):
        return
    await _refuse(session, ticket)


async def _refuse(session: AsyncSession, ticket: Ticket) -> None:
    """Raise what fits where the ticket stands."""
    if ticket.state == TicketState.CLOSED.value:
        raise Refused(Why.CLOSED)
    if ticket.state == TicketState.CLAIMED.value:
        owner = await session.get(Staff, ticket.owner_id)
        raise Refused(Why.TAKEN, owner.name if owner is not None else None)
    raise Refused(Why.NOT_YOURS)


def _note(session: AsyncSession, member: Member, ticket_id: int, note: str) -> None:
    words = clean(note)[:LONGEST_NOTE]
    if words:
        session.add(TicketNote(ticket_id=ticket_id, staff_id=member.id, text=words, at=clock.now()))


async def _done_before(session: AsyncSession, ticket_id: int, nonce: str) -> bool:
    """True when this form was taken already; the locked conversation makes the look reliable."""
    statement = select(Audit.id).where(
        Audit.action == "ticket.write",
        Audit.subject == f"ticket:{ticket_id}",
        col(Audit.at) > clock.now() - REPEATS,
        col(Audit.details)["nonce"].as_string() == nonce,
    )
    return (await session.exec(statement)).first() is not None


async def _trace(
    session: AsyncSession, member: Member, action: str, ticket_id: int, **details: Any
) -> None:
    """Keep who did what, and tell the open pages when it commits."""
    session.add(
        Audit(
            at=clock.now(),
            actor="staff",
            staff_id=member.id,
            action=action,
            subject=f"ticket:{ticket_id}",
            details=details,
        )
    )
    await session.flush()
    await notify(session, "desk", f"ticket:{ticket_id}")
