"""Learn the model from the training sentences; seconds, since their vectors are kept."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, cast

import numpy as np
import structlog

from nlu import corpus, data_files, language, model_file, vectors
from nlu.classify import CALM, Linear, Model, Pair, reading, spelling, weighted
from nlu.corpus import Example
from nlu.embed import DIM, embedder
from nlu.features import WIDTH, Floats, counts
from nlu.normalise import normalise
from nlu.script import script_of

log = structlog.get_logger(__name__)
# Strengths chosen on the development sentences. The tuned encoder knows the training sentences, so
# little freedom is left to the model on top of it.
VECTOR_C, COUNT_C = 5.0, 12.0
_CODE = (
    "features.py",
    "language.py",
    "normalise.py",
    "classify.py",
    "transliterate.py",
    "training.py",
    "embed.py",
)
# Training takes minutes, so what it gives is kept beside the sentences, like their vectors.
KEPT = data_files.DATA / "model.npz"
_DATA = ("languages.yml", "sms.yml", "transliterate.yml", "french_words.yml")


def load_or_train(directory: Path) -> Model:
    """The cached model for today's data and code, or a fresh one that is then cached."""
    wanted = version()
    path = directory / f"model-{wanted}.npz"
    try:
        return model_file.load(path)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError) as error:
        log.warning("nlu.cache_unreadable", error=type(error).__name__)
    kept = _kept(wanted)
    if kept is not None:
        return kept
    model = fit(corpus.training())
    try:
        model_file.save(model, path)
    except OSError as error:
        log.warning("nlu.cache_not_written", error=type(error).__name__)
    return model


def _kept(wanted: str) -> Model | None:
    """The model in the repository, where it is this version; None where it is not, or not there."""
    try:
        model = model_file.load(KEPT)
    except (OSError, ValueError, KeyError):
        return None
    return model if model.version == wanted else None


def train_and_save(directory: Path, *, refresh_vectors: bool) -> Model:
    """A fresh model, cached; with `refresh_vectors` what is kept in the repository is made anew."""
    examples = corpus.training()
    coder = embedder()
    if refresh_vectors and coder is not None:
        log.info("nlu.vectors_kept", rows=vectors.refresh(_spellings(examples), coder))
    model = fit(examples)
    model_file.save(model, directory / f"model-{model.version}.npz")
    if refresh_vectors:
        model_file.save(model, KEPT)
    return model


def version() -> str:
    """The hash of training data, code and encoder that a cached model belongs to."""
    here = Path(__file__).parent
    files = [here / name for name in _CODE] + corpus.training_files()
    files += [data_files.DATA / name for name in _DATA]
    coder = embedder()
    return data_files.digest(files, salt=coder.name if coder else "counts alone")


def fit(examples: list[Example]) -> Model:
    """Learn from these sentences."""
    started = time.perf_counter()
    texts = [reading(normalise(e.text), e.language) for e in examples]
    idf = _idf(texts)
    table, rows = _matrix(texts, idf), _rows(examples)
    model = Model(
        idf=idf,
        intents=_pair([e.intent for e in examples], table, rows),
        cases=_pair([e.danger or CALM for e in examples], table, rows),
        languages=_languages(examples),
        version=version(),
    )
    seconds = round(time.perf_counter() - started, 1)
    log.info("nlu.trained", sentences=len(examples), seconds=seconds)
    return model


def _pair(truth: list[str], table: Any, rows: Floats | None) -> Pair:
    names = tuple(sorted(set(truth)))
    wanted = np.array([names.index(name) for name in truth])
    by_counts = _linear(table, wanted, COUNT_C)
    if rows is None:
        nothing = np.zeros((len(names), DIM), np.float32)
        return Pair(names, Linear(nothing, np.zeros(len(names), np.float32)), by_counts)
    return Pair(names, _linear(rows, wanted, VECTOR_C), by_counts)


def _rows(examples: list[Example]) -> Floats | None:
    coder = embedder()
    return None if coder is None else vectors.of(_spellings(examples), coder)


def _spellings(examples: list[Example]) -> list[str]:
    return [spelling(normalise(e.text), e.language) for e in examples]


def _idf(texts: list[tuple[str, ...]]) -> Floats:
    seen = np.zeros(WIDTH)
    for words in texts:
        seen[np.unique(counts(words, 2, 4, pairs=True)[0])] += 1
    return (np.log((1 + len(texts)) / (1 + seen)) + 1).astype(np.float32)


def _matrix(texts: list[tuple[str, ...]], idf: Floats) -> Any:
    from scipy.sparse import csr_matrix

    rows = [weighted(words, idf) for words in texts]
    ends = np.cumsum([0] + [len(columns) for columns, _ in rows])
    columns = np.concatenate([c for c, _ in rows])
    values = np.concatenate([v for _, v in rows])
    return csr_matrix((values, columns, ends), shape=(len(texts), WIDTH))


def _linear(table: Any, truth: Any, strength: float) -> Linear:
    from sklearn.linear_model import LogisticRegression

    learner = LogisticRegression(C=strength, max_iter=300, tol=1e-5, class_weight="balanced")
    learner.fit(table, truth)
    weights = np.asarray(learner.coef_, dtype=np.float32)
    return Linear(weights, cast(Floats, np.asarray(learner.intercept_, dtype=np.float32)))


def _languages(examples: list[Example]) -> language.LanguageModel:
    samples = {c: [normalise(t).words for t in rows] for c, rows in language.samples().items()}
    for example in examples:
        message = normalise(example.text)
        code = language.writing(example.language, script_of(message.plain))
        if code in samples and example.intent != "unintelligible":
            samples[code].append(message.words)
    return language.learn(samples)
