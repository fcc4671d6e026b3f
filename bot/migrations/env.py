"""Alembic's entry: our tables only (the job queue keeps its own), both schemas."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import create_engine, pool, text
from sqlmodel import SQLModel

import bot.tables
import outreach.tables

LOCK = 7_203_001  # two processes that start together migrate one after the other

assert bot.tables.Ticket.metadata is outreach.tables.Person.metadata


def ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """Leave the job queue's tables out of every comparison."""
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def plain(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Write SQLModel's string as SQLAlchemy's, so that a migration needs no SQLModel."""
    return "sa.String()" if kind == "type" and type(item).__name__ == "AutoString" else False


def run() -> None:
    """Migrate in one transaction, under a lock."""
    engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("create schema if not exists private"))
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            include_schemas=True,
            include_object=ours,
            compare_type=True,
            render_item=plain,
        )
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


run()
