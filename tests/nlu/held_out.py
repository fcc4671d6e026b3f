"""The sentences that no model has seen, read from `sentences/`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "sentences"


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One sentence: `kind` is intents, danger, optout or lookalikes; `label` the intent or case."""

    language: str
    kind: str
    label: str
    text: str


def sentences(*kinds: str) -> list[HeldOut]:
    """All sentences of these kinds, or all there are."""
    found = [s for path in sorted(FOLDER.glob("*.yml")) for s in _of_file(path)]
    return [s for s in found if not kinds or s.kind in kinds]


def _of_file(path: Path) -> Iterator[HeldOut]:
    table = yaml.safe_load(path.read_text(encoding="utf-8"))
    languages: dict[str, Any] = table.get("languages") or {table["language"]: table}
    for language, rows in languages.items():
        for kind in ("intents", "danger"):
            for label, texts in (rows.get(kind) or {}).items():
                yield from (HeldOut(language, kind, label, t) for t in texts)
        for kind in ("optout", "lookalikes"):
            yield from (HeldOut(language, kind, kind, t) for t in rows[kind])
