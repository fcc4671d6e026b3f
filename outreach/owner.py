"""Who holds a lease, and whether that worker still lives: a PostgreSQL advisory lock tells.

A worker holds a lock on its own number for as long as it lives; a killed worker's lock is gone at
once, so that its leases need not wait for their expiry.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from outreach.store import Store

WORKERS = 7_203  # the first half of the lock's key; the second is the worker's number
CLOCK = 7_204


@asynccontextmanager
async def worker_number(store: Store) -> AsyncIterator[int]:
    """A number that is ours while we live."""
    number = secrets.randbelow(2**31 - 1) + 1
    async with await psycopg.AsyncConnection.connect(store.conninfo, autocommit=True) as connection:
        await connection.execute("select pg_advisory_lock(%s::int, %s::int)", (WORKERS, number))
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
    """True for the one process that may be the clock; the others get False."""
    async with await psycopg.AsyncConnection.connect(store.conninfo, autocommit=True) as connection:
        cursor = await connection.execute("select pg_try_advisory_lock(%s::int, 0)", (CLOCK,))
        row = await cursor.fetchone()
        yield bool(row and row[0])
