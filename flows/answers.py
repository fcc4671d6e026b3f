"""Which option of a menu a message chooses: by number, yes or no, its words, its intent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from flows.catalogue import LANGUAGES, SOURCE, translate
from flows.heard import Heard
from flows.schema import FlowSet, MenuOption, Question

_LONGEST_ANSWER = 6
"""Words; a longer message is not a choice even if a label's words are somewhere in it."""


def chosen(
    question: Question, heard: Heard, languages: Sequence[str], flows: FlowSet
) -> MenuOption | None:
    """The option that this message chooses, or None."""
    options = question.options
    if heard.number is not None:
        return next((o for o in options if o.number == heard.number), None)
    if heard.answer is not None:
        found = next((o for o in options if o.answer == heard.answer), None)
        if found is not None:
            return found
    by_words = _by_words(options, heard.words, languages, flows)
    if by_words is not None:
        return by_words
    return next((o for o in options if heard.intent in o.when), None)


def plain(text: str) -> str:
    """Lower case, no accents, no punctuation: two ways of writing a word become one.

    >>> plain("L'après-midi !")
    'l apres midi'
    """
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    kept = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return " ".join(re.findall(r"\w+", kept))


def _by_words(
    options: Sequence[MenuOption], words: str, languages: Sequence[str], flows: FlowSet
) -> MenuOption | None:
    """The one option whose label is said; None when several are."""
    said = plain(words)
    if not said or len(said.split()) > _LONGEST_ANSWER:
        return None
    # A person may answer in another language than the menu's, so the others come after.
    for group in (tuple(languages) or (SOURCE,), LANGUAGES):
        found = [o for o in options if _says(said, _labels(o, group, flows))]
        if len(found) == 1:
            return found[0]
    return None


def _says(said: str, labels: set[str]) -> bool:
    return any(label and f" {label} " in f" {said} " for label in labels)


def _labels(option: MenuOption, languages: Sequence[str], flows: FlowSet) -> set[str]:
    message = flows.messages.get(option.label)
    return {plain(translate(message, code)) for code in languages} if message else set()
