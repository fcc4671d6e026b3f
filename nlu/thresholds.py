"""The figures of `data/thresholds.yml`: how scores are weighed, and from where one is sure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from nlu import data_files


@dataclass(frozen=True, slots=True)
class Thresholds:
    """For one engine. `vectors`, `counts` and `alone` are factors on scores, so that chances are
    as high as they are right; the others are chances between 0 and 1."""

    sure: float
    danger: float
    danger_now: float
    stop: float
    vectors: float = 0.0
    counts: float = 0.0
    alone: float = 0.0
    spare_intent: float = 1.0
    spare_danger: float = 0.0


@cache
def of(engine: str) -> Thresholds:
    """The figures of one engine, `embedded` or `rasa`; KeyError for another.

    >>> 0 < of("embedded").sure < 1
    True
    """
    return Thresholds(**data_files.read("thresholds.yml")[engine])
