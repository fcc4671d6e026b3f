"""The database goes away and comes back: the worker and the clock go on by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text

from bot import service
from bot.runtime import Runtime
from outreach import owner
from outreach.owner import LockLostError, clock_lock, living, worker_number
from outreach.tables import OutgoingState
from tests.bot.support import ledger, says

PATIENCE = 30

CUT = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(service, "AGAIN_SECONDS", 0.1)
    monkeypatch.setattr(service, "LOCK_RETRY_SECONDS", 0.1)


async def cut_all_connections(runtime: Runtime) -> None:
    """As a restart of PostgreSQL does."""
    async with runtime.store.session() as session:
        await session.execute(text(CUT))


async def all_sent(runtime: Runtime, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while [r.state for r in await ledger(runtime)] != [OutgoingState.ACCEPTED] * count:  # noqa: ASYNC110 - sent by a background task
            await asyncio.sleep(0.02)


async def test_messages_go_on_after_the_database_restarted(runtime: Runtime) -> None:
    roles: list[Callable[[], Awaitable[None]]] = [
        lambda: service.run_work(runtime),
        lambda: service.run_clock(runtime),
    ]
    tasks = [asyncio.ensure_future(service._again("role", role)) for role in roles]
    await says(runtime, "bonjour")
    await all_sent(runtime, 1)
    for sent in (2, 3):
        await cut_all_connections(runtime)
        await says(runtime, "c'est qui ?")
        await all_sent(runtime, sent)
    assert not any(task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_worker_is_known_to_live_and_known_to_be_gone(runtime: Runtime) -> None:
    async with worker_number(runtime.store) as number, runtime.store.session() as session:
        assert number in await living(session)
    async with runtime.store.session() as session:
        assert number not in await living(session)


async def test_a_worker_whom_the_database_forgot_stops_working(runtime: Runtime) -> None:
    async def work() -> None:
        async with worker_number(runtime.store):
            await cut_all_connections(runtime)
            await asyncio.Event().wait()

    with pytest.raises(LockLostError):
        await work()


async def test_there_is_one_live_clock(runtime: Runtime) -> None:
    async with clock_lock(runtime.store) as first, clock_lock(runtime.store) as second:
        assert (first, second) == (True, False)
    async with clock_lock(runtime.store) as third:
        assert third


async def test_a_cancelled_worker_is_cancelled_and_nothing_else(runtime: Runtime) -> None:
    async def work() -> None:
        async with worker_number(runtime.store):
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
