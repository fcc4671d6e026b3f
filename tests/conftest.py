"""What every test may use: one PostgreSQL for the whole run, one fresh database for each test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

import nlu
from bot.migrations import upgrade
from bot.runtime import Runtime
from outreach import clock
from outreach.embedded import embedded_url
from outreach.settings import Settings, load_settings
from outreach.store import Store

MORNING = datetime(2020, 6, 15, 7, 0, tzinfo=UTC)  # Monday, 9:00 in Montpellier
TEMPLATE = "renouer_template"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a PostgreSQL with a migrated template database."""
    given = os.environ.get("RENOUER_TEST_DATABASE_URL")
    folder = Path(tempfile.mkdtemp(prefix="renouer-tests-"))
    url = given or embedded_url(folder)
    _admin(url, f"drop database if exists {TEMPLATE}", f"create database {TEMPLATE}")
    upgrade(_named(url, TEMPLATE))
    yield url
    shutil.rmtree(folder, ignore_errors=True)


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _admin(url: str, *statements: str) -> None:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.fixture
def database_url(server: str, worker_id: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh, migrated database for one test."""
    name = f"renouer_test_{worker_id}_{os.getpid()}_{abs(hash(request.node.nodeid)) % 10**8}"
    _admin(server, f"drop database if exists {name}", f"create database {name} template {TEMPLATE}")
    yield _named(server, name)
    _admin(server, f"drop database if exists {name} with (force)")


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A store on a fresh database."""
    async with Store.open(database_url) as opened:
        yield opened


@pytest.fixture(autouse=True)
def clock_at_nine() -> Iterator[None]:
    """Every test starts on Monday 15 June 2020, 9:00 in Montpellier; move it with `clock`."""
    clock.set_to(MORNING)
    yield
    clock.set_to(MORNING)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The demo's settings: simulated channels."""
    return load_settings(demo=True, data_dir=tmp_path)


@pytest.fixture(scope="session")
def understanding() -> None:
    """The model, trained once and kept for the runs to come: no test's patience pays for it."""
    nlu.load()


@pytest.fixture
async def runtime(
    settings: Settings, database_url: str, understanding: None
) -> AsyncIterator[Runtime]:
    """A runtime with the simulated channels « sms » and « telegram »."""
    async with Runtime.open(settings, database_url) as opened:
        yield opened
