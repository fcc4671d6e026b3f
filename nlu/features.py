"""Counts of words and letter groups, hashed to a fixed width: the same in training and in use."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt

WIDTH = 1 << 15
_MAX_WORDS = 200

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


def counts(words: Sequence[str], shortest: int, longest: int, pairs: bool) -> tuple[Ints, Floats]:
    """Hashed columns and dampened counts (1 + log n) of one message's words.

    >>> counts(("ecole",), 2, 4, pairs=True)[0].size
    17
    """
    found = Counter(_grams(words[:_MAX_WORDS], shortest, longest, pairs))
    columns = np.fromiter((crc32(g.encode()) % WIDTH for g in found), np.int64, len(found))
    values = np.fromiter((1.0 + math.log(n) for n in found.values()), np.float32, len(found))
    return columns, values


def unit(values: Floats) -> Floats:
    """The vector at length one; an empty or zero one stays as it is."""
    length = float(np.linalg.norm(values))
    return values / np.float32(length) if length else values


def _grams(words: Sequence[str], shortest: int, longest: int, pairs: bool) -> Iterator[str]:
    previous = "^"
    for word in words:
        yield "w " + word
        if pairs:
            yield f"p {previous} {word}"
            previous = word
        padded = f" {word} "
        for size in range(shortest, longest + 1):
            for start in range(len(padded) - size + 1):
                yield padded[start : start + size]
