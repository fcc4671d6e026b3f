"""The sentence vectors of the training sentences, kept in the repository so that training is quick.

One row a sentence, eight bits a number, found by a hash of encoder name and text. Only rows that
are missing are computed; `refresh` rewrites the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import structlog

from nlu.data_files import DATA
from nlu.embed import Embedder
from nlu.features import Floats

PATH = DATA / "vectors.npz"
_STEPS = 127.0
log = structlog.get_logger(__name__)


def of(texts: Sequence[str], coder: Embedder) -> Floats:
    """One row a text, from the file where it is there, else from the encoder."""
    rows = _read()
    keys = [key(text, coder.name) for text in texts]
    missing = sorted({t for t, k in zip(texts, keys, strict=True) if k not in rows})
    if missing:
        log.info("nlu.embedding", sentences=len(missing))
    for text in missing:
        rows[key(text, coder.name)] = _pack(coder.vectors([text]))[0]
    return np.stack([_unpack(rows[k]) for k in keys])


def refresh(texts: Sequence[str], coder: Embedder) -> int:
    """Rewrite the file for exactly these texts; returns how many rows it holds."""
    unique = sorted(set(texts))
    table = _pack(of(unique, coder)) if unique else np.zeros((0, coder.dim), np.int8)
    keys = np.array([int(key(t, coder.name), 16) for t in unique], dtype=np.uint64)
    np.savez_compressed(PATH, keys=keys, rows=table)
    return len(unique)


def key(text: str, encoder: str) -> str:
    """Sixteen hexadecimal digits that stand for one text under one encoder."""
    return hashlib.sha256(f"{encoder}\n{text}".encode()).hexdigest()[:16]


def _read() -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.int8]]]:
    if not PATH.exists():
        return {}
    with np.load(PATH, allow_pickle=False) as file:
        keys, rows = file["keys"], file["rows"]
    return {f"{int(k):016x}": row for k, row in zip(keys, rows, strict=True)}


def _pack(rows: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.int8]]:
    top = np.abs(rows).max(axis=1, keepdims=True)
    packed: np.ndarray[tuple[int, ...], np.dtype[np.int8]] = np.rint(rows / top * _STEPS).astype(
        np.int8
    )
    return packed


def _unpack(row: np.ndarray[tuple[int, ...], np.dtype[np.int8]]) -> Floats:
    values = row.astype(np.float32)
    return values / np.float32(np.linalg.norm(values))
