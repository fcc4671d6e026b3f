"""A district served to a Chromium; without one, these tests say what is missing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser

from bot.runtime import Runtime
from bot.web.app import create_app
from outreach import clock
from tests.browser.support import CHROMIUM, chromium, served, working
from tests.web.support import District, settle


@pytest.fixture
def app(runtime: Runtime) -> FastAPI:
    """The demo's application; the clock runs, since people wait for things here."""
    clock.start_at(datetime(2020, 6, 15, 7, 0, tzinfo=UTC))
    return create_app(runtime)


@pytest.fixture
async def district(runtime: Runtime) -> District:
    """Two territories, four families, four members of staff."""
    return await settle(runtime)


@pytest.fixture
async def site(app: FastAPI, runtime: Runtime, district: District) -> AsyncIterator[str]:
    """The address of a service with a worker."""
    async with working(runtime), served(app) as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
def _there_is_a_chromium() -> None:
    """Say at once what is missing."""
    if not Path(CHROMIUM).exists():
        pytest.fail(f"{CHROMIUM} is missing: run `make install`, or set CHROMIUM")


@pytest.fixture
async def browser(site: str) -> AsyncIterator[Browser]:
    """A Chromium, closed before the server is."""
    async with chromium() as opened:
        yield opened
