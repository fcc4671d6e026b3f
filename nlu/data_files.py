"""Reads nlu's own YAML files, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parent / "data"


@cache
def read(name: str) -> Any:
    """The content of `nlu/data/<name>`.

    >>> "intents" in read("intents.yml")
    True
    """
    # The C loader, where libyaml is there, reads the large files ten times faster.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return loader((DATA / name).read_text(encoding="utf-8")).get_single_data()


def names(folder: str) -> list[str]:
    """The YAML files of one data folder, sorted, as names that `read` takes."""
    return sorted(f"{folder}/{p.name}" for p in (DATA / folder).glob("*.yml"))


def digest(files: Iterable[Path], salt: str = "") -> str:
    """One short hash over the content of the files: what a cached model was made from."""
    total = hashlib.sha256(salt.encode())
    for path in sorted(files):
        total.update(path.name.encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:16]
