"""The job queue (Procrastinate). A job carries a batch, never one message, a word or a number.

Jobs are deferred on the caller's own connection: they commit, or vanish, with the rows they serve.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import procrastinate
from sqlmodel.ext.asyncio.session import AsyncSession

from outreach.store import Store, driver_connection

DELIVERY = "delivery"
POLL_SECONDS = 0.5  # a notification can be missed right after a job


def job_app(store: Store) -> procrastinate.App:
    """The queue of one database; open it before running a worker."""
    return procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=store.conninfo, min_size=1, max_size=4)
    )


def add_delivery(app: procrastinate.App, deliver: Callable[[], Awaitable[object]]) -> None:
    """Say what a delivery job does: send everything that is due."""

    async def run() -> None:
        await deliver()

    app.task(name=DELIVERY, queue=DELIVERY)(run)


class Waker:
    """Defers the delivery job inside the caller's transaction."""

    def __init__(self, store: Store) -> None:
        self._app = job_app(store)

    async def wake(self, session: AsyncSession) -> None:
        """Have what this transaction adds to the ledger sent right after it commits."""
        connection = await driver_connection(session)
        job = self._app.configure_task(DELIVERY, queue=DELIVERY, connection=connection)
        await job.defer_async()


async def wake_dispatch(session: AsyncSession, store: Store) -> None:
    """Shorthand for one-off callers (the command line)."""
    await Waker(store).wake(session)


async def run_worker(app: procrastinate.App, *, name: str) -> None:
    """Work until cancelled."""
    await app.run_worker_async(
        queues=[DELIVERY],
        name=name,
        concurrency=2,
        fetch_job_polling_interval=POLL_SECONDS,
        install_signal_handlers=False,
        delete_jobs="successful",
        shutdown_graceful_timeout=20,
    )
