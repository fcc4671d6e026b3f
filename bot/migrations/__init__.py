"""Database migrations (Alembic). `upgrade(url)` brings a database up to date, from empty too."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine

PLACE = Path(__file__).parent


def config(url: str) -> Config:
    """Alembic's configuration for one database, without an ini file."""
    settings = Config()
    settings.set_main_option("script_location", str(PLACE))
    settings.set_main_option("path_separator", "os")
    settings.attributes["url"] = url
    return settings


def upgrade(url: str) -> None:
    """Run every migration that the database lacks. Blocking: call it before serving."""
    command.upgrade(config(url), "head")


def pending(url: str) -> bool:
    """True when the database lacks a migration. Blocking."""
    head = ScriptDirectory.from_config(config(url)).get_current_head()
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() != head
    finally:
        engine.dispose()
