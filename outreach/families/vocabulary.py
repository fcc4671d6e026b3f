"""What schools write in a list, and what it means: `vocabulary.yml`, `words.yml`, read once."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


def fold(text: str) -> str:
    """A spelling without accents, case, punctuation and surplus spaces, for comparing.

    >>> fold("  Décrocheur (avant la FERMETURE) ")
    'decrocheur avant la fermeture'
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = (c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join("".join(kept).split())


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Spellings by what they mean; all spellings are folded."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    comments: frozenset[str]
    categories: Mapping[str, str]
    reasons: Mapping[str, str]
    withheld_reasons: frozenset[str]
    levels: Mapping[str, tuple[str, ...]]
    level_of_the_school: frozenset[str]
    restrictions: Mapping[str, str]
    languages: Mapping[str, str]

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are read."""
        return self.required + self.optional


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of the import contract ("plan académique 2020", Orquestra categories)."""
    data = _load("vocabulary.yml")
    return Vocabulary(
        required=tuple(data["required"]),
        optional=tuple(data["optional"]),
        comments=_folded(data["comments"]),
        categories=_inverse(data["categories"]),
        reasons=_inverse(data["reasons"]),
        withheld_reasons=_folded(data["withheld_reasons"]),
        levels=_levels(data["levels"]),
        level_of_the_school=_folded(data["level_of_the_school"]),
        restrictions=_inverse(data["restrictions"]),
        languages=_inverse(data["languages"]),
    )


@cache
def words() -> Mapping[str, Mapping[str, Any]]:
    """The importer's sentences for school staff: `files`, `refusals`, `notices` by code."""
    return _load("words.yml")


def _load(name: str) -> dict[str, Any]:
    source = files("outreach.families").joinpath(name).read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(source)
    return loaded


def _folded(spellings: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(s) for s in spellings)


def _inverse(meanings: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {
        fold(s): meaning for meaning, spellings in meanings.items() for s in map(str, spellings)
    }


def _levels(levels: Mapping[str, Iterable[object]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for level, spellings in levels.items():
        for spelling in map(str, spellings):
            key = fold(spelling)
            found[key] = (*found.get(key, ()), level)
    return found
