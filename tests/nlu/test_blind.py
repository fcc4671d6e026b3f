"""The blind sentences: another hand wrote them without seeing the training files or the lists."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import yaml

from nlu import corpus
from nlu.intents import intents

FOLDER = Path(__file__).parent / "blind"


def tables() -> dict[str, dict[str, Any]]:
    return {p.stem: yaml.safe_load(p.read_text(encoding="utf-8")) for p in FOLDER.glob("*.yml")}


def all_texts(table: dict[str, Any]) -> list[str]:
    groups = [*table["intents"].values(), *table["danger"].values()]
    return [t for group in groups for t in group] + table["optout"] + table["lookalikes"]


def plain(text: str) -> str:
    return re.sub(r"\W+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def test_no_blind_sentence_is_trained_on() -> None:
    """Longer than a word or two: « stop » is « stop » whoever writes it."""
    trained = {plain(e.text) for e in corpus.training()}
    seen = [
        text
        for table in tables().values()
        for text in all_texts(table)
        if len(plain(text)) > 15 and plain(text) in trained
    ]
    assert seen == []


def test_every_launch_language_has_its_blind_sentences_over_known_labels() -> None:
    found = tables()
    assert len(found) == 12
    assert all(set(table["intents"]) <= set(intents()) for table in found.values())
    assert sum(len(all_texts(table)) for table in found.values()) >= 1000
