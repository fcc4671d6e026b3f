"""A real Rasa server on a small part of our sentences, in a temporary folder."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml

from nlu import corpus

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / ".ci" / "make-rasa"
TOKEN = "token-of-the-real-test"
# Far apart, so that a handful of sentences tells them from one another.
INTENTS = ("greeting", "optout", "child_sick", "holiday_program", "no_equipment", "self_harm")
SENTENCES = 30
EPOCHS = 20
READY_SECONDS = 240


@dataclass(frozen=True)
class Real:
    """A server that runs, and the process behind it."""

    url: str
    process: int
    log: Path


def environment() -> str | None:
    """Build Rasa's environment; why that cannot be, where there is no Python 3.10."""
    done = subprocess.run([SCRIPT, "environment"], capture_output=True, text=True, check=False)
    if done.returncode == 3:
        return done.stderr.strip()
    assert done.returncode == 0, done.stderr
    return None


def train(folder: Path) -> Path:
    """A model of a few intents, by the project's own configuration with fewer rounds."""
    config = yaml.safe_load((ROOT / "nlu/config.yml").read_text(encoding="utf-8"))
    config["pipeline"][-1]["epochs"] = EPOCHS
    _write(folder / "config.yml", config)
    _write(folder / "domain.yml", {"version": "3.1", "intents": list(INTENTS)})
    _write(folder / "data.yml", {"version": "3.1", "nlu": _sentences()})
    subprocess.run([SCRIPT, "train", folder, folder / "small.tar.gz"], check=True)
    return folder / "small.tar.gz"


def _sentences() -> list[dict[str, object]]:
    """Thirty French sentences a label, one of them with metadata as ours have them."""
    blocks: list[dict[str, object]] = []
    for intent in INTENTS:
        found = [e for e in corpus.training() if e.intent == intent and e.language == "fr"]
        lines = "".join(f"- {e.text}\n" for e in found[:SENTENCES])
        blocks.append({"intent": intent, "metadata": {"danger": "none"}, "examples": lines})
    return blocks


def _write(path: Path, value: object) -> None:
    path.write_text(yaml.safe_dump(value, allow_unicode=True, width=10**6), encoding="utf-8")


@contextmanager
def serving(model: Path, folder: Path) -> Iterator[Real]:
    """The server, once it is ready; ended afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    log = folder / "rasa.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [SCRIPT, "serve", model],
            env=os.environ | {"RASA_TOKEN": TOKEN, "RASA_PORT": str(port)},
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _await_ready(url, process, log)
            yield Real(url, process.pid, log)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _await_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        try:
            answer = httpx.get(f"{url}/status", params={"token": TOKEN}, trust_env=False)
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code == 200:
            return
        time.sleep(0.5)
    raise AssertionError(f"not ready after {READY_SECONDS} s: {log.read_text(encoding='utf-8')}")
