"""The ledger: writing outgoing messages and moving them on. A row never goes back without a why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from outreach import clock
from outreach.tables import Outgoing, OutgoingMove, OutgoingState as State, OutgoingText

ALLOWED: dict[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.READY, State.LEASED, State.SUPPRESSED, State.CANCELLED}),
    State.READY: frozenset({State.LEASED, State.SUPPRESSED, State.CANCELLED}),
    State.LEASED: frozenset(
        {State.ACCEPTED, State.FAILED, State.UNKNOWN, State.SUPPRESSED, State.PLANNED, State.READY}
    ),
    State.UNKNOWN: frozenset(
        {State.ACCEPTED, State.DELIVERED, State.READ, State.FAILED, State.READY, State.CANCELLED}
    ),
    State.ACCEPTED: frozenset({State.DELIVERED, State.READ, State.FAILED}),
    State.DELIVERED: frozenset({State.READ}),
    State.READ: frozenset(),
    State.FAILED: frozenset(),
    State.SUPPRESSED: frozenset(),
    State.CANCELLED: frozenset(),
}


class BadMoveError(Exception):
    """A move that the ledger does not know; a fault in our code, never a provider's."""


async def write(
    session: AsyncSession,
    *,
    person_id: int,
    address_id: int,
    channel: str,
    kind: str,
    message: dict[str, Any] | None = None,
    text: str | None = None,
    inbound_id: int | None = None,
    campaign_id: int | None = None,
    step: int | None = None,
    staff_id: int | None = None,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    urgent: bool = False,
) -> Outgoing | None:
    """Add one outgoing message, ready to go; None when (person, campaign, step) is there already.

    `message` is what to say as keys (`flows.wording`), or `text` what a mediator wrote.
    """
    now = clock.now()
    values = {
        "person_id": person_id,
        "address_id": address_id,
        "channel": channel,
        "kind": kind,
        "bulk": kind == "campaign",
        "inbound_id": inbound_id,
        "campaign_id": campaign_id,
        "step": step,
        "staff_id": staff_id,
        "urgent": urgent,
        "state": State.READY.value,
        "not_before": not_before or now,
        "expires_at": expires_at,
        "attempts": 0,
        "created_at": now,
    }
    statement = insert(Outgoing).values(values).on_conflict_do_nothing(constraint="outgoing_once")
    row_id = (await session.execute(statement.returning(Outgoing.__table__.c.id))).scalar()  # type: ignore[attr-defined]  # SQLModel hides the table
    if row_id is None:
        return None
    session.add(OutgoingText(outgoing_id=row_id, message=message or {}, text=text))
    _note(session, row_id, None, State.READY, kind, now)
    await session.flush()
    return await session.get(Outgoing, row_id)


async def move(session: AsyncSession, row: Outgoing, after: State, why: str) -> None:
    """Move a row on and keep the move. Raises `BadMoveError` for a move that makes no sense."""
    before = State(row.state)
    if after not in ALLOWED[before]:
        raise BadMoveError(f"{before} -> {after}")
    row.state = after.value
    if after is not State.LEASED:
        row.lease_owner = row.lease_until = None
    if after in (State.READY, State.PLANNED):
        row.called_at = None
    session.add(row)
    assert row.id is not None
    _note(session, row.id, before, after, why, clock.now())
    await session.flush()


async def cancel_waiting(session: AsyncSession, reasons: Mapping[int, str], cause: str) -> int:
    """Cancel the campaign messages that still wait for these people; how many rows.

    `reasons` is why, by person id; `cause` what brought it about (import, inbound). A row already
    on its way to the provider is left alone: nobody can take that back.
    """
    waiting = (
        select(Outgoing)
        .where(Outgoing.kind == "campaign", col(Outgoing.person_id).in_(reasons))
        .where(col(Outgoing.state).in_((State.PLANNED, State.READY)))
        .with_for_update()
    )
    rows = (await session.exec(waiting)).all()
    for row in rows:
        row.reason = reasons[row.person_id]
        await move(session, row, State.CANCELLED, f"{cause}:{row.reason}")
    return len(rows)


def _note(
    session: AsyncSession,
    row_id: int,
    before: State | None,
    after: State,
    why: str,
    at: datetime,
) -> None:
    session.add(
        OutgoingMove(
            outgoing_id=row_id,
            before=before.value if before else None,
            after=after.value,
            why=why,
            at=at,
        )
    )
