"""Counts for coordinators: tickets, and how many people were reached. No name, no word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, not_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.tables import Ticket, TicketState
from outreach.tables import InboundRow, Outgoing, OutgoingState, Person

ARRIVED = (OutgoingState.DELIVERED.value, OutgoingState.READ.value)
TAKEN = (OutgoingState.ACCEPTED.value, *ARRIVED)


@dataclass(frozen=True, slots=True)
class Steering:
    """`tickets` by (priority, state). `written` people were sent something, `reached` certainly
    got it or answered, `silent` were sent something and neither got it nor answered."""

    tickets: dict[tuple[str, str], int]
    overdue: int
    people: int
    written: int
    reached: int
    replied: int
    silent: int
    opted_out: int


async def steering(session: AsyncSession, now: datetime) -> Steering:
    """The counts at `now`, over all territories."""
    by = (col(Ticket.priority), col(Ticket.state))
    rows = (await session.execute(select(*by, func.count()).group_by(*by))).all()
    late = select(func.count()).where(
        col(Ticket.state) != TicketState.CLOSED.value, col(Ticket.due_at) < now
    )
    overdue = (await session.execute(late.select_from(Ticket))).scalar() or 0
    written, arrived, replied = _sent(TAKEN), _sent(ARRIVED), _replied()
    return Steering(
        tickets={(row[0], row[1]): row[2] for row in rows},
        overdue=overdue,
        people=await _people(session),
        written=await _people(session, written),
        reached=await _people(session, arrived | replied),
        replied=await _people(session, replied),
        silent=await _people(session, written, not_(arrived), not_(replied)),
        opted_out=await _people(session, col(Person.opted_out_at).is_not(None)),
    )


async def _people(session: AsyncSession, *where: ColumnElement[bool]) -> int:
    statement = select(func.count()).select_from(Person).where(*where)
    return (await session.execute(statement)).scalar() or 0


def _sent(states: tuple[str, ...]) -> ColumnElement[bool]:
    return _has(col(Outgoing.person_id), col(Outgoing.state).in_(states))


def _replied() -> ColumnElement[bool]:
    return _has(col(InboundRow.person_id))


def _has(person_id: Any, *where: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(person_id == col(Person.id), *where)
