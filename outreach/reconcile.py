"""What a crash or a time-out left behind: dead leases and unknown outcomes, resolved with a why."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from outreach import clock
from outreach.channels.contract import Accepted, CannotTell, Envelope, Finding, Found, NotFound
from outreach.dispatch import Dispatcher, settle
from outreach.ledger import move
from outreach.owner import living
from outreach.store import notify
from outreach.tables import AddressValue, Outgoing, OutgoingState as State, OutgoingText

ASKED = "needs_person"  # a person was asked; the row waits for them


async def release_dead_leases(dispatcher: Dispatcher) -> int:
    """Take back leases of workers that are gone, or that ran out.

    Never called: ready again, with the reason. Called: `unknown`. Returns how many rows moved.
    """
    now = clock.now()
    async with dispatcher.store.session() as session:
        alive = await living(session)
        rows = await session.exec(
            select(Outgoing)
            .where(Outgoing.state == State.LEASED.value)
            .where((col(Outgoing.lease_until) <= now) | (col(Outgoing.lease_owner).not_in(alive)))
            .with_for_update(skip_locked=True)
        )
        moved = 0
        for row in rows.all():
            why = "worker_gone" if row.lease_owner not in alive else "lease_expired"
            after = State.READY if row.called_at is None else State.UNKNOWN
            await move(session, row, after, why)
            moved += 1
    return moved


async def resolve_unknown(dispatcher: Dispatcher) -> int:
    """Ask the providers' own lists about every `unknown`; how many were resolved."""
    async with dispatcher.store.session() as session:
        rows = await session.exec(
            select(Outgoing.id)
            .where(Outgoing.state == State.UNKNOWN.value)
            .where(col(Outgoing.reason).is_distinct_from(ASKED))
            .where(col(Outgoing.called_at) <= clock.now() - dispatcher.grace)
            .order_by(col(Outgoing.id))
        )
        ids = [row_id for row_id in rows if row_id is not None]
    resolved = 0
    for row_id in ids:
        resolved += await _resolve(dispatcher, row_id)
    return resolved


async def _resolve(dispatcher: Dispatcher, row_id: int) -> bool:
    """One row: look first, with no session open, then record."""
    async with dispatcher.store.session() as session:
        row = await session.get(Outgoing, row_id)
        assert row is not None
        target, known = await _envelope(session, row)
        name = row.channel
    channel = dispatcher.channels.get(name)
    finding: Finding = await channel.find(target, known) if channel else CannotTell()
    if isinstance(finding, CannotTell) and finding.for_now:
        return False  # the provider is still away: look again at the next sweep
    async with dispatcher.store.session() as session:
        found = await session.get(Outgoing, row_id, with_for_update=True)
        if found is None or found.state != State.UNKNOWN:
            return False
        return await _record(dispatcher, session, found, finding)


async def _record(
    dispatcher: Dispatcher, session: AsyncSession, row: Outgoing, finding: Finding
) -> bool:
    match finding:
        case Found(provider_id):
            await settle(session, row, Accepted(provider_id), dispatcher.on_trouble)
        case NotFound():
            row.not_before = clock.now()
            await move(session, row, State.READY, "provider_list:not_taken")
        case CannotTell():
            row.reason = ASKED
            session.add(row)
            await dispatcher.on_trouble(session, row, "unknown")
    await notify(session, "desk", f"person:{row.person_id}")
    return not isinstance(finding, CannotTell)


async def _envelope(session: AsyncSession, row: Outgoing) -> tuple[Envelope, frozenset[str]]:
    """What was sent, and the provider ids that already belong to other rows."""
    value = await session.get(AddressValue, row.address_id)
    words = await session.get(OutgoingText, row.id)
    assert value is not None
    assert words is not None
    assert row.id is not None
    since: datetime = (row.called_at or row.created_at) - timedelta(days=1)
    known = await session.exec(
        select(Outgoing.provider_id).where(
            Outgoing.address_id == row.address_id, col(Outgoing.created_at) >= since
        )
    )
    envelope = Envelope(row.id, value.value, words.text or "", (), row.called_at)
    return envelope, frozenset(p for p in known if p is not None)


async def sweep(dispatcher: Dispatcher) -> int:
    """Everything due and not yet done; a missed tick loses nothing."""
    released = await release_dead_leases(dispatcher)
    resolved = await resolve_unknown(dispatcher)
    return released + resolved
