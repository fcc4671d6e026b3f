"""A trained model on disk: one npz file of plain arrays, no pickle."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from nlu.classify import Linear, Model, Pair
from nlu.features import WIDTH
from nlu.language import LanguageModel

_PAIRS = ("intents", "cases")


def save(model: Model, path: Path) -> None:
    """Write the model beside its final name, then move it there: readers see all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = {
        "codes": model.languages.codes,
        "version": model.version,
        **{name: getattr(model, name).names for name in _PAIRS},
    }
    arrays: dict[str, Any] = {"idf": model.idf, "log_p": model.languages.log_p.astype(np.float16)}
    for name in _PAIRS:
        pair: Pair = getattr(model, name)
        arrays[f"{name}_vector"] = pair.by_vector.weights
        arrays[f"{name}_vector_bias"] = pair.by_vector.bias
        arrays[f"{name}_counts"] = pair.by_counts.weights.astype(np.float16)
        arrays[f"{name}_counts_bias"] = pair.by_counts.bias
    temporary = path.with_name(f"{path.stem}.{os.getpid()}.npz")
    packed = np.frombuffer(json.dumps(head).encode(), dtype=np.uint8)
    np.savez_compressed(temporary, allow_pickle=False, head=packed, **arrays)
    temporary.replace(path)


def load(path: Path) -> Model:
    """Read what `save` wrote. OSError, KeyError or ValueError when it is not such a file."""
    with np.load(path, allow_pickle=False) as file:
        head = json.loads(file["head"].tobytes())
        arrays = {k: file[k].astype(np.float32) for k in file.files if k != "head"}
    if arrays["idf"].shape != (WIDTH,):
        raise ValueError(f"{path.name}: made with another width")
    pairs = {
        name: Pair(
            tuple(head[name]),
            Linear(arrays[f"{name}_vector"], arrays[f"{name}_vector_bias"]),
            Linear(arrays[f"{name}_counts"], arrays[f"{name}_counts_bias"]),
        )
        for name in _PAIRS
    }
    languages = LanguageModel(tuple(head["codes"]), arrays["log_p"])
    return Model(arrays["idf"], pairs["intents"], pairs["cases"], languages, head["version"])
