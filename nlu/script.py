"""Which writing system a message is in, as an ISO 15924 code."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from unicodedata import name

_CODES = {
    "LATIN": "Latn",
    "ARABIC": "Arab",
    "CYRILLIC": "Cyrl",
    "GREEK": "Grek",
    "HEBREW": "Hebr",
    "ARMENIAN": "Armn",
    "GEORGIAN": "Geor",
    "ETHIOPIC": "Ethi",
    "DEVANAGARI": "Deva",
    "BENGALI": "Beng",
    "GURMUKHI": "Guru",
    "TAMIL": "Taml",
    "SINHALA": "Sinh",
    "THAI": "Thai",
    "KHMER": "Khmr",
    "TIBETAN": "Tibt",
    "MONGOLIAN": "Mong",
    "TIFINAGH": "Tfng",
    "HANGUL": "Hang",
    "HIRAGANA": "Jpan",
    "KATAKANA": "Jpan",
    "CJK": "Hani",
    "NKO": "Nkoo",
}


def script_of(text: str) -> str:
    """The script of most letters; `Zyyy` (common) when there is no letter at all.

    >>> script_of("سلام"), script_of("12 👍")
    ('Arab', 'Zyyy')
    """
    counts = Counter(_of(c) for c in text if c.isalpha())
    if not counts:
        return "Zyyy"
    if counts["Jpan"] and counts["Hani"]:
        counts["Jpan"] += counts.pop("Hani")
    return counts.most_common(1)[0][0]


@lru_cache(maxsize=4096)
def _of(letter: str) -> str:
    return _CODES.get(name(letter, "").split(" ")[0], "Zzzz")
