"""How well unseen messages are understood: danger and STOP always, the rest mostly."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

import nlu
from nlu.understanding import Priority
from tests.nlu.alike import nearly_trained
from tests.nlu.held_out import HeldOut, sentences

# Look-alikes that alarm for nothing, and harmless messages that do: chosen for recall, kept low.
MOST_FALSE_LOOKALIKES = 0.03
MOST_FALSE_ELSEWHERE = 0.03
LEAST_RIGHT = {
    "fr": 0.85,
    "ar": 0.75,
    "ar-Latn": 0.7,
    "en": 0.85,
    "tr": 0.75,
    "ro": 0.75,
    "es": 0.85,
}


@pytest.mark.parametrize("row", sentences("danger"), ids=lambda r: f"{r.language}-{r.text}")
def test_danger_is_never_missed(row: HeldOut) -> None:
    heard = nlu.understand(row.text)
    assert heard.priority in (Priority.P0, Priority.P1)
    assert heard.danger is not None
    assert heard.escalate


@pytest.mark.parametrize("row", sentences("optout"), ids=lambda r: f"{r.language}-{r.text}")
def test_stop_is_never_missed(row: HeldOut) -> None:
    assert nlu.understand(row.text).optout


def test_lookalikes_seldom_alarm() -> None:
    rows = sentences("lookalikes")
    wrong = [r.text for r in rows if _alarms(r.text)]
    assert len(wrong) / len(rows) <= MOST_FALSE_LOOKALIKES, wrong


def test_harmless_messages_seldom_alarm() -> None:
    rows = [r for r in sentences("intents") if nlu.intents.intents()[r.label].danger is None]
    wrong = [r.text for r in rows if _alarms(r.text)]
    assert len(wrong) / len(rows) <= MOST_FALSE_ELSEWHERE, wrong


def test_no_lookalike_is_taken_for_a_stop() -> None:
    wrong = [r.text for r in sentences("lookalikes", "intents") if nlu.understand(r.text).optout]
    assert wrong == []


def test_intents_are_mostly_right_in_every_language() -> None:
    right, total = Counter[str](), Counter[str]()
    wrong = defaultdict[str, list[str]](list)
    for row in sentences("intents"):
        best = nlu.understand(row.text).intent.name
        total[row.language] += 1
        right[row.language] += best == row.label
        if best != row.label:
            wrong[row.language].append(f"{row.text} -> {best}")
    below = {c: wrong[c] for c, least in LEAST_RIGHT.items() if right[c] / total[c] < least}
    assert below == {}


def test_language_is_right_on_longer_messages() -> None:
    rows = [r for r in sentences("intents") if len(r.text) >= 15]
    wrong = [r.text for r in rows if nlu.understand(r.text).language.code != r.language]
    assert len(wrong) / len(rows) <= 0.03, wrong


def test_every_launch_language_of_this_version_has_thirty_sentences() -> None:
    counted = Counter(r.language for r in sentences("intents"))
    assert {c for c in LEAST_RIGHT if counted[c] < 30} == set()


def test_no_held_out_sentence_is_trained_on() -> None:
    """Few-word messages (« stop », « arretez svp ») may be alike; longer ones may not."""
    assert nearly_trained(row.text for row in sentences("intents", "lookalikes")) == []


def _alarms(text: str) -> bool:
    heard = nlu.understand(text)
    return heard.danger is not None
