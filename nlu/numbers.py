"""A message that is nothing but a choice (digit in any script, keycap, word) or a yes or no."""

from __future__ import annotations

from functools import cache

from nlu import data_files
from nlu.normalise import Normalised, fold

_KEYCAP = str.maketrans("", "", "\ufe0f\u20e3")
_CIRCLED = {chr(0x2776 + i): i + 1 for i in range(9)}


def number_of(message: Normalised) -> int | None:
    """The number, 0 to 99, when the whole message says one.

    >>> from nlu.normalise import normalise
    >>> [number_of(normalise(t)) for t in ("1️⃣", "١", "le 2 svp", "wahed", "14h30")]
    [1, 1, 2, 1, None]
    """
    bare = message.plain.strip(" .,;:!?()[]#-*\"'")
    if bare in _CIRCLED:
        return _CIRCLED[bare]
    words = _bare_words(message)
    if len(words) != 1:
        return None
    word = words[0]
    if word.isdecimal():
        return int(word) if len(word) <= 2 else None
    return _table("numbers").get(word)


def answer_of(message: Normalised) -> str | None:
    """ "yes" or "no" when the whole message says just that.

    >>> from nlu.normalise import normalise
    >>> answer_of(normalise("Ouiii !")), answer_of(normalise("لا")), answer_of(normalise("👍"))
    ('yes', 'no', 'yes')
    """
    emoji = message.plain.translate(_SKIN).strip()
    signs = data_files.read("answers.yml")["signs"]
    if emoji and not any(c.isalnum() for c in emoji):
        found = {signs.get(c) for c in emoji if not c.isspace()}
        return found.pop() if len(found) == 1 else None
    text = " ".join(_bare_words(message))
    if text in _table("yes"):
        return "yes"
    return "no" if text in _table("no") else None


_SKIN = str.maketrans("", "", "\ufe0f\u200d\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")


def _bare_words(message: Normalised) -> list[str]:
    if len(message.words) > 8:
        return list(message.words)
    filler = _table("filler")
    words = [w.translate(_KEYCAP) for w in message.words]
    return [w for w in words if w and w not in filler] or words


@cache
def _table(name: str) -> dict[str, int]:
    rows = data_files.read("answers.yml")[name]
    if isinstance(rows, dict):
        return {_key(word): int(value) for value, words in rows.items() for word in words}
    return {_key(word): 1 for word in rows}


def _key(word: str) -> str:
    return " ".join(fold(str(word)).replace("-", " ").split())
