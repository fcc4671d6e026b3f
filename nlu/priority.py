"""How soon a person must look: danger first (lexicon or model, either is enough), then intent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nlu.danger import Finding
from nlu.intents import IN_NO_FLOW, intents, model_priority
from nlu.language import LAUNCH, UNANSWERED
from nlu.thresholds import Thresholds
from nlu.understanding import IntentScore, Language, Priority

_SECOND_INTENT = 0.3
_CLEAR_LANGUAGE = 0.7


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `judge` decided, and why."""

    priority: Priority
    danger: str | None
    escalate: bool
    reasons: tuple[str, ...]


def judge(
    ranking: Sequence[IntentScore], findings: Sequence[Finding], language: Language
) -> Verdict:
    """The verdict on one message, from what the lists and the model found: either is enough.
    Opt-out plays no part in it.

    >>> from nlu.understanding import IntentScore, Language
    >>> judge([IntentScore("complaint", 0.9)], (), Language("fr", 1.0)).priority.value
    'P2'
    """
    if findings:
        first = min(findings, key=lambda f: f.priority)
        return Verdict(first.priority, first.case, True, tuple(f.reason for f in findings))
    rows = intents()
    top = [s for i, s in enumerate(ranking) if i == 0 or s.confidence >= _SECOND_INTENT]
    safe = [rows[s.name] for s in top if rows[s.name].danger is None]
    level = min((row.priority for row in safe), default=Priority.P2)
    escalate = any(row.escalate for row in safe) or not safe
    reasons = [f"intent:{row.name}" for row in safe if row.priority == level]
    if _needs_interpreter(language):
        level, escalate = min(level, Priority.P2), True
        reasons.append(f"language:{language.code}")
    return Verdict(level, None, escalate, tuple(reasons))


def alarm(case: str, chance: float, known: Thresholds, engine: str) -> tuple[Finding, ...]:
    """What a model finds that holds danger to be this likely, if it is likely enough.

    >>> from nlu import thresholds
    >>> alarm("runaway", 0.99, thresholds.of("embedded"), "model")[0].priority.value
    'P1'
    """
    if chance < known.danger:
        return ()
    sure = chance >= known.danger_now
    priority = model_priority(case) if sure else Priority.P1
    return (Finding(case, priority, f"{engine}:{case}"),)


def alarm_of(ranking: Sequence[IntentScore], known: Thresholds, engine: str) -> tuple[Finding, ...]:
    """The same of an engine that has no danger cases, from its labels that mean danger."""
    rows = intents()
    grave = [s for s in ranking if rows[s.name].danger]
    if not grave:
        return ()
    case = rows[grave[0].name].danger or ""
    return alarm(case, sum(s.confidence for s in grave), known, engine)


def decide(ranking: Sequence[IntentScore], verdict: Verdict, known: Thresholds) -> str:
    """`person`, `answer` or `ask`: what may happen next without anybody looking."""
    sure = ranking[0].confidence >= known.sure and ranking[0].name not in IN_NO_FLOW
    if verdict.danger or (verdict.escalate and sure):
        return "person"
    return "answer" if sure else "ask"


def _needs_interpreter(language: Language) -> bool:
    known = language.code == "und" or language.code in LAUNCH - UNANSWERED
    return not known and language.confidence >= _CLEAR_LANGUAGE
