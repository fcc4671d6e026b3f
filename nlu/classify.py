"""The classifier: linear models over sentence vectors and over counts, whose scores are added.

One pair ranks the intents, another weighs the danger cases. A model is plain arrays, so that
loading it runs no code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from nlu import thresholds
from nlu.embed import data_dir, embedder
from nlu.features import Floats, Ints, counts, unit
from nlu.language import LanguageModel
from nlu.normalise import Normalised, plain_french, spelt_out
from nlu.script import script_of
from nlu.transliterate import to_arabic, to_cyrillic
from nlu.understanding import IntentScore

_KEPT = 8
CALM = ""
"""The name of the danger case that is none."""


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights with one row a class, and a bias a class."""

    weights: Floats
    bias: Floats

    def scores(self, vector: Floats) -> Floats:
        """One score a class from a dense vector."""
        found: Floats = self.weights @ vector + self.bias
        return found

    def counted(self, columns: Ints, values: Floats) -> Floats:
        """One score a class from the columns that are not zero."""
        found: Floats = self.weights[:, columns] @ values + self.bias
        return found


@dataclass(frozen=True, slots=True)
class Pair:
    """The same classes seen by both: sentence vectors and counts. `names` are the classes."""

    names: tuple[str, ...]
    by_vector: Linear
    by_counts: Linear


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the model makes of one message: intents ranked, the likeliest danger case and how likely
    danger is at all, and whether the encoder was asked."""

    ranking: tuple[IntentScore, ...]
    case: str
    danger: float
    encoded: bool


@dataclass(frozen=True, slots=True)
class Model:
    """Everything learnt from the training sentences."""

    idf: Floats
    intents: Pair
    cases: Pair
    languages: LanguageModel
    version: str

    def judge(self, message: Normalised, language: str, *, encode: bool = True) -> Judgement:
        """Intents and danger of one message. The encoder is spared where the counts are so sure,
        and so far from any danger, that it would change nothing."""
        columns, values = weighted(reading(message, language), self.idf)
        seen = self.intents.by_counts.counted(columns, values)
        felt = self.cases.by_counts.counted(columns, values)
        known = thresholds.of("embedded")
        alone = self._judgement(seen * known.alone, felt * known.alone, encoded=False)
        coder = embedder() if encode and not _plain(alone) else None
        if coder is None:
            return alone
        vector = coder.vectors([spelling(message, language)])[0]
        scores = self.intents.by_vector.scores(vector) * known.vectors + seen * known.counts
        alarm = self.cases.by_vector.scores(vector) * known.vectors + felt * known.counts
        return self._judgement(scores, alarm, encoded=True)

    def _judgement(self, scores: Floats, alarm: Floats, *, encoded: bool) -> Judgement:
        chances, risks = softmax(scores), softmax(alarm)
        best = np.argsort(-chances)[:_KEPT]
        names = self.intents.names
        ranking = tuple(IntentScore(names[i], round(float(chances[i]), 4)) for i in best)
        calm = self.cases.names.index(CALM)
        danger = 1.0 - float(risks[calm])
        risks[calm] = -1.0
        case = self.cases.names[int(risks.argmax())]
        return Judgement(ranking, case, round(danger, 4), encoded)


def _plain(alone: Judgement) -> bool:
    known = thresholds.of("embedded")
    sure = alone.ranking[0].confidence >= known.spare_intent
    return sure and alone.danger <= known.spare_danger


def softmax(scores: Floats) -> Floats:
    """Scores as shares of one.

    >>> softmax(np.zeros(2, np.float32)).tolist()
    [0.5, 0.5]
    """
    powers = np.exp(scores - scores.max())
    shares: Floats = powers / powers.sum()
    return shares


def reading(message: Normalised, language: str) -> tuple[str, ...]:
    """The words that the counts read: folded, and SMS French written out."""
    return plain_french(message.words) if language in ("fr", "und") else message.words


def weighted(words: Sequence[str], idf: Floats) -> tuple[Ints, Floats]:
    """Columns and tf-idf values of one message, at length one."""
    columns, values = counts(words, 2, 4, pairs=True)
    return columns, unit(values * idf[columns])


def spelling(message: Normalised, language: str) -> str:
    """The text that the encoder reads: what it has hardly seen turned into what it has. SMS French
    is written out, arabizi goes into Arabic letters, Latin Bulgarian into Cyrillic."""
    if language in ("fr", "und"):
        return spelt_out(message.plain)
    if language == "ar-Latn":
        return to_arabic(message.plain)
    if language == "bg" and script_of(message.plain) == "Latn":
        return to_cyrillic(message.plain)
    return message.plain


@cache
def model() -> Model:
    """The model of this process: from the cache, else trained (a minute) and cached."""
    from nlu import training  # scikit-learn is only needed, and only imported, to train

    return training.load_or_train(data_dir())
