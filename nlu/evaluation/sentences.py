"""The labelled sentences: a folder of YAML files, one a language."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nlu.intents import CASES, intents

KINDS = ("intents", "danger", "optout", "lookalikes", "stop_lookalikes")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One sentence and what it is. `kind` is one of `KINDS`; `intent` is None for a cry for help,
    which is known by its case (`danger`), and for look-alikes whose author gave none."""

    language: str
    kind: str
    text: str
    intent: str | None = None
    danger: str | None = None

    @property
    def label(self) -> str:
        """What to call the sentence where its words are not shown."""
        return self.danger or self.intent or self.kind

    @property
    def raises(self) -> bool:
        """True when a person must look at once (P0, P1): a case, or a label that means one."""
        return self.danger is not None or (
            self.intent is not None and intents()[self.intent].danger is not None
        )


def read(folder: Path, languages: Collection[str] = ()) -> list[Labelled]:
    """All sentences of a folder, or those of some languages (`ar-Latn` is arabizi).

    ValueError names the file and says what is wrong with it.
    """
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        raise ValueError(f"{folder}: no sentences (*.yml) there")
    rows = [row for path in paths for row in read_file(path)]
    missing = set(languages) - {row.language for row in rows}
    if missing:
        raise ValueError(f"{folder}: no sentences in {', '.join(sorted(missing))}")
    return [row for row in rows if not languages or row.language in languages]


def read_file(path: Path) -> list[Labelled]:
    """The sentences of one file; ValueError as `read`."""
    try:
        table = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
        return list(_of_table(table))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        raise ValueError(f"{path}{place}: not YAML") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: not UTF-8") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _of_table(table: Any) -> Iterator[Labelled]:
    language = _language(table)
    for label, texts in _mapping(table, "intents").items():
        intent = _intent(label, "intents")
        for text in _texts(texts, f"intents, {label}"):
            yield Labelled(language, "intents", text, intent=intent)
    for case, texts in _mapping(table, "danger").items():
        if case not in CASES:
            raise ValueError(f"danger: unknown case {case}")
        for text in _texts(texts, f"danger, {case}"):
            yield Labelled(language, "danger", text, danger=case)
    for text in _texts(table.get("optout"), "optout"):
        yield Labelled(language, "optout", text, intent="optout")
    for kind in ("lookalikes", "stop_lookalikes"):
        for row in _list(table.get(kind), kind):
            text, found = _lookalike(row, kind)
            yield Labelled(language, kind, text, intent=found)


def _language(table: Any) -> str:
    if not isinstance(table, dict):
        raise ValueError("must be a mapping with language, intents, danger…")
    unknown = {str(key) for key in table} - {"language", *KINDS}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    language = table.get("language")
    if not isinstance(language, str) or not language:
        raise ValueError("language is missing")
    return language


def _mapping(table: dict[str, Any], key: str) -> dict[str, Any]:
    rows = table.get(key) or {}
    if not isinstance(rows, dict):
        raise ValueError(f"{key} must be a mapping of labels")
    return rows


def _intent(label: Any, where: str) -> str:
    if not isinstance(label, str) or label not in intents():
        raise ValueError(f"{where}: unknown intent {label}")
    return label


def _list(rows: Any, where: str) -> list[Any]:
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise ValueError(f"{where} must be a list")
    return rows


def _texts(rows: Any, where: str) -> list[str]:
    return [_text(row, where) for row in _list(rows, where)]


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        # YAML reads a bare « no » as false and « 12 » as a number.
        raise ValueError(f"{where}: {value!r} is no text, put it in quotes")
    if not value.strip():
        raise ValueError(f"{where}: an empty text")
    return value


def _lookalike(row: Any, where: str) -> tuple[str, str | None]:
    if not isinstance(row, dict):
        return _text(row, where), None
    if set(row) != {"text", "intent"}:
        raise ValueError(f"{where}: each one has text and intent")
    return _text(row["text"], where), _intent(row["intent"], where)
