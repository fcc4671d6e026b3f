"""Opening tickets and raising them: one not closed per person, never lowered, danger first."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.tables import Ticket, TicketState
from outreach import clock
from outreach.calendar import ticket_due
from outreach.store import notify
from outreach.tables import Audit, Outgoing, Person


async def current_ticket(session: AsyncSession, person_id: int) -> Ticket | None:
    """The ticket of a person that is not closed, locked, or None."""
    statement = (
        select(Ticket)
        .where(Ticket.person_id == person_id, Ticket.state != TicketState.CLOSED.value)
        .with_for_update()
    )
    return (await session.exec(statement)).first()


async def open_or_raise(
    session: AsyncSession,
    *,
    person_id: int,
    priority: str,
    queue: str,
    reason: str,
    language: str | None,
    inbound_id: int | None,
    now: datetime,
) -> Ticket:
    """Open a ticket for a person, or raise the one that is open.

    A higher priority takes over with its reason and queue; a lower one changes nothing but the
    count of unread messages, so that an old danger is never hidden by a new « merci ».
    """
    ticket = await current_ticket(session, person_id)
    if ticket is None:
        person = await session.get(Person, person_id)
        ticket = Ticket(
            person_id=person_id,
            territory_id=person.territory_id if person else None,
            queue=queue,
            priority=priority,
            reason=reason,
            language=language,
            inbound_id=inbound_id,
            opened_at=now,
            due_at=ticket_due(priority, now),
        )
    elif priority < ticket.priority:
        ticket.priority, ticket.reason, ticket.queue = priority, reason, queue
        ticket.inbound_id = inbound_id
        ticket.due_at = ticket_due(priority, now)
    session.add(ticket)
    await session.flush()
    await notify(session, "desk", f"ticket:{ticket.id}")
    return ticket


async def note_inbound(session: AsyncSession, person_id: int, now: datetime) -> Ticket | None:
    """Count a new message on the open ticket, if there is one."""
    ticket = await current_ticket(session, person_id)
    if ticket is not None:
        ticket.unread += 1
        ticket.last_inbound_at = now
        session.add(ticket)
        await session.flush()
    return ticket


async def delivery_trouble(session: AsyncSession, row: Outgoing, why: str) -> None:
    """What dispatch cannot solve goes to a person: an unknown outcome, a failed answer."""
    now = clock.now()
    session.add(
        Audit(
            at=now,
            actor="service",
            action="delivery_trouble",
            subject=f"outgoing:{row.id}",
            details={"why": why, "channel": row.channel},
        )
    )
    if row.kind == "campaign" and why.startswith("failed:"):
        return  # one bad number of a list is a report's line, not a ticket each
    await open_or_raise(
        session,
        person_id=row.person_id,
        priority="P1" if row.urgent else "P2",
        queue="mediation",
        reason=f"delivery:{why}",
        language=row.language,
        inbound_id=row.inbound_id,
        now=now,
    )
