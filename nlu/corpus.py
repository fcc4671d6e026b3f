"""The training sentences: Rasa YAML 3.1, one file a language, read as (language, intent, text)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu import data_files
from nlu.intents import CASES, intents

_LANGUAGE = {"arabizi": "ar-Latn"}


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence with its label, and the danger case where it is a cry for help."""

    language: str
    intent: str
    text: str
    danger: str | None = None


def training() -> list[Example]:
    """All training sentences.

    >>> {"fr", "ar-Latn"} <= {e.language for e in training()}
    True
    """
    return [e for name in data_files.names("training") for e in examples(name)]


def training_files() -> list[Path]:
    """The files behind `training`, for the hash of a cached model."""
    return sorted((data_files.DATA / "training").glob("*.yml"))


def examples(name: str) -> list[Example]:
    """The sentences of one data file; ValueError names the file and the unknown label."""
    stem = Path(name).stem
    return list(from_rasa(data_files.read(name), _LANGUAGE.get(stem, stem), name))


def from_rasa(table: Any, language: str, name: str) -> Iterable[Example]:
    """Sentences of one parsed Rasa document."""
    for block in table["nlu"]:
        if block["intent"] not in intents():
            raise ValueError(f"{name}: unknown intent {block['intent']}")
        case = (block.get("metadata") or {}).get("danger") or intents()[block["intent"]].danger
        if case is not None and case not in CASES:
            raise ValueError(f"{name}: unknown danger case {case}")
        for line in block["examples"].splitlines():
            if line.startswith("- ") and line[2:].strip():
                yield Example(language, block["intent"], line[2:].strip(), case)
