"""An encoder that the operator supplies: `model.onnx` and `tokenizer.json` in one folder.

Needs the optional packages `onnxruntime` and `tokenizers`. The model takes `input_ids` and
`attention_mask` (and `token_type_ids` where it has them) and gives the tokens' last states first.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlu import data_files
from nlu.features import Floats

_MAX_TOKENS = 256
_PREFIX = "query: "  # as the e5 family was taught


class OnnxEncoder:
    """Mean of the tokens' states, at length one. ImportError or OSError says what is missing."""

    def __init__(self, folder: Path) -> None:
        runtime: Any = importlib.import_module("onnxruntime")
        tokenizers: Any = importlib.import_module("tokenizers")
        model, words = folder / "model.onnx", folder / "tokenizer.json"
        for path in (model, words):
            if not path.is_file():
                raise FileNotFoundError(f"{path} is missing")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = runtime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {i.name for i in self._session.get_inputs()}
        self._words = tokenizers.Tokenizer.from_file(str(words))
        self._words.enable_truncation(_MAX_TOKENS)
        self._words.enable_padding()
        self.name = f"onnx-{data_files.digest([model, words])}"
        self.dim = int(self.vectors(["a"]).shape[1])

    def vectors(self, texts: Sequence[str]) -> Floats:
        """One row a text."""
        encoded = self._words.encode_batch([_PREFIX + text for text in texts])
        ids = np.array([e.ids for e in encoded], dtype=np.int64)
        mask = np.array([e.attention_mask for e in encoded], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        fed = {name: value for name, value in given.items() if name in self._inputs}
        states = self._session.run(None, fed)[0]
        summed = (states * mask[..., None]).sum(axis=1)
        rows: Floats = summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-9)
        return rows.astype(np.float32)
