"""The service with Rasa: its answers are used and stored; without it, the embedded engine's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from bot.rasa import FAILURES, PAUSE_SECONDS
from bot.runtime import Runtime
from bot.understanding import UNREACHABLE, understander
from bot.web.app import create_app
from outreach import clock
from outreach.settings import Settings, load_settings
from tests.bot.support import says, stored
from tests.rasa.conftest import PATIENCE
from tests.standins.rasa import MODEL, TOKEN, RasaStandIn

# The stand-in's ranking says holiday_program; no rule and no list decides this text.
TEXT = "est-ce que vous savez si le professeur de maths revient bientôt"


def rasa_settings(url: str, folder: Path) -> Settings:
    return load_settings(
        demo=True,
        data_dir=folder,
        nlu_engine="rasa",
        rasa_url=url,
        rasa_token=TOKEN,
        rasa_timeout_seconds=PATIENCE,
    )


@pytest.fixture
async def service(
    rasa: RasaStandIn, database_url: str, tmp_path: Path, understanding: None
) -> AsyncIterator[Runtime]:
    """A runtime whose engine is Rasa."""
    async with Runtime.open(rasa_settings(rasa.url, tmp_path), database_url) as opened:
        yield opened


async def get(runtime: Runtime, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=create_app(runtime))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path)


async def test_what_rasa_says_is_used_and_stored(service: Runtime, rasa: RasaStandIn) -> None:
    await says(service, TEXT)
    row, _ = (await stored(service))[0]
    assert row.intent == "holiday_program"
    assert (row.understanding["engine"], row.understanding["model"]) == ("rasa", MODEL)
    assert rasa.texts == [TEXT]


async def test_without_rasa_the_embedded_engine_answers_and_says_so(
    service: Runtime, rasa: RasaStandIn
) -> None:
    rasa.faults.next("hang")
    await says(service, TEXT)
    row, _ = (await stored(service))[0]
    assert row.understanding["engine"] == "embedded"
    assert row.understanding["model"]
    assert "engine:fallback" in row.understanding["reasons"]
    assert row.intent


async def test_danger_and_stop_are_heard_without_rasa(service: Runtime, rasa: RasaStandIn) -> None:
    for _ in range(FAILURES):
        rasa.faults.next("hang")
    assert (await says(service, "je veux mourir")).understood.priority == "P0"  # type: ignore[union-attr]  # stored, so understood
    assert (await says(service, "stop")).understood.optout  # type: ignore[union-attr]  # stored, so understood


async def test_readyz_says_who_answers_and_stays_ready(service: Runtime, rasa: RasaStandIn) -> None:
    assert (await get(service, "/readyz")).json()["understanding"] == "ok"
    for _ in range(FAILURES):
        rasa.faults.next("hang")
        await says(service, TEXT)
    response = await get(service, "/readyz")
    assert (response.status_code, response.json()["understanding"]) == (200, UNREACHABLE)
    assert "renouer_rasa_unreachable 1.0" in (await get(service, "/metrics")).text
    clock.advance(timedelta(seconds=PAUSE_SECONDS + 1))
    # The probe itself is the trial: no family has to wait for it.
    assert (await get(service, "/readyz")).json()["understanding"] == "ok"
    assert "renouer_rasa_unreachable 0.0" in (await get(service, "/metrics")).text


async def test_the_start_without_rasa_is_a_warning(tmp_path: Path, understanding: None) -> None:
    understand = understander(rasa_settings("http://127.0.0.1:9", tmp_path))
    with capture_logs() as logs:
        understand.load()
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("rasa_unreachable", "warning")
    ]
    assert understand(TEXT).engine == "embedded"
    understand.close()


def test_the_default_engine_asks_nobody(settings: Settings) -> None:
    assert understander(settings).ranker is None
