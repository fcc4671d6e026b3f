"""Every written conversation goes as it is written, and keeps the rules that all of them share."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.events import Ask, Goto, Say
from flows.load import load_flows
from flows.schema import INTENTS
from tests.flows.conversation import does, files, heard_of, play, read, words

FILES = files()
TURN_KEYS = {"hears", "says", "asks", "does", "contains", "lacks", "date", "held"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_goes_as_it_is_written(path: Path) -> None:
    data = read(path)
    played = play(data)
    for number, (said, events, text) in enumerate(
        zip(data["turns"], played.events, played.texts, strict=True), start=1
    ):
        assert set(said) <= TURN_KEYS
        says, ask = words(events)
        where = f"turn {number}"
        assert [say.key for say in says] == said.get("says", []), where
        assert (ask.key if ask else None) == said.get("asks"), where
        assert does(events) == said.get("does", []), where
        for piece in said.get("contains", []):
            assert piece in text, f"{where}: {text}"
        for piece in said.get("lacks", []):
            assert piece not in text, f"{where}: {text}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_keeps_the_common_rules(path: Path) -> None:
    data = read(path)
    played = play(data)
    asked: list[str] = []
    introductions = 0
    for events, text in zip(played.events, played.texts, strict=True):
        says, ask = words(events)
        asked = [*asked, ask.key] if ask else []
        assert len(dict.fromkeys(asked)) <= 2, "more than two questions in a row"
        introductions += sum(say.key == "intro.service" for say in says)
        assert "{" not in text
        if ask:
            assert "0" in text.splitlines()[-1], "0, a person, ends every menu"
        if ask and events:
            assert any(isinstance(e, Goto) and e.step for e in events), "a question is awaited"
    assert introductions <= 1


def test_every_flow_is_in_some_conversation() -> None:
    seen = {
        event.flow
        for path in FILES
        for events in play(read(path)).events
        for event in events
        if isinstance(event, Goto)
    }
    assert set(load_flows().flows) - seen == set()


def test_every_intent_is_in_some_conversation() -> None:
    heard = {heard_of(said["hears"]).intent for path in FILES for said in read(path)["turns"]}
    assert set(INTENTS) - heard == set()


def test_every_message_of_a_flow_that_answers_is_said_by_some_conversation() -> None:
    """Messages of follow-up steps may be missing here, first steps may not."""
    said = {
        event.key
        for path in FILES
        for events in play(read(path)).events
        for event in events
        if isinstance(event, Say | Ask)
    }
    flows = load_flows().flows.values()
    first = {key for flow in flows for key in flow.steps[flow.start].say if flow.name != "campaign"}
    assert first - said == set()
