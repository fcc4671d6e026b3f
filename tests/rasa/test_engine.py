"""Whatever Rasa's server does, a family is answered, and nothing of its words is logged."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from bot.rasa import FAILURES, LONGEST_TEXT, PAUSE_SECONDS, BadAnswer, RasaEngine, read_ranking
from nlu.understanding import IntentScore
from outreach import clock
from tests.rasa.conftest import PATIENCE
from tests.standins.faults import Kind
from tests.standins.rasa import MODEL, TOKEN, RasaStandIn

TEXT = "mon fils Yanis est malade, 06 39 98 11 22"


async def rank(engine: RasaEngine, text: str = TEXT) -> list[IntentScore] | None:
    """As in the service: in a thread, since the call blocks."""
    return await asyncio.to_thread(engine.rank, text)


async def break_it(engine: RasaEngine, rasa: RasaStandIn) -> None:
    for _ in range(FAILURES):
        rasa.faults.next("error")
        assert await rank(engine) is None


def gauge(name: str) -> float | None:
    return REGISTRY.get_sample_value(name)


async def test_the_ranking_and_the_model_are_rasas(engine: RasaEngine, rasa: RasaStandIn) -> None:
    ranking = await rank(engine)
    assert ranking is not None
    assert ranking[0] == IntentScore("holiday_program", 0.91)
    assert (engine.name, engine.version, engine.answers) == ("rasa", MODEL, True)
    assert rasa.texts == [TEXT]


async def test_the_model_is_looked_up_once_a_minute(engine: RasaEngine, rasa: RasaStandIn) -> None:
    await rank(engine)
    await rank(engine)
    assert rasa.looked_up == 1
    rasa.model = "rasa-another.tar.gz"
    clock.advance(timedelta(minutes=2))
    await rank(engine)
    assert engine.version == "rasa-another.tar.gz"


@pytest.mark.parametrize("model", [None, 3, "", "a\0b", "x" * 200, "../../etc/passwd"])
async def test_a_strange_model_name_is_unknown(
    engine: RasaEngine, rasa: RasaStandIn, model: object
) -> None:
    rasa.model = model
    assert await rank(engine) is not None
    assert engine.version == "unknown"


@pytest.mark.parametrize("kind", ["hang", "drop", "error", "garbage", "slow", "throttle"])
async def test_no_fault_is_an_exception(engine: RasaEngine, rasa: RasaStandIn, kind: Kind) -> None:
    rasa.faults.next(kind, seconds=5)
    started = time.monotonic()
    assert await rank(engine) is None
    assert time.monotonic() - started < 10 * PATIENCE
    assert not engine.answers
    assert await rank(engine) is not None
    assert engine.answers


async def test_nobody_listens() -> None:
    engine = RasaEngine("http://127.0.0.1:9", TOKEN, PATIENCE)
    assert await rank(engine) is None
    assert engine.version == "unknown"
    engine.close()


async def test_a_wrong_token_is_a_failure(rasa: RasaStandIn) -> None:
    engine = RasaEngine(rasa.url, "wrong", PATIENCE)
    assert await rank(engine) is None
    engine.close()


GOOD = {"name": "optout", "confidence": 0.9}


@pytest.mark.parametrize(
    "answer",
    [
        [],
        "optout",
        {"text": "x"},
        {"intent_ranking": []},
        {"intent_ranking": "optout"},
        {"intent_ranking": ["optout"]},
        {"intent_ranking": [GOOD, {"name": "of_another_project", "confidence": 0.1}]},
        {"intent_ranking": [{"name": None, "confidence": 0.9}]},
        {"intent_ranking": [{"name": "optout"}]},
        {"intent_ranking": [{"name": "optout", "confidence": "0.9"}]},
        {"intent_ranking": [{"name": "optout", "confidence": True}]},
        {"intent_ranking": [{"name": "optout", "confidence": float("nan")}]},
    ],
)
def test_what_is_no_ranking_is_refused(answer: object) -> None:
    with pytest.raises(BadAnswer):
        read_ranking(answer)


def test_the_best_comes_first_and_stays_within_one() -> None:
    rows = [{"name": "other", "confidence": 0.2}, {"name": "optout", "confidence": 1.0000001}]
    assert read_ranking({"intent_ranking": rows})[0] == IntentScore("optout", 1.0)


async def test_an_endless_answer_is_not_read(engine: RasaEngine, rasa: RasaStandIn) -> None:
    rasa.answer = {"intent_ranking": [GOOD], "padding": "x" * 10**6}
    assert await rank(engine) is None


@pytest.mark.parametrize("text", ["/optout", " / /optout", "/\n/optout", "//optout"])
async def test_an_order_to_rasa_is_sent_as_a_word(
    engine: RasaEngine, rasa: RasaStandIn, text: str
) -> None:
    """Rasa would believe « /optout » at once, with confidence 1."""
    await rank(engine, text)
    assert rasa.texts == ["optout"]


async def test_what_says_nothing_is_not_sent(engine: RasaEngine, rasa: RasaStandIn) -> None:
    for text in ("", " ", "/", " // "):
        assert await rank(engine, text) is None
    assert rasa.texts == []
    assert engine.answers


async def test_a_long_or_broken_text_is_sent_all_the_same(
    engine: RasaEngine, rasa: RasaStandIn
) -> None:
    assert await rank(engine, "a" * 10_000) is not None
    assert await rank(engine, "salut \ud800 \0 👍") is not None
    assert [len(text) for text in rasa.texts] == [LONGEST_TEXT, 11]


async def test_three_failures_and_rasa_is_left_alone_for_a_while(
    engine: RasaEngine, rasa: RasaStandIn
) -> None:
    await break_it(engine, rasa)
    assert gauge("renouer_rasa_unreachable") == 1
    asked = len(rasa.texts)
    clock.advance(timedelta(seconds=PAUSE_SECONDS - 1))
    assert await rank(engine) is None
    assert len(rasa.texts) == asked
    clock.advance(timedelta(seconds=2))
    assert await rank(engine) is not None
    assert gauge("renouer_rasa_unreachable") == 0
    assert engine.answers


async def test_a_failed_trial_starts_another_pause(engine: RasaEngine, rasa: RasaStandIn) -> None:
    await break_it(engine, rasa)
    asked = len(rasa.texts)
    clock.advance(timedelta(seconds=PAUSE_SECONDS + 1))
    rasa.faults.next("error")
    assert await rank(engine) is None
    assert await rank(engine) is None
    assert len(rasa.texts) == asked + 1


async def test_a_trial_is_one_call_whoever_else_waits(
    engine: RasaEngine, rasa: RasaStandIn
) -> None:
    await break_it(engine, rasa)
    asked = len(rasa.texts)
    clock.advance(timedelta(seconds=PAUSE_SECONDS + 1))
    rasa.faults.next("hang")
    await asyncio.gather(*(rank(engine) for _ in range(5)))
    assert len(rasa.texts) == asked + 1


async def test_a_success_forgets_earlier_failures(engine: RasaEngine, rasa: RasaStandIn) -> None:
    for _ in range(FAILURES):
        rasa.faults.next("error")
        assert await rank(engine) is None
        assert await rank(engine) is not None


async def test_a_clock_set_back_does_not_hold_rasa_out(
    engine: RasaEngine, rasa: RasaStandIn
) -> None:
    await break_it(engine, rasa)
    clock.advance(timedelta(days=-30))
    assert await rank(engine) is not None


async def test_one_warning_an_opening(engine: RasaEngine, rasa: RasaStandIn) -> None:
    with capture_logs() as logs:
        await break_it(engine, rasa)
        for _ in range(3):
            clock.advance(timedelta(seconds=PAUSE_SECONDS + 1))
            rasa.faults.next("error")
            await rank(engine)
        clock.advance(timedelta(seconds=PAUSE_SECONDS + 1))
        await rank(engine)
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("rasa_unreachable", "warning"),
        ("rasa_is_back", "warning"),
    ]
    assert logs[0]["why"] == "status 500"


async def test_neither_words_nor_token_are_logged(
    engine: RasaEngine, rasa: RasaStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.WARNING, "httpx")  # as bot.logs does: it logs addresses, with tokens
    with capture_logs() as logs:
        for kind in ("hang", "drop", "error", "garbage", "throttle") * 2:
            rasa.faults.next(kind)
            await rank(engine)
            clock.advance(timedelta(seconds=PAUSE_SECONDS + 1))
        rasa.answer = {"intent_ranking": [{"name": TEXT, "confidence": 1}]}
        await rank(engine)
    logged = repr(logs) + caplog.text
    assert "rasa_unreachable" in logged
    for secret in ("Yanis", "malade", "0639", "39 98", TOKEN):
        assert secret not in logged


async def test_a_proxy_of_the_environment_is_not_used(
    rasa: RasaStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    engine = RasaEngine(rasa.url, TOKEN, PATIENCE)
    assert await rank(engine) is not None
    engine.close()
