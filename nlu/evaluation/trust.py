"""Whether confidence can be trusted, and what thresholds on it would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nlu.evaluation.metrics import is_right, with_intent
from nlu.evaluation.run import Judged
from nlu.evaluation.shares import Share, share
from nlu.intents import IN_NO_FLOW, intents

BINS = 10
STEPS = 50


@dataclass(frozen=True, slots=True)
class Bin:
    """The sentences whose confidence lies between two values: their mean confidence, and how
    many were right. The two agree where confidence can be trusted."""

    low: float
    high: float
    confidence: float
    right: Share


@dataclass(frozen=True, slots=True)
class Point:
    """What would happen if one answered from this confidence on: shares of all messages.

    `answered` without a person, `wrong` of these, `handed` to a person, and `asked` back, which
    is all the rest: too unsure, or out of scope.
    """

    threshold: float
    answered: float
    wrong: float
    handed: float
    asked: float


@dataclass(frozen=True, slots=True)
class Use:
    """What happens with the decisions really taken: shares of all messages. `needless` is handed
    over although the right label asks for no person."""

    answered: Share
    wrong: Share
    handed: Share
    asked: Share
    needless: Share


@dataclass(frozen=True, slots=True)
class TrustFigures:
    """`error` is the expected calibration error: the mean distance between confidence and truth."""

    error: float | None
    bins: list[Bin]
    curve: list[Point]
    use: Use


def trust_figures(judged: Sequence[Judged]) -> TrustFigures:
    """Over all sentences that can be judged: with an intent, or a cry for help."""
    bins = calibration(judged)
    decided = [j for j in judged if j.labelled.intent is not None or j.labelled.danger is not None]
    total = sum(b.right.total for b in bins)
    apart = sum(b.right.total * abs(b.confidence - (b.right.value or 0.0)) for b in bins)
    return TrustFigures(
        error=apart / total if total else None,
        bins=bins,
        curve=[_point(decided, step / STEPS) for step in range(STEPS + 1)] if decided else [],
        use=_use(decided),
    )


def calibration(judged: Sequence[Judged]) -> list[Bin]:
    """The bins that hold any sentence, lowest confidence first."""
    known = with_intent(judged)
    found = []
    for i in range(BINS):
        inside = [j for j in known if min(int(j.heard.confidence * BINS), BINS - 1) == i]
        if inside:
            mean = sum(j.heard.confidence for j in inside) / len(inside)
            found.append(Bin(i / BINS, (i + 1) / BINS, mean, share(map(is_right, inside))))
    return found


def wrongly_answered(judged: Judged) -> bool:
    """True when an automatic answer to this message would be a wrong one."""
    if judged.labelled.danger is not None:
        return not judged.heard.alarmed
    return not is_right(judged)


def _point(decided: Sequence[Judged], threshold: float) -> Point:
    answered = [
        j
        for j in decided
        if j.heard.confidence >= threshold
        and not j.heard.escalate
        and j.heard.intent not in IN_NO_FLOW
    ]
    total = len(decided)
    first, handed = len(answered) / total, sum(j.heard.escalate for j in decided) / total
    wrong = sum(map(wrongly_answered, answered)) / total
    return Point(threshold, first, wrong, handed, max(0.0, 1.0 - first - handed))


def _use(decided: Sequence[Judged]) -> Use:
    answered = [j.heard.decision == "answer" for j in decided]
    return Use(
        answered=share(answered),
        wrong=share(
            said and wrongly_answered(j) for said, j in zip(answered, decided, strict=True)
        ),
        handed=share(j.heard.decision == "person" for j in decided),
        asked=share(j.heard.decision == "ask" for j in decided),
        needless=share(j.heard.decision == "person" and not _needs_person(j) for j in decided),
    )


def _needs_person(judged: Judged) -> bool:
    row = judged.labelled
    return row.raises or (row.intent is not None and intents()[row.intent].escalate)
