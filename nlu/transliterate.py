"""Latin letters into those that the encoder reads: Arabic for arabizi, Cyrillic for Bulgarian."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from nlu import data_files
from nlu.normalise import fold

_WORD = re.compile(r"[\w']+")
_DOUBLED = re.compile(r"([^aeiou\d])\1")
_END = {"ou": "و", "a": "ا", "e": "ة", "i": "ي", "o": "و", "u": "و"}


def to_arabic(text: str) -> str:
    """Arabizi in Arabic letters: known words whole, others letter by letter, where short `a` and
    `e` between consonants are not written. French words stay as they are.

    >>> to_arabic("wldi mrid bzaf")
    'ولدي مريض كثير'
    """
    return _WORD.sub(lambda m: _arabic_word(m.group()), text)


def to_cyrillic(text: str) -> str:
    """Bulgarian typed in Latin letters, in its own.

    >>> to_cyrillic("6te doida utre")
    'ще доида утре'
    """
    return _WORD.sub(lambda m: _letters(m.group().lower(), _groups("bulgarian")), text)


def _arabic_word(word: str) -> str:
    folded = fold(word)
    known = _known().get(folded)
    if known:
        return known
    if folded.isdecimal() or not folded.isascii() or folded in _french():
        return word
    return _spelt(folded)


def _spelt(word: str) -> str:
    word = _DOUBLED.sub(r"\1", word)
    head = {"a": "ا", "e": "ا", "i": "إ", "o": "أ"}.get(word[0], "")
    body = word[1:] if head else word
    end = next((e for e in _END if body.endswith(e)), "")
    body = body.removesuffix(end)
    # A long vowel before the last consonant is heard; other short ones are not written.
    body = re.sub(r"(?<=[^aeiou])a(?=[^aeiou]$)", "\u0001", body)
    body = re.sub("[ae]|(?<!o)o(?![ou])", "", body)
    return head + _letters(body.replace("\u0001", "aa"), _groups("arabizi")) + _END.get(end, "")


def _letters(word: str, groups: Mapping[str, str]) -> str:
    out, place = [], 0
    while place < len(word):
        for size in (4, 3, 2, 1):
            piece = word[place : place + size]
            if piece in groups:
                out.append(groups[piece])
                break
        else:
            size = 1
            out.append(word[place])
        place += size
    return "".join(out)


@cache
def _french() -> frozenset[str]:
    return frozenset(data_files.read("french_words.yml")["words"])


@cache
def _known() -> dict[str, str]:
    rows: dict[str, list[Any]] = data_files.read("transliterate.yml")["arabizi"]["words"]
    return {fold(str(latin)): arabic for arabic, row in rows.items() for latin in row}


@cache
def _groups(name: str) -> dict[str, str]:
    table = data_files.read("transliterate.yml")[name]["groups"]
    return {str(latin): letters for latin, letters in table.items()}
