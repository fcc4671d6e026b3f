"""The measures of what was heard: intents, danger, STOP and language."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from nlu.evaluation.run import Judged
from nlu.evaluation.shares import Share, share

ASKED = "optout?"  # heard as a STOP, but not surely: asked once
LONG = 40  # characters from which a language must be told
ARABIZI = "ar-Latn"


@dataclass(frozen=True, slots=True)
class LabelScore:
    """How one label fares: F1 is the harmonic mean of precision and recall."""

    label: str
    precision: float
    recall: float
    f1: float
    sentences: int


@dataclass(frozen=True, slots=True)
class Case:
    """One sentence gone wrong. Its text is kept only where the reader may see it."""

    language: str
    label: str
    heard: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Accuracy and macro-F1 over some sentences, a language or all."""

    right: Share
    macro_f1: float | None


@dataclass(frozen=True, slots=True)
class IntentFigures:
    """Intents right. `confusion` counts (expected, heard) pairs, the right ones too."""

    overall: Group
    by_language: dict[str, Group]
    by_label: list[LabelScore]
    confusion: dict[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class DangerFigures:
    """Cries heard, and alarms for nothing. `labels` are the sentences under an ordinary heading
    whose intent means danger (`harassment`…); `ordinary` is all that asks for no alarm and was
    not written to deceive."""

    recall: Share
    by_case: dict[str, Share]
    by_language: dict[str, Share]
    labels: Share
    lookalikes: Share
    lookalikes_by_language: dict[str, Share]
    ordinary: Share
    missed: list[Case]
    false: list[Case]


@dataclass(frozen=True, slots=True)
class StopFigures:
    """STOP heard, and STOP heard where none was said. `asked` were not surely heard, and are
    asked once."""

    recall: Share
    asked: Share
    by_language: dict[str, Share]
    lookalikes: Share
    others: Share
    missed: list[Case]
    false: list[Case]


@dataclass(frozen=True, slots=True)
class LanguageFigures:
    """The language right, on sentences of `LONG` characters and on all."""

    long: Share
    overall: Share
    arabizi: Share
    false_arabizi: Share
    by_language: dict[str, Share]
    long_by_language: dict[str, Share]


def with_intent(judged: Iterable[Judged]) -> list[Judged]:
    """The sentences whose intent is known."""
    return [j for j in judged if j.labelled.intent is not None]


def heard_intent(judged: Judged) -> str:
    """The intent that the service acts on.

    A STOP is one only when it is sure; one that is only asked about is missed by the sentence
    that meant it, and is a wrong `optout` for any other.
    """
    heard = judged.heard
    if heard.optout:
        return "optout"
    if heard.intent == "optout" and judged.labelled.intent == "optout":
        return ASKED
    return heard.intent


def is_right(judged: Judged) -> bool:
    """True when the intent acted on is the expected one."""
    return heard_intent(judged) == judged.labelled.intent


def by_language(judged: Iterable[Judged], hit: Callable[[Judged], bool]) -> dict[str, Share]:
    """A share for each language there is, in alphabetical order."""
    found = defaultdict[str, list[bool]](list)
    for j in judged:
        found[j.labelled.language].append(hit(j))
    return {code: share(found[code]) for code in sorted(found)}


def label_scores(pairs: Sequence[tuple[str, str]]) -> list[LabelScore]:
    """Precision, recall and F1 of each label that is expected somewhere, in alphabetical order.

    >>> [(s.label, s.f1) for s in label_scores([("a", "a"), ("a", "b"), ("b", "b")])]
    [('a', 0.6666666666666666), ('b', 0.6666666666666666)]
    """
    expected = Counter(truth for truth, _ in pairs)
    heard = Counter(guess for _, guess in pairs)
    right = Counter(truth for truth, guess in pairs if truth == guess)
    scores = []
    for label in sorted(expected):
        precision = right[label] / heard[label] if heard[label] else 0.0
        recall = right[label] / expected[label]
        f1 = 2 * right[label] / (expected[label] + heard[label])
        scores.append(LabelScore(label, precision, recall, f1, expected[label]))
    return scores


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float | None:
    """The mean F1 of the labels that are expected somewhere; None of no sentences."""
    scores = label_scores(pairs)
    return sum(s.f1 for s in scores) / len(scores) if scores else None


def intent_figures(judged: Sequence[Judged]) -> IntentFigures:
    """Over all sentences whose intent is known: ordinary ones, STOPs, look-alikes."""
    known = with_intent(judged)
    codes = sorted({j.labelled.language for j in known})
    pairs = _pairs(known)
    return IntentFigures(
        overall=_group(known),
        by_language={c: _group([j for j in known if j.labelled.language == c]) for c in codes},
        by_label=label_scores(pairs),
        confusion=dict(Counter(pairs)),
    )


def _pairs(known: Sequence[Judged]) -> list[tuple[str, str]]:
    return [(j.labelled.intent or "", heard_intent(j)) for j in known]


def _group(known: Sequence[Judged]) -> Group:
    return Group(share(is_right(j) for j in known), macro_f1(_pairs(known)))


def _case(judged: Judged, texts: bool) -> Case:
    row = judged.labelled
    return Case(row.language, row.label, judged.heard.intent, row.text if texts else None)


def danger_figures(judged: Sequence[Judged], texts: bool = False) -> DangerFigures:
    """Over all sentences; the wrong ones keep their text only with `texts`."""
    cries = [j for j in judged if j.labelled.kind == "danger"]
    labels = [j for j in judged if j.labelled.kind != "danger" and j.labelled.raises]
    lookalikes = [j for j in judged if j.labelled.kind == "lookalikes" and not j.labelled.raises]
    calm = [j for j in judged if not j.labelled.raises]
    ordinary = [j for j in calm if j.labelled.kind != "lookalikes"]
    cases = sorted({j.labelled.danger or "" for j in cries})
    return DangerFigures(
        recall=share(map(_alarmed, cries)),
        by_case={c: share(_alarmed(j) for j in cries if j.labelled.danger == c) for c in cases},
        by_language=by_language(cries, _alarmed),
        labels=share(map(_alarmed, labels)),
        lookalikes=share(map(_alarmed, lookalikes)),
        lookalikes_by_language=by_language(lookalikes, _alarmed),
        ordinary=share(map(_alarmed, ordinary)),
        missed=[_case(j, texts) for j in cries + labels if not j.heard.alarmed],
        false=[_case(j, texts) for j in calm if j.heard.alarmed],
    )


def _alarmed(judged: Judged) -> bool:
    return judged.heard.alarmed


def stop_figures(judged: Sequence[Judged], texts: bool = False) -> StopFigures:
    """Over all sentences; `others` are all that ask for no STOP, cries for help included, except
    the look-alikes written to deceive."""
    asks = [j for j in judged if j.labelled.intent == "optout"]
    rest = [j for j in judged if j.labelled.intent != "optout"]
    return StopFigures(
        recall=share(map(_stopped, asks)),
        asked=share(heard_intent(j) == ASKED for j in asks),
        by_language=by_language(asks, _stopped),
        lookalikes=share(j.heard.optout for j in rest if j.labelled.kind == "stop_lookalikes"),
        others=share(j.heard.optout for j in rest if j.labelled.kind != "stop_lookalikes"),
        missed=[_case(j, texts) for j in asks if not j.heard.optout],
        false=[_case(j, texts) for j in rest if j.heard.optout],
    )


def _stopped(judged: Judged) -> bool:
    return judged.heard.optout


def language_figures(judged: Sequence[Judged]) -> LanguageFigures | None:
    """None for an engine that does not tell languages."""
    told = [j for j in judged if j.heard.language is not None]
    if not told:
        return None
    long = [j for j in told if len(j.labelled.text.strip()) >= LONG]
    arabizi = [j for j in told if j.labelled.language == ARABIZI]
    return LanguageFigures(
        long=share(map(_told, long)),
        overall=share(map(_told, told)),
        arabizi=share(map(_told, arabizi)),
        false_arabizi=share(
            j.heard.language == ARABIZI for j in told if j.labelled.language != ARABIZI
        ),
        by_language=by_language(told, _told),
        long_by_language=by_language(long, _told),
    )


def _told(judged: Judged) -> bool:
    return judged.heard.language == judged.labelled.language
