"""A real Rasa: trained on a few of our sentences, served, asked through our engine.

`make test-rasa` runs these; where there is no Python 3.10 they are skipped.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import nlu
from bot.rasa import RasaEngine
from bot.understanding import Understander
from tests.rasa import real
from tests.rasa.real import INTENTS, TOKEN, Real

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    missing = real.environment()
    if missing:
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("rasa")
    with real.serving(real.train(folder), folder) as running:
        yield running


@pytest.fixture
def engine(server: Real) -> Iterator[RasaEngine]:
    made = RasaEngine(server.url, TOKEN, 10)
    yield made
    made.close()


def ask(server: Real, text: str, token: str | None) -> httpx.Response:
    """What Rasa itself says, without our engine."""
    params = {"token": token} if token else {}
    body = {"text": text}
    return httpx.post(f"{server.url}/model/parse", params=params, json=body, trust_env=False)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("bonjour", "greeting"),
        ("arretez de m'écrire svp", "optout"),
        ("ma fille est malade elle a de la fièvre", "child_sick"),
        ("on n'a pas d'ordinateur à la maison", "no_equipment"),
    ],
)
def test_it_has_learnt(engine: RasaEngine, text: str, intent: str) -> None:
    ranking = engine.rank(text)
    assert ranking is not None
    assert ranking[0].name == intent
    assert {score.name for score in ranking} <= set(INTENTS)
    assert sum(score.confidence for score in ranking) == pytest.approx(1, abs=0.01)


def test_the_version_is_the_models_file(engine: RasaEngine) -> None:
    assert engine.rank("bonjour")
    assert engine.version == "small.tar.gz"


def test_both_engines_keep_one_contract(engine: RasaEngine) -> None:
    text = "ma fille est malade, elle a de la fièvre depuis hier soir"
    with_rasa = Understander(engine)(text)
    embedded = nlu.understand(text)
    assert (with_rasa.engine, with_rasa.model) == ("rasa", "small.tar.gz")
    assert embedded.engine == "embedded"
    ours, theirs = embedded.as_rasa(), with_rasa.as_rasa()
    assert ours.keys() == theirs.keys()
    for key, value in ours.items():
        assert type(value) is type(theirs[key]), key
    # What no engine decides is the same with both.
    for key in ("text", "entities", "language", "script", "optout"):
        assert ours[key] == theirs[key]


def test_rasas_own_answer_is_in_the_format_that_we_print(server: Real) -> None:
    theirs = ask(server, "bonjour", TOKEN).json()
    ours = nlu.understand("bonjour").as_rasa()
    for key in ("text", "intent", "intent_ranking", "entities"):
        assert type(ours[key]) is type(theirs[key])
    assert ours["intent"].keys() == theirs["intent"].keys()


def test_parse_demands_the_token(server: Real) -> None:
    assert ask(server, "bonjour", TOKEN).status_code == 200
    assert ask(server, "bonjour", "wrong").status_code == 401
    assert ask(server, "bonjour", None).status_code == 401
    stranger = RasaEngine(server.url, "wrong", 10)
    assert stranger.rank("bonjour") is None
    stranger.close()


def test_the_door_without_a_token_is_closed(server: Real) -> None:
    """Rasa's REST channel answers anybody, unless it is not there."""
    body = {"sender": "x", "message": "bonjour"}
    answer = httpx.post(f"{server.url}/webhooks/rest/webhook", json=body, trust_env=False)
    assert answer.status_code == 404


def test_it_listens_on_this_machine_alone(server: Real) -> None:
    port = httpx.URL(server.url).port
    assert port is not None
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", port), 5)  # 0.0.0.0 would answer there too


def test_an_order_is_a_word(server: Real, engine: RasaEngine) -> None:
    """What must be disarmed is real: Rasa itself believes it."""
    believed = ask(server, "/self_harm", TOKEN).json()["intent"]
    assert believed == {"name": "self_harm", "confidence": 1.0}
    ranking = engine.rank("/self_harm")
    assert ranking is not None
    assert ranking[0].confidence < 1


@pytest.mark.parametrize("text", ["👍", "a" * 10_000, "mot " * 5_000, "\0", "مرحبا", "?" * 50])
def test_whatever_is_written_is_answered(engine: RasaEngine, text: str) -> None:
    assert engine.rank(text)


def test_nothing_that_families_write_is_in_its_log(server: Real, engine: RasaEngine) -> None:
    for text in ("Zébulon est malade", "/Zébulon{", "/optout@Zébulon{}"):
        assert engine.rank(text)
    assert "bulon" not in server.log.read_text(encoding="utf-8", errors="replace")


def test_a_model_that_is_not_there_is_not_replaced_by_another(server: Real, tmp_path: Path) -> None:
    """Rasa itself would take the newest one in the folder."""
    command = [real.SCRIPT, "serve", tmp_path / "gone.tar.gz"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "There is no model" in done.stderr


def test_the_token_is_not_in_the_process_list(server: Real) -> None:
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert TOKEN not in listed.stdout
    arguments = Path(f"/proc/{server.process}/cmdline").read_bytes()
    assert b"rasa" in arguments.lower()
