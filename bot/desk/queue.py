"""The queue: tickets by priority and age, as far as a member of staff may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.staff import Member
from bot.tables import Role, Staff, StaffTerritory, Ticket, TicketState
from outreach.tables import InboundRow, PersonName, Territory

PAGE = 50  # tickets; more than one person can look at
URGENT = ("P0", "P1")
VIEWS = ("active", "open", "mine", "closed")


@dataclass(frozen=True, slots=True)
class Filters:
    """What to list. `view` is active (all not closed), open (nobody's), mine or closed."""

    view: str = "active"
    territory: int | None = None
    language: str | None = None
    queue: str | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket in the queue. `last_inbound` is the id of the family's latest message."""

    id: int
    person_id: int
    priority: str
    reason: str
    queue: str
    state: str
    language: str | None
    name: str | None
    territory: str | None
    owner_id: int | None
    owner: str | None
    opened_at: datetime
    due_at: datetime | None
    last_inbound_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    unread: int
    last_inbound: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the queue: its rows, how many there are in all, and the latest message's id."""

    rows: tuple[Row, ...]
    total: int
    number: int
    latest: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen in the filters, among the tickets that the member may see."""

    territories: tuple[tuple[int, str], ...] = ()
    languages: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()


def visible(member: Member) -> ColumnElement[bool]:
    """Which tickets a member may see: a mediator, their territories and those without any."""
    if member.role is not Role.MEDIATOR:
        return true()
    mine = select(col(StaffTerritory.territory_id)).where(col(StaffTerritory.staff_id) == member.id)
    return or_(col(Ticket.territory_id).is_(None), col(Ticket.territory_id).in_(mine))


async def list_tickets(session: AsyncSession, member: Member, filters: Filters) -> Page:
    """One page of the queue, most urgent and oldest first (closed ones: latest first)."""
    where = _where(member, filters)
    total = (await session.execute(select(func.count()).select_from(Ticket).where(*where))).scalar()
    order: tuple[Any, ...] = (col(Ticket.priority), col(Ticket.opened_at), col(Ticket.id))
    if filters.view == "closed":
        order = (col(Ticket.closed_at).desc(), col(Ticket.id).desc())
    number = min(max(1, filters.page), max(1, -(-(total or 0) // PAGE)))
    statement = _rows().where(*where).order_by(*order).limit(PAGE).offset((number - 1) * PAGE)
    rows = tuple(_row(found) for found in (await session.execute(statement)).all())
    return Page(rows, total or 0, number, await latest(session, member))


async def latest(session: AsyncSession, member: Member) -> int:
    """The id of the latest message that belongs to a ticket not closed and visible."""
    statement = (
        select(func.max(col(InboundRow.id)))
        .join(Ticket, col(Ticket.person_id) == col(InboundRow.person_id))
        .where(visible(member), col(Ticket.state) != TicketState.CLOSED.value)
    )
    return (await session.execute(statement)).scalar() or 0


async def news(session: AsyncSession, member: Member, since: int) -> str | None:
    """The highest priority among tickets with a message after `since`, or None: for announcing."""
    fresh = select(col(InboundRow.id)).where(
        col(InboundRow.person_id) == col(Ticket.person_id), col(InboundRow.id) > since
    )
    statement = select(func.min(col(Ticket.priority))).where(
        visible(member), col(Ticket.state) != TicketState.CLOSED.value, fresh.exists()
    )
    return (await session.execute(statement)).scalar()


async def choices(session: AsyncSession, member: Member) -> Choices:
    """The territories, languages and queues to offer in the filters."""
    seen = visible(member)
    territories = (
        select(col(Territory.id), col(Territory.name)).distinct().order_by(col(Territory.name))
    )
    if member.role is Role.MEDIATOR:
        territories = territories.join(
            StaffTerritory, col(StaffTerritory.territory_id) == col(Territory.id)
        ).where(col(StaffTerritory.staff_id) == member.id)
    languages = select(col(Ticket.language)).where(seen, col(Ticket.language).is_not(None))
    queues = select(col(Ticket.queue)).where(seen)
    return Choices(
        tuple((row[0], row[1]) for row in (await session.execute(territories)).all()),
        tuple(sorted(r[0] for r in (await session.execute(languages.distinct())).all())),
        tuple(sorted(r[0] for r in (await session.execute(queues.distinct())).all())),
    )


def _where(member: Member, filters: Filters) -> list[ColumnElement[bool]]:
    where = [visible(member), _view(member, filters.view)]
    if filters.territory is not None:
        where.append(col(Ticket.territory_id) == filters.territory)
    if filters.language:
        where.append(col(Ticket.language) == filters.language)
    if filters.queue:
        where.append(col(Ticket.queue) == filters.queue)
    return where


def _view(member: Member, view: str) -> ColumnElement[bool]:
    state = col(Ticket.state)
    match view:
        case "active":
            return state != TicketState.CLOSED.value
        case "open":
            return state == TicketState.OPEN.value
        case "mine":
            return (state == TicketState.CLAIMED.value) & (col(Ticket.owner_id) == member.id)
        case "closed":
            return state == TicketState.CLOSED.value
        case _:
            return false()


def _rows() -> Select[Any]:
    last = (
        select(func.max(col(InboundRow.id)))
        .where(col(InboundRow.person_id) == col(Ticket.person_id))
        .correlate(Ticket)
        .scalar_subquery()
    )
    return (
        select(Ticket, col(PersonName.name), col(Territory.name), col(Staff.name), last)
        .outerjoin(PersonName, col(PersonName.person_id) == col(Ticket.person_id))
        .outerjoin(Territory, col(Territory.id) == col(Ticket.territory_id))
        .outerjoin(Staff, col(Staff.id) == col(Ticket.owner_id))
    )


async def find_row(session: AsyncSession, member: Member, ticket_id: int) -> Row | None:
    """One ticket, or None when there is none or the member may not see it."""
    statement = _rows().where(visible(member), col(Ticket.id) == ticket_id)
    found = (await session.execute(statement)).first()
    return None if found is None else _row(found)


def _row(found: Any) -> Row:
    ticket: Ticket = found[0]
    assert ticket.id is not None
    return Row(
        id=ticket.id,
        person_id=ticket.person_id,
        priority=ticket.priority,
        reason=ticket.reason,
        queue=ticket.queue,
        state=ticket.state,
        language=ticket.language,
        name=found[1],
        territory=found[2],
        owner_id=ticket.owner_id,
        owner=found[3],
        opened_at=ticket.opened_at,
        due_at=ticket.due_at,
        last_inbound_at=ticket.last_inbound_at,
        closed_at=ticket.closed_at,
        outcome=ticket.outcome,
        unread=ticket.unread,
        last_inbound=found[4] or 0,
    )
