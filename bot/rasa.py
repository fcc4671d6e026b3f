"""Rasa's server as an engine: only `/model/parse` and `/status`, by HTTP, with little patience.

Whatever happens there, a family is answered: a failure is None, and the embedded engine takes over.
"""

from __future__ import annotations

import json
import math
import re
import time
from datetime import datetime, timedelta
from typing import Any

import httpx
import structlog

from bot.breaker import Breaker
from nlu.intents import intents
from nlu.understanding import IntentScore
from outreach import clock, metrics

log = structlog.get_logger(__name__)

FAILURES = 3
PAUSE_SECONDS = 30
VERSION_SECONDS = 60
LONGEST_TEXT = 1000  # characters; its transformer's time grows with the square of the length
LONGEST_ANSWER = 256 * 1024
UNKNOWN = "unknown"

_KEPT = 8
# Rasa takes « /optout » for an order from a developer: intent optout, confidence 1.
_ORDER = re.compile(r"^[\s/]+")
_FILE_NAME = re.compile(r"[\w.+-]{1,100}")


class BadAnswer(Exception):
    """What came back is no answer. The message is ours, never Rasa's, which may quote the text."""


class RasaEngine:
    """A `nlu.ranker.Ranker` over HTTP, for use from many threads."""

    name = "rasa"

    def __init__(self, url: str, token: str, timeout_seconds: float = 2.0) -> None:
        self._seconds = timeout_seconds
        self._breaker = Breaker(FAILURES, PAUSE_SECONDS)
        self._version = UNKNOWN
        self._version_asked: datetime | None = None
        self._http = httpx.Client(
            base_url=url,
            params={"token": token},
            timeout=timeout_seconds,
            # Rasa closes idle connections after five seconds; we close them first.
            limits=httpx.Limits(keepalive_expiry=2),
            trust_env=False,  # a proxy would read what families write
        )
        metrics.RASA_OPEN.set(0)

    @property
    def version(self) -> str:
        """The file name of the model that answers, as last heard."""
        return self._version

    @property
    def answers(self) -> bool:
        """False from a failure until the next success."""
        return self._breaker.failures == 0

    def rank(self, text: str) -> list[IntentScore] | None:
        """The likeliest intents, best first; None when Rasa was not asked or did not answer."""
        said = _sayable(text)
        if not said or not self._breaker.allows():
            metrics.RASA.labels("not_asked").inc()
            return None
        try:
            ranking = read_ranking(self._ask("POST", "/model/parse", {"text": said}))
        except Exception as error:
            self._failed(_why(error))
            return None
        self._succeeded()
        return ranking

    def check(self) -> bool:
        """Ask something harmless, as a warm-up or as the trial that a family need not wait for."""
        return self.rank("bonjour") is not None

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        """What Rasa answers, read as JSON."""
        until = time.monotonic() + self._seconds
        read = bytearray()
        with self._http.stream(method, path, json=body) as response:
            if response.status_code != 200:
                raise BadAnswer(f"status {response.status_code}")
            # The client's patience is for each piece; ours is for the whole.
            for piece in response.iter_bytes():
                read += piece
                if time.monotonic() > until:
                    raise BadAnswer("too slow")
                if len(read) > LONGEST_ANSWER:
                    raise BadAnswer("too long")
        return json.loads(bytes(read))

    def _succeeded(self) -> None:
        metrics.RASA.labels("answered").inc()
        if self._breaker.succeeded():
            metrics.RASA_OPEN.set(0)
            self._version_asked = None  # it may have come back with another model
            log.warning("rasa_is_back")
        now = clock.now()
        asked = self._version_asked
        if asked is None or not asked <= now < asked + timedelta(seconds=VERSION_SECONDS):
            self._version_asked = now
            self._version = self._model_file()

    def _failed(self, why: str) -> None:
        metrics.RASA.labels("failed").inc()
        if self._breaker.failed():
            metrics.RASA_OPEN.set(1)
            log.warning("rasa_unreachable", why=why, effect="the embedded engine answers")

    def _model_file(self) -> str:
        try:
            name = self._ask("GET", "/status")["model_file"]
        except Exception:
            return UNKNOWN
        return name if isinstance(name, str) and _FILE_NAME.fullmatch(name) else UNKNOWN


def read_ranking(answer: object) -> list[IntentScore]:
    """The ranking in an answer of `/model/parse`; BadAnswer for anything else.

    >>> read_ranking({"intent_ranking": [{"name": "optout", "confidence": 0.97}]})
    [IntentScore(name='optout', confidence=0.97)]
    """
    rows = answer.get("intent_ranking") if isinstance(answer, dict) else None
    if not isinstance(rows, list) or not rows:
        raise BadAnswer("no ranking")
    scores = sorted((_score(row) for row in rows), key=lambda s: -s.confidence)
    return scores[:_KEPT]


def _score(row: object) -> IntentScore:
    name, value = (
        (row.get("name"), row.get("confidence")) if isinstance(row, dict) else (None, None)
    )
    if not isinstance(name, str) or name not in intents():
        raise BadAnswer("an intent that is none of ours")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadAnswer("a confidence that is no number")
    return IntentScore(name, round(min(max(float(value), 0.0), 1.0), 4))


def _sayable(text: str) -> str:
    """The text as it may be sent: no order, not endless, no half characters."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return _ORDER.sub("", whole)[:LONGEST_TEXT]


def _why(error: Exception) -> str:
    """A word for the log, without the address (it holds the token) or anything that was sent."""
    match error:
        case BadAnswer():
            return str(error)
        case httpx.TimeoutException():
            return "timed out"
        case httpx.TransportError():
            return "no connection"
        case json.JSONDecodeError() | UnicodeDecodeError():
            return "not JSON"
        case _:
            return type(error).__name__
