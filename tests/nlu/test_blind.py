"""The labelled sentences: whose are they, and is none of the blind ones trained on."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlu import corpus
from nlu.evaluation.sentences import Labelled, read
from nlu.intents import CASES
from nlu.language import LAUNCH

BLIND = Path(__file__).parent / "blind"
# Few words are few words, whoever writes them: « stop », « c'est qui ».
FEW_WORDS, TOO_ALIKE = 4, 0.8


@pytest.fixture(scope="module")
def blind() -> list[Labelled]:
    return read(BLIND)


def words(text: str) -> frozenset[str]:
    bare = re.sub(r"[^\w]+", " ", unicodedata.normalize("NFKC", text).casefold())
    return frozenset(bare.split())


def test_no_blind_sentence_is_nearly_one_that_was_trained_on(blind: list[Labelled]) -> None:
    by_word: dict[str, set[int]] = {}
    known = [words(e.text) for e in corpus.training()]
    for number, found in enumerate(known):
        for word in found:
            by_word.setdefault(word, set()).add(number)
    assert [row.text for row in blind if any(_alike(words(row.text), known, by_word))] == []


def _alike(
    found: frozenset[str], known: list[frozenset[str]], by_word: dict[str, set[int]]
) -> Iterator[bool]:
    if len(found) >= FEW_WORDS:
        near = Counter(n for word in found for n in by_word.get(word, ()))
        for number, shared in near.items():
            yield shared / len(found | known[number]) >= TOO_ALIKE


def test_the_blind_sentences_cover_languages_cases_and_lookalikes(blind: list[Labelled]) -> None:
    assert len(blind) >= 1000
    assert {row.language for row in blind} == LAUNCH
    cases = Counter((row.language, row.danger) for row in blind if row.danger)
    assert {(code, case) for code in LAUNCH for case in CASES} <= set(cases)
    kinds = Counter(row.kind for row in blind)
    assert kinds["danger"] >= len(blind) / 10
    assert kinds["optout"] + sum(row.intent == "optout" for row in blind) >= len(blind) / 12
    assert kinds["lookalikes"] >= len(blind) / 15
    assert kinds["stop_lookalikes"] >= len(blind) / 20
