"""What the clock does besides reconciling: wake the delivery, bring back jobs of dead workers."""

from __future__ import annotations

import procrastinate
from sqlalchemy import text
from sqlmodel import col, func, select

from outreach import clock, metrics
from outreach.jobs import DELIVERY, Waker
from outreach.store import Store
from outreach.tables import Outgoing, OutgoingState as State

STALLED_SECONDS = 60  # without a heartbeat


async def wake_if_due(store: Store, waker: Waker) -> bool:
    """Defer a delivery when rows are due and no job waits for it already."""
    async with store.session() as session:
        waiting = (
            await session.exec(
                select(func.count())
                .select_from(Outgoing)
                .where(
                    col(Outgoing.state).in_([State.READY.value, State.PLANNED.value]),
                    col(Outgoing.not_before) <= clock.now(),
                )
            )
        ).one()
        metrics.WAITING.set(waiting)
        queued = await session.execute(
            text(
                "select exists (select from procrastinate_jobs "
                "where queue_name = :queue and status = 'todo')"
            ),
            {"queue": DELIVERY},
        )
        if not waiting or queued.scalar_one():
            return False
        await waker.wake(session)
        return True


async def retry_stalled(app: procrastinate.App) -> int:
    """Give the jobs of workers that stopped beating to others; how many."""
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS)
    count = 0
    for job in stalled:
        await app.job_manager.retry_job(job)
        count += 1
    return count
