"""Which sentences of a test stand, or nearly stand, among those that were trained on."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache

from nlu import corpus
from nlu.normalise import normalise

# Few words are few words, whoever writes them: « stop », « c'est qui ».
FEW_WORDS, FEW_LETTERS, TOO_ALIKE = 4, 15, 0.8


def trained(texts: Iterable[str]) -> list[str]:
    """Those that were trained on as they stand, punctuation and capitals aside."""
    known = {_plain(e.text) for e in corpus.training()}
    return [t for t in texts if len(_plain(t)) > FEW_LETTERS and _plain(t) in known]


def nearly_trained(texts: Iterable[str]) -> list[str]:
    """Those that share four words in five with a sentence that was trained on."""
    return [t for t in texts if _is_near(frozenset(normalise(t).words))]


def _is_near(words: frozenset[str]) -> bool:
    if len(words) < FEW_WORDS:
        return False
    known, by_word = _training()
    near = Counter(n for word in words for n in by_word.get(word, ()))
    return any(shared / len(words | known[n]) >= TOO_ALIKE for n, shared in near.items())


@cache
def _training() -> tuple[list[frozenset[str]], dict[str, set[int]]]:
    known = [frozenset(normalise(e.text).words) for e in corpus.training()]
    by_word = defaultdict[str, set[int]](set)
    for number, words in enumerate(known):
        for word in words:
            by_word[word].add(number)
    return known, dict(by_word)


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()
