"""The danger lexicon: what must reach a person at once, whatever the model thinks.

Recall goes before precision. A negation dismisses nothing (« je veux pas mourir » is for a person
too). Only whole idioms listed as guards are blanked before the search.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from nlu import data_files
from nlu.intents import CASES
from nlu.lexicon import compile_patterns, readings
from nlu.normalise import Normalised
from nlu.understanding import Language, Priority

_SURE = 0.9
_FOREIGN_LETTERS = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One case found, by a list or by a model, how soon a person must look, and the short code that
    is kept with the message (`lexicon:self_harm:fr`, `model:runaway`)."""

    case: str
    priority: Priority
    reason: str


@dataclass(frozen=True, slots=True)
class _List:
    language: str
    guards: re.Pattern[str]
    rules: tuple[tuple[str, Priority, re.Pattern[str]], ...]


def find(message: Normalised, language: Language | None = None) -> tuple[Finding, ...]:
    """All findings, most urgent first; P0 before P1, then in the order of `CASES`.

    All lists are searched, since people mix languages; but where the message is surely in one
    `language`, a hit of a few letters in the list of another (Turkish « gün ») does not count.

    >>> from nlu.normalise import normalise
    >>> find(normalise("je veux mourir stop"))[0].case
    'self_harm'
    >>> find(normalise("mdr je suis mort de rire"))
    ()
    """
    found: dict[str, Finding] = {}
    code = language.code if language else ""
    for text in readings(message, code):
        for lexicon in _lists():
            foreign = _is_foreign(lexicon.language, language)
            _search(lexicon, lexicon.guards.sub(" # ", text), found, foreign)
    for emoji, (case, priority) in _emoji().items():
        if emoji in message.plain and case not in found:
            found[case] = _listed(case, priority, "emoji")
    return tuple(sorted(found.values(), key=lambda f: (f.priority, CASES.index(f.case))))


def without_idioms(message: Normalised) -> str | None:
    """The words left when harmless idioms are blanked; None when there was no idiom.

    >>> from nlu.normalise import normalise
    >>> without_idioms(normalise("je vais le tuer ce jeu"))
    'je vais le'
    """
    text = readings(message)[-1]
    rest = _lists()[0].guards.sub(" ", text)
    return None if rest == text else " ".join(rest.split())


def _search(lexicon: _List, text: str, found: dict[str, Finding], foreign: bool) -> None:
    for case, priority, pattern in lexicon.rules:
        known = found.get(case)
        if known is None or priority < known.priority:
            hit = pattern.search(text)
            if hit and not (foreign and len(hit.group()) < _FOREIGN_LETTERS):
                found[case] = _listed(case, priority, lexicon.language)


def _listed(case: str, priority: Priority, source: str) -> Finding:
    return Finding(case, priority, f"lexicon:{case}:{source}")


def _is_foreign(listed: str, language: Language | None) -> bool:
    if language is None or language.confidence < _SURE:
        return False
    if listed == language.code or (listed == "ar" and language.code == "ar-Latn"):
        return False
    return language.code in {data_files.read(n)["language"] for n in _language_files()}


@cache
def _lists() -> tuple[_List, ...]:
    guards = [g for name in data_files.names("danger") for g in _guards(name)]
    return tuple(_list(name, compile_patterns(guards)) for name in _language_files())


def _guards(name: str) -> list[str]:
    return data_files.read(name).get("guards") or []


@cache
def _language_files() -> list[str]:
    return [n for n in data_files.names("danger") if "language" in data_files.read(n)]


def _list(name: str, guards: re.Pattern[str]) -> _List:
    table = data_files.read(name)
    prefix = table.get("prefix", "")
    rules = [
        (case, Priority(level), compile_patterns(patterns, prefix))
        for case, levels in table["cases"].items()
        for level, patterns in levels.items()
    ]
    return _List(table["language"], guards, tuple(rules))


@cache
def _emoji() -> dict[str, tuple[str, Priority]]:
    table = data_files.read("danger/emoji.yml")["emoji"]
    return {e: (row["case"], Priority(row["priority"])) for e, row in table.items()}
