"""Who holds a lease, and whether that worker still lives: a PostgreSQL advisory lock tells.

A worker holds a lock on its own number for as long as it lives; a killed worker's lock is gone at
once, so that its leases need not wait for their expiry.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from outreach.store import Store

WORKERS = 7_203  # the first half of the lock's key; the second is the worker's number
CLOCK = 7_204
BEAT_SECONDS = 2.0


class LockLostError(Exception):
    """The connection that held the lock is gone: others may think us dead, and are right to."""


@asynccontextmanager
async def worker_number(store: Store) -> AsyncIterator[int]:
    """A number that is ours while we live; LockLostError when the database forgets it."""
    number = secrets.randbelow(2**31 - 1) + 1
    async with _locked(store, "select true from pg_advisory_lock(%s::int, %s::int)", number) as _:
        yield number


async def living(session: AsyncSession) -> frozenset[int]:
    """Numbers of the workers that live now, on this database."""
    rows = await session.execute(
        text(
            "select objid::bigint from pg_locks where locktype = 'advisory' and granted "
            "and classid = :workers and database = "
            "(select oid from pg_database where datname = current_database())"
        ),
        {"workers": WORKERS},
    )
    return frozenset(row[0] for row in rows)


@asynccontextmanager
async def clock_lock(store: Store) -> AsyncIterator[bool]:
    """True for the one process that may be the clock, False for the others.

    LockLostError when the database forgets it.
    """
    async with _locked(store, "select pg_try_advisory_lock(%s::int, %s::int)", None) as ours:
        yield ours


@asynccontextmanager
async def _locked(store: Store, statement: str, number: int | None) -> AsyncIterator[bool]:
    """Hold a lock on a connection of its own, and stop the caller when that connection is lost."""
    key = (CLOCK, 0) if number is None else (WORKERS, number)
    async with await psycopg.AsyncConnection.connect(store.conninfo, autocommit=True) as connection:
        row = await (await connection.execute(statement.encode(), key)).fetchone()
        async with _stopped_when_lost(connection):
            yield bool(row and row[0])


@asynccontextmanager
async def _stopped_when_lost(connection: psycopg.AsyncConnection[Any]) -> AsyncIterator[None]:
    """Cancel the body, and raise LockLostError, once the connection does not answer."""
    task, lost = asyncio.current_task(), False

    async def watch() -> None:
        nonlocal lost
        try:
            while True:
                await asyncio.sleep(BEAT_SECONDS)
                await connection.execute("select 1")
        except psycopg.Error:
            lost = True
            if task is not None:
                task.cancel()

    watching = asyncio.create_task(watch())
    try:
        yield
    except asyncio.CancelledError:
        if not lost:
            raise
        if task is not None:
            task.uncancel()
        raise LockLostError from None
    finally:
        watching.cancel()
