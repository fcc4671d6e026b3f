"""Runs an engine over labelled sentences and keeps what it heard, with the time it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from nlu.evaluation.sentences import Labelled
from nlu.intents import IN_NO_FLOW, intents
from nlu.understanding import IntentScore, Priority, Understanding

NO_ANSWER = "(no answer)"
_BARE_THRESHOLD = 0.5
WARM_UP = "bonjour madame je voulais savoir pour demain"


@dataclass(frozen=True, slots=True)
class Heard:
    """What the measures ask of an engine. `language` is None for one that does not tell it;
    `alarmed` is P0 or P1; `decision` is answer, ask or person; `encoded` is true when the
    sentence encoder was needed."""

    language: str | None
    intent: str
    confidence: float
    alarmed: bool
    optout: bool
    escalate: bool
    decision: str
    encoded: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """One sentence, what was heard, and how long it took."""

    labelled: Labelled
    heard: Heard
    seconds: float


def judge(
    rows: Sequence[Labelled],
    hear: Callable[[str], Heard],
    tick: Callable[[], None] = lambda: None,
) -> list[Judged]:
    """Let the engine hear every sentence, one after the other; `tick` is called after each.

    A first message, not counted, pays for what is loaded only once.
    """
    if rows:
        hear(WARM_UP)
    return list(_judge(rows, hear, tick))


def _judge(
    rows: Sequence[Labelled], hear: Callable[[str], Heard], tick: Callable[[], None]
) -> Iterable[Judged]:
    for row in rows:
        begun = time.perf_counter()
        heard = hear(row.text)
        seconds = time.perf_counter() - begun
        tick()
        yield Judged(row, heard, seconds)


def of_understanding(found: Understanding) -> Heard:
    """What the whole pipeline heard."""
    return Heard(
        language=found.language.code,
        intent=found.intent.name,
        confidence=found.intent.confidence,
        alarmed=found.priority in (Priority.P0, Priority.P1),
        optout=found.optout,
        escalate=found.escalate,
        decision=found.decision,
        encoded=found.encoded,
    )


def of_ranking(ranking: Sequence[IntentScore] | None) -> Heard:
    """What a bare classifier heard, taken at its word: its first intent is what is done.

    A label that means danger alarms, `optout` is a STOP. None is a server that did not answer.
    """
    if not ranking:
        return Heard(None, NO_ANSWER, 0.0, False, False, True, "person", True)
    best = ranking[0]
    row = intents().get(best.name)
    alarmed = row is not None and row.danger is not None
    escalate = alarmed or (row is not None and row.escalate)
    return Heard(
        language=None,
        intent=best.name,
        confidence=best.confidence,
        alarmed=alarmed,
        optout=best.name == "optout",
        escalate=escalate,
        decision=_bare_decision(best, escalate),
        encoded=True,
    )


def _bare_decision(best: IntentScore, escalate: bool) -> str:
    if escalate:
        return "person"
    sure = best.confidence >= _BARE_THRESHOLD and best.name not in IN_NO_FLOW
    return "answer" if sure else "ask"
