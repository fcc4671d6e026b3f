"""How soon a person must look: danger first (lexicon or model, either is enough), then intent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nlu.danger import Finding
from nlu.intents import intents
from nlu.language import LAUNCH
from nlu.understanding import IntentScore, Language, Priority

# One danger label alone, or all of them together; set low on purpose: a missed
# cry costs more than a needless look. Measured in docs/understanding.md.
ONE_LABEL = 0.3
ALL_LABELS = 0.5
_SECOND_INTENT = 0.3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `judge` decided, and why."""

    priority: Priority
    danger: str | None
    escalate: bool
    reasons: tuple[str, ...]


def judge(
    ranking: Sequence[IntentScore],
    findings: Sequence[Finding],
    language: Language,
    alarming: Sequence[IntentScore] | None = None,
) -> Verdict:
    """The verdict on one message; opt-out plays no part in it.

    `alarming` is the ranking that may raise danger, where it is not `ranking` itself.

    >>> from nlu.understanding import IntentScore, Language
    >>> judge([IntentScore("complaint", 0.9)], (), Language("fr", 1.0)).priority.value
    'P2'
    """
    raised = [(f.priority, f.case, f.reason) for f in findings] + _by_model(
        ranking if alarming is None else alarming
    )
    if raised:
        first = min(raised, key=lambda r: r[0])
        return Verdict(first[0], first[1], True, tuple(r[2] for r in raised))
    rows = intents()
    top = [s for i, s in enumerate(ranking) if i == 0 or s.confidence >= _SECOND_INTENT]
    safe = [rows[s.name] for s in top if rows[s.name].danger is None]
    level = min((row.priority for row in safe), default=Priority.P2)
    escalate = any(row.escalate for row in safe)
    reasons = [f"intent:{row.name}" for row in safe if row.priority == level]
    if language.code != "und" and language.code not in LAUNCH and language.confidence >= 0.7:
        level, escalate = min(level, Priority.P2), True
        reasons.append(f"language:{language.code}")
    return Verdict(level, None, escalate, tuple(reasons))


def _by_model(ranking: Sequence[IntentScore]) -> list[tuple[Priority, str, str]]:
    rows = intents()
    danger = [s for s in ranking if rows[s.name].danger]
    total = sum(s.confidence for s in danger)
    raised = [s for s in danger if s.confidence >= ONE_LABEL] or (
        danger[:1] if total >= ALL_LABELS else []
    )
    return [(rows[s.name].priority, rows[s.name].danger or "", f"model:{s.name}") for s in raised]
