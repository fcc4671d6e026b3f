"""The processes: web, worker and clock, together in one or apart on several machines."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import structlog
import uvicorn
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.migrations import pending, upgrade
from bot.runtime import Runtime
from bot.telegram_feed import feed_telegram
from bot.web.app import create_app
from outreach import clock, metrics
from outreach.embedded import embedded_url
from outreach.jobs import add_delivery, job_app, run_worker
from outreach.owner import clock_lock, worker_number
from outreach.reconcile import sweep
from outreach.registry import first_facts
from outreach.settings import Settings, SettingsError
from outreach.upkeep import retry_stalled, wake_if_due

log = structlog.get_logger(__name__)

LOCK_RETRY_SECONDS = 5.0
AGAIN_SECONDS = 1.0


async def database(settings: Settings) -> str:
    """The database's address: the operator's, which must be up to date, or the embedded one."""
    if settings.database_url is None:
        url = await asyncio.to_thread(embedded_url, settings.data_dir)
        await asyncio.to_thread(upgrade, url)
        return url
    if await asyncio.to_thread(pending, settings.database_url):
        raise SettingsError("the database is not up to date: run « renouer db upgrade »")
    return settings.database_url


@asynccontextmanager
async def _runtime(settings: Settings) -> AsyncIterator[Runtime]:
    url = await database(settings)
    clock.start_at(settings.now)
    async with Runtime.open(settings, url) as runtime:
        await first_facts(runtime.store)
        yield runtime


async def serve(
    settings: Settings,
    host: str = "127.0.0.1",
    port: int = 8000,
    only: str | None = None,
    ready: Callable[[int], None] | None = None,
) -> None:
    """Web, worker and clock in one process, or `only` one of them, until a signal.

    `ready` is called with the port once the web answers (port 0 picks a free one).
    """
    async with _runtime(settings) as runtime:
        roles: list[Callable[[], Awaitable[None]]] = []
        if only in (None, "worker"):
            roles.append(lambda: _again("worker", lambda: run_work(runtime)))
        if only in (None, "clock"):
            roles.append(lambda: _again("clock", lambda: run_clock(runtime)))
        if only in (None, "web"):
            await asyncio.to_thread(runtime.understand.load)
            await _with_web(runtime, host, port, roles, ready)
        else:
            await _until_signal(roles)


async def work(settings: Settings) -> None:
    """A worker alone: `renouer worker`."""
    await serve(settings, only="worker")


async def tick(settings: Settings) -> None:
    """A clock alone: `renouer clock`."""
    await serve(settings, only="clock")


class _Server(uvicorn.Server):
    """uvicorn's server, which also tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then tell."""
        await super().startup(sockets)
        self.up.set()


async def _with_web(
    runtime: Runtime,
    host: str,
    port: int,
    roles: list[Callable[[], Awaitable[None]]],
    ready: Callable[[int], None] | None,
) -> None:
    """The web server decides when to stop; the others stop with it."""
    config = uvicorn.Config(
        create_app(runtime), host=host, port=port, log_config=None, access_log=False,
        timeout_graceful_shutdown=5,
    )  # fmt: skip
    server = _Server(config)
    tasks = [asyncio.ensure_future(role()) for role in roles]
    web = asyncio.ensure_future(server.serve())
    started = asyncio.ensure_future(server.up.wait())
    await asyncio.wait([web, started], return_when=asyncio.FIRST_COMPLETED)
    started.cancel()
    if server.up.is_set() and ready is not None:
        ready(server.servers[0].sockets[0].getsockname()[1])
    try:
        await asyncio.wait([web, *tasks], return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await web
    finally:
        await _stop(tasks)


async def _until_signal(roles: list[Callable[[], Awaitable[None]]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    tasks = [asyncio.ensure_future(role()) for role in roles]
    waiter = asyncio.ensure_future(stop.wait())
    await asyncio.wait([waiter, *tasks], return_when=asyncio.FIRST_COMPLETED)
    waiter.cancel()
    await _stop(tasks)


async def _stop(tasks: Sequence[asyncio.Future[None]]) -> None:
    """Cancel what still runs; an error of one of them is the process's error."""
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _again(name: str, role: Callable[[], Awaitable[None]]) -> None:
    """Start a role again whatever stops it: a database that restarts, a connection that is lost."""
    while True:
        try:
            await role()
        except Exception as error:
            log.error("role_stopped", role=name, error=type(error).__name__)
        await asyncio.sleep(AGAIN_SECONDS)


async def run_work(runtime: Runtime) -> None:
    """Deliver whatever is due, whenever a job says so. Until cancelled."""
    async with worker_number(runtime.store) as number:
        dispatcher = runtime.dispatcher(number)
        app = job_app(runtime.store)
        add_delivery(app, dispatcher.drain)
        async with app.open_async():
            await dispatcher.drain()
            await run_worker(app, name=f"{socket.gethostname()}-{number}")


async def run_clock(runtime: Runtime) -> None:
    """The one live clock: sweeps everything due and not yet done. Until cancelled."""
    while True:
        async with clock_lock(runtime.store) as ours:
            if ours:
                await _keep_time(runtime)
        await asyncio.sleep(LOCK_RETRY_SECONDS)


async def _keep_time(runtime: Runtime) -> None:
    """Tick until cancelled; Telegram is fed from here too, since there must be just one poller."""
    app = job_app(runtime.store)
    dispatcher = runtime.dispatcher(owner=0)
    scheduler = AsyncIOScheduler(timezone="UTC")

    async def sweep_all() -> None:
        await sweep(dispatcher)
        await wake_if_due(runtime.store, runtime.waker)
        await retry_stalled(app)
        metrics.TICK.set_to_current_time()

    async with app.open_async():
        scheduler.add_job(
            sweep_all,
            "interval",
            seconds=runtime.settings.sweep_seconds,
            coalesce=True,
            max_instances=1,
        )
        await sweep_all()
        scheduler.start()
        try:
            await feed_telegram(runtime)
        finally:
            scheduler.shutdown(wait=False)
