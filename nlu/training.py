"""Learn the model from the training sentences; seconds, since their vectors are kept."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, cast

import numpy as np
import structlog

from nlu import classify, corpus, data_files, language, vectors
from nlu.classify import Model, reading, spelling, weighted
from nlu.corpus import Example
from nlu.embed import DIM, embedder
from nlu.features import WIDTH, Floats, counts
from nlu.normalise import normalise

log = structlog.get_logger(__name__)
# Chosen by cross-validation on the training sentences.
VECTOR_C, COUNT_C = 30.0, 12.0
SCALES = (1.48, 0.33, 1.6)
_CODE = ("features.py", "language.py", "normalise.py", "classify.py", "training.py", "embed.py")


def load_or_train(directory: Path) -> Model:
    """The cached model for today's data and code, or a fresh one that is then cached."""
    path = directory / f"model-{version()}.npz"
    try:
        return classify.load(path)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError) as error:
        log.warning("nlu.cache_unreadable", error=type(error).__name__)
    model = fit(corpus.training())
    try:
        classify.save(model, path)
    except OSError as error:
        log.warning("nlu.cache_not_written", error=type(error).__name__)
    return model


def train_and_save(directory: Path, *, refresh_vectors: bool) -> Model:
    """A fresh model, cached; with `refresh_vectors` the kept vectors are made anew first."""
    examples = corpus.training()
    coder = embedder()
    if refresh_vectors and coder is not None:
        log.info("nlu.vectors_kept", rows=vectors.refresh(_spellings(examples), coder))
    model = fit(examples)
    classify.save(model, directory / f"model-{model.version}.npz")
    return model


def version() -> str:
    """The hash of training data, code and encoder that a cached model belongs to."""
    here = Path(__file__).parent
    files = [here / name for name in _CODE] + corpus.training_files()
    files += [data_files.DATA / "languages.yml", data_files.DATA / "sms.yml"]
    coder = embedder()
    return data_files.digest(files) + ("" if coder else "-counts")


def fit(examples: list[Example]) -> Model:
    """Learn from these sentences."""
    started = time.perf_counter()
    texts = [reading(normalise(e.text), e.language) for e in examples]
    labels = tuple(sorted({e.intent for e in examples}))
    truth = np.array([labels.index(e.intent) for e in examples])
    idf = _idf(texts)
    count_weights, count_bias = _linear(_matrix(texts, idf), truth, COUNT_C)
    codes = tuple(sorted({e.language for e in examples}))
    means, vector_weights, vector_bias = _from_vectors(examples, codes, truth, len(labels))
    model = Model(
        labels=labels,
        idf=idf,
        count_weights=count_weights,
        count_bias=count_bias,
        means=means,
        mean_codes=codes,
        vector_weights=vector_weights,
        vector_bias=vector_bias,
        scales=SCALES,
        languages=_languages(examples),
        version=version(),
    )
    seconds = round(time.perf_counter() - started, 1)
    log.info("nlu.trained", sentences=len(examples), labels=len(labels), seconds=seconds)
    return model


def _from_vectors(
    examples: list[Example], codes: tuple[str, ...], truth: Any, labels: int
) -> tuple[Floats, Floats, Floats]:
    coder = embedder()
    if coder is None:
        return (
            np.zeros((len(codes) + 1, DIM), np.float32),
            np.zeros((labels, DIM), np.float32),
            np.zeros(labels, np.float32),
        )
    rows = vectors.of(_spellings(examples), coder)
    owner = np.array([codes.index(e.language) for e in examples])
    means = np.stack(
        [rows.mean(axis=0)] + [rows[owner == i].mean(axis=0) for i in range(len(codes))]
    )
    weights, bias = _linear(rows - means[owner + 1], truth, VECTOR_C)
    return means, weights, bias


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


def _linear(table: Any, truth: Any, strength: float) -> tuple[Floats, Floats]:
    from sklearn.linear_model import LogisticRegression

    learner = LogisticRegression(C=strength, max_iter=300, tol=1e-5, class_weight="balanced")
    learner.fit(table, truth)
    weights = np.asarray(learner.coef_, dtype=np.float32)
    return weights, cast(Floats, np.asarray(learner.intercept_, dtype=np.float32))


def _languages(examples: list[Example]) -> language.LanguageModel:
    samples = {c: [normalise(t).words for t in rows] for c, rows in language.samples().items()}
    for example in examples:
        if example.language in samples:
            samples[example.language].append(normalise(example.text).words)
    return language.learn(samples)
