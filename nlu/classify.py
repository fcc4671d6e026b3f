"""The classifier: sentence vectors and counts, two linear models whose scores are added.

A model is plain arrays, kept in one npz file, so that loading it runs no code.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import structlog

from nlu.embed import embedder
from nlu.features import WIDTH, Floats, Ints, counts, unit
from nlu.language import LanguageModel
from nlu.normalise import Normalised, plain_french, spelt_out
from nlu.understanding import IntentScore

log = structlog.get_logger(__name__)
_KEPT = 8


@dataclass(frozen=True, slots=True)
class Model:
    """Everything learnt. `*_weights` have one row a label; `means` is the middle of all sentence
    vectors, then of each language in `mean_codes`: taken away, what remains is what is said and
    no longer in which language. `scales` are the factors on the two scores (vectors, counts) when
    both are there, and on the counts alone."""

    labels: tuple[str, ...]
    idf: Floats
    count_weights: Floats
    count_bias: Floats
    means: Floats
    mean_codes: tuple[str, ...]
    vector_weights: Floats
    vector_bias: Floats
    scales: tuple[float, float, float]
    languages: LanguageModel
    version: str

    def rank(self, message: Normalised, language: str, encode: bool = True) -> list[IntentScore]:
        """The likeliest intents, best first; without `encode` from the counts alone."""
        words = reading(message, language)
        coder = embedder() if encode else None
        scores = self.count_scores(words) * self.scales[2]
        if coder is not None:
            vector = coder.vectors([spelling(message, language)])[0]
            scores = scores / self.scales[2] * self.scales[1]
            scores = scores + self.vector_scores(vector, language) * self.scales[0]
        chances = np.exp(scores - scores.max())
        chances /= chances.sum()
        best = np.argsort(-chances)[:_KEPT]
        return [IntentScore(self.labels[i], round(float(chances[i]), 4)) for i in best]

    def count_scores(self, words: Sequence[str]) -> Floats:
        """One score a label from words and letter groups."""
        columns, values = weighted(words, self.idf)
        scores: Floats = self.count_weights[:, columns] @ values + self.count_bias
        return scores

    def vector_scores(self, vector: Floats, language: str) -> Floats:
        """One score a label from a sentence vector."""
        known = language in self.mean_codes
        mean = self.means[self.mean_codes.index(language) + 1 if known else 0]
        scores: Floats = self.vector_weights @ (vector - mean) + self.vector_bias
        return scores


def reading(message: Normalised, language: str) -> tuple[str, ...]:
    """The words that the model reads: folded, and SMS French written out."""
    return plain_french(message.words) if language in ("fr", "und") else message.words


def weighted(words: Sequence[str], idf: Floats) -> tuple[Ints, Floats]:
    """Columns and tf-idf values of one message, at length one."""
    columns, values = counts(words, 2, 4, pairs=True)
    return columns, unit(values * idf[columns])


def spelling(message: Normalised, language: str) -> str:
    """The text that the encoder reads: accents kept, and SMS French written out."""
    return spelt_out(message.plain) if language in ("fr", "und") else message.plain


@cache
def model() -> Model:
    """The model of this process: from the cache, else trained (a few seconds) and cached."""
    from nlu import training  # scikit-learn is only needed, and only imported, to train

    return training.load_or_train(data_dir())


def data_dir(given: str | Path | None = None) -> Path:
    """Where models are cached: as given, else `RENOUER_DATA_DIR`, else `.renouer`."""
    return Path(given or os.environ.get("RENOUER_DATA_DIR") or ".renouer") / "nlu"


def save(learnt: Model, path: Path) -> None:
    """Write the model beside its final name, then move it there: readers see all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = {
        "labels": learnt.labels,
        "scales": learnt.scales,
        "codes": learnt.languages.codes,
        "mean_codes": learnt.mean_codes,
        "version": learnt.version,
    }
    temporary = path.with_name(f"{path.stem}.{os.getpid()}.npz")
    np.savez_compressed(
        temporary,
        head=np.frombuffer(json.dumps(head).encode(), dtype=np.uint8),
        idf=learnt.idf,
        count_weights=learnt.count_weights.astype(np.float16),
        count_bias=learnt.count_bias,
        means=learnt.means,
        vector_weights=learnt.vector_weights,
        vector_bias=learnt.vector_bias,
        log_p=learnt.languages.log_p.astype(np.float16),
    )
    temporary.replace(path)


def load(path: Path) -> Model:
    """Read what `save` wrote; no pickle. OSError or ValueError when it is not such a file."""
    with np.load(path, allow_pickle=False) as file:
        head = json.loads(file["head"].tobytes())
        arrays = {k: file[k].astype(np.float32) for k in file.files if k != "head"}
    if arrays["idf"].shape != (WIDTH,):
        raise ValueError(f"{path.name}: made with another width")
    first, second, third = head["scales"]
    log_p = arrays.pop("log_p")
    return Model(
        labels=tuple(head["labels"]),
        mean_codes=tuple(head["mean_codes"]),
        scales=(first, second, third),
        languages=LanguageModel(tuple(head["codes"]), log_p),
        version=head["version"],
        **arrays,
    )
