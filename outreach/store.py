"""The database: one engine, one transaction per unit of work, notifications that commit with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

import outreach.tables


class Store:
    """A pool of connections to one PostgreSQL database.

    >>> async def count(store: Store) -> int:
    ...     async with store.session() as session:
    ...         return (await session.exec(text("select 1"))).scalar_one()
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=10,
            pool_pre_ping=True,
            hide_parameters=True,  # an error must not quote a family's words
        )

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, pool_size: int = 10) -> AsyncIterator[Store]:
        """A store that closes its connections at the end."""
        store = cls(url, pool_size=pool_size)
        try:
            yield store
        finally:
            await store.engine.dispose()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """One transaction: commits at a clean end, rolls back on an error."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @property
    def conninfo(self) -> str:
        """The address in libpq's form, for psycopg and Procrastinate."""
        url = make_url(self.url).set(drivername="postgresql")
        return url.render_as_string(hide_password=False)

    async def listen(self, *topics: str) -> AsyncIterator[str]:
        """Payloads of `notify` as they are committed, on a connection of its own."""
        connection = await psycopg.AsyncConnection.connect(self.conninfo, autocommit=True)
        async with connection:
            for topic in topics:
                await connection.execute(
                    sql.SQL("listen {}").format(sql.Identifier(f"renouer_{topic}"))
                )
            async for notice in connection.notifies():
                yield notice.payload


async def notify(session: AsyncSession, topic: str, payload: str) -> None:
    """Tell the listeners of `topic` when this transaction commits. Ids only, never words."""
    values = {"topic": f"renouer_{topic}", "payload": payload}
    await session.execute(text("select pg_notify(:topic, :payload)"), values)


async def driver_connection(session: AsyncSession) -> psycopg.AsyncConnection[Any]:
    """The session's own psycopg connection, so that a job commits with the rows it is about."""
    raw = await (await session.connection()).get_raw_connection()
    return cast("psycopg.AsyncConnection[Any]", raw.driver_connection)


METADATA = outreach.tables.Person.metadata
