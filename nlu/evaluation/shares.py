"""Shares with their uncertainty, and percentiles."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

_Z = 1.959964  # 95 % of a normal distribution lies within so many deviations


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share; nothing counted leaves everything open.

    It stays sensible at 0 and 100 %, where the textbook interval has no width.

    >>> [round(v, 3) for v in wilson(10, 10)]
    [0.722, 1.0]
    """
    if total == 0:
        return 0.0, 1.0
    share = hits / total
    spread = 1 + _Z**2 / total
    middle = (share + _Z**2 / (2 * total)) / spread
    half = _Z * math.sqrt(share * (1 - share) / total + _Z**2 / (4 * total**2)) / spread
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    total: int

    @property
    def value(self) -> float | None:
        """0 to 1; None where nothing was counted."""
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval."""
        return wilson(self.hits, self.total)


def share(hits: Iterable[bool]) -> Share:
    """The share of true values.

    >>> share([True, False, True, True]).value
    0.75
    """
    listed = list(hits)
    return Share(sum(listed), len(listed))


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The value below which `percent` of all values lie; None of none."""
    return float(np.percentile(values, percent)) if values else None
