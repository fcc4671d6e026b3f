"""What the operator's monitoring sees."""

from __future__ import annotations

import httpx
import pytest

import nlu
from bot.runtime import Runtime
from bot.web import health
from bot.web.app import create_app
from tests.bot.support import says


async def get(runtime: Runtime, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=create_app(runtime))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path)


async def test_alive(runtime: Runtime) -> None:
    assert (await get(runtime, "/healthz")).json() == {"status": "ok"}


async def test_ready_says_what_is_on(runtime: Runtime) -> None:
    nlu.load()
    response = await get(runtime, "/readyz")
    assert response.status_code == 200
    assert response.json()["channels"] == "sms,telegram"


async def test_not_ready_while_a_migration_is_missing(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "pending", lambda _url: True)
    response = await get(runtime, "/readyz")
    assert response.status_code == 503
    assert "renouer db upgrade" in response.json()["database"]


async def test_not_ready_without_a_database(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_url: str) -> bool:
        raise ConnectionRefusedError

    monkeypatch.setattr(health, "pending", gone)
    response = await get(runtime, "/readyz")
    assert (response.status_code, response.json()["database"]) == (503, "ConnectionRefusedError")


async def test_metrics_count_and_name_nobody(runtime: Runtime) -> None:
    await says(runtime, "je veux mourir, appelez le 06 39 98 11 22")
    text = (await get(runtime, "/metrics")).text
    assert 'renouer_tickets_open{priority="P0"} 1.0' in text
    assert 'renouer_inbound_total{channel="sms",result="stored"}' in text
    for secret in ("mourir", "0639981122", "39 98", "+336"):
        assert secret not in text
