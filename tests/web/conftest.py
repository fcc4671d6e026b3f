"""The application on a settled district."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from bot import staff
from bot.runtime import Runtime
from bot.web.app import create_app
from tests.web.support import District, settle


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real cost of a hash is what makes it good, and these tests make hundreds."""
    monkeypatch.setattr(staff, "_hasher", PasswordHasher(1, 8, 1))
    staff._decoy.cache_clear()


@pytest.fixture
async def district(runtime: Runtime) -> District:
    """Two territories, four families, four members of staff."""
    return await settle(runtime)


@pytest.fixture
def app(runtime: Runtime) -> FastAPI:
    """The demo's application."""
    return create_app(runtime)
