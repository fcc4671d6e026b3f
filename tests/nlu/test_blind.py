"""The labelled sentences: whose are they, and is none of the blind ones trained on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from nlu.evaluation.sentences import Labelled, read
from nlu.intents import CASES
from nlu.language import LAUNCH
from tests.nlu.alike import nearly_trained, trained

BLIND, SEEN = (Path(__file__).parent / name for name in ("blind", "seen"))


@pytest.fixture(scope="module")
def blind() -> list[Labelled]:
    return read(BLIND)


def test_no_blind_sentence_is_nearly_one_that_was_trained_on(blind: list[Labelled]) -> None:
    texts = [row.text for row in blind]
    assert trained(texts) == []
    assert nearly_trained(texts) == []


def test_no_sentence_that_thresholds_were_chosen_on_was_trained_on() -> None:
    assert trained(row.text for row in read(SEEN)) == []


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
