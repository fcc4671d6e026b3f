"""A small pattern language for word lists that people maintain, turned into regular expressions.

Patterns are folded like the messages. A space is a space, `*` any end of a word, ` ... ` up to
five words, `(a|b)` a choice, `(a )?` something that may be absent, `(a )*` any number of times,
`^` and `$` the two ends of the message. A pattern matches whole words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from nlu.normalise import Normalised, fold, normalise, plain_french
from nlu.transliterate import to_arabic, to_cyrillic

_GAP = r" (?:\w+ ){0,5}?"
_OPTIONAL_END = re.compile(r" \(([^()]*[^()\s|])\)([?*])")
_ENDING = re.compile(r"(?<!\))\*")
_KEPT = re.compile(r"[^\w()|?*^$ ]+")


def compile_patterns(patterns: Iterable[str], prefix: str = "") -> re.Pattern[str]:
    """One expression for all patterns; `prefix` is what may stick to a word's start (Arabic و).

    >>> bool(compile_patterns(["mon (mari|pere) ... frapp*"]).search("mon mari me frappe fort"))
    True
    """
    choices = "|".join(_expression(p) for p in patterns) or r"(?!)"
    # A pattern may end with a space before something absent: readings end with one for that.
    return re.compile(rf"(?<!\w){prefix}(?:{choices})(?:(?<= )|(?!\w))")


def readings(message: Normalised, code: str = "") -> tuple[str, ...]:
    """The texts to search in: the words as written, as plain French where that differs, and for
    arabizi and Latin Bulgarian (`code`) in the letters of their own lists.

    >>> from nlu.normalise import normalise
    >>> readings(normalise("jveu pa"))
    ('jveu pa ', 'je veux pas ')
    """
    found = [message.words, plain_french(message.words)]
    if code == "ar-Latn":
        found.append(_words(to_arabic(message.plain)))
    elif code == "bg" and message.plain.isascii():
        found.append(_words(to_cyrillic(message.plain)))
    return tuple(dict.fromkeys(" ".join(words) + " " for words in found))


def _words(text: str) -> tuple[str, ...]:
    return normalise(text).words


def _expression(pattern: str) -> str:
    parts = pattern.split(" ... ")
    return _GAP.join(_simple(part) for part in parts)


def _simple(part: str) -> str:
    bare = re.sub(" +", " ", _KEPT.sub(" ", fold(part))).strip()
    # « a (b)? » may end with a: the space belongs to what is optional.
    bare = _OPTIONAL_END.sub(_with_space, bare)
    return _ENDING.sub(r"\\w*", bare.replace("(", "(?:").replace("$", " ?$"))


def _with_space(match: re.Match[str]) -> str:
    choices, sign = match.groups()
    if any(choice.endswith(" ") for choice in choices.split("|")):
        return match.group()
    return f"( ({choices})){sign}"
