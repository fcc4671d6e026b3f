"""The longest that each text can become: what the lint counts segments of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from flows.events import Ask, Say
from flows.facts import Fact, Facts
from flows.schema import FlowSet, Message, Question, Step
from flows.steps import question
from flows.wording import render

NOW = datetime(2020, 6, 15, 8, tzinfo=UTC)
LONGEST_WAIT = datetime(2020, 9, 23, 17, 30, tzinfo=UTC)  # « mercredi 23 septembre »
_FROM = datetime(2000, 1, 1, tzinfo=UTC)


def facts(flows: FlowSet) -> Facts:
    """One fact a topic, with the longest real value."""
    rows = [Fact(t.name, t.unit, _typed(t.unit, t.example), _FROM) for t in flows.topics.values()]
    return Facts(tuple(rows), next_service=LONGEST_WAIT)


def message_text(message: Message, language: str, flows: FlowSet, locales: Path) -> str:
    """One message filled with the longest values."""
    says = [Say(message.key, message.params)]
    return _text(says, None, language, flows, locales)


def step_texts(language: str, flows: FlowSet, locales: Path) -> Iterator[tuple[Step, str]]:
    """What each step sends, menu included, with the steps that it goes on to."""
    for flow in flows.flows.values():
        for step in flow.steps.values():
            keys, asked = _whole(flows, flow.name, step)
            if not keys and asked is None:
                continue
            says = [Say(key, flows.messages[key].params) for key in keys]
            ask = question(asked, flows.messages[asked.key].params) if asked else None
            yield step, _text(says, ask, language, flows, locales)


def _text(
    says: Sequence[Say], ask: Ask | None, language: str, flows: FlowSet, locales: Path
) -> str:
    known = facts(flows)
    rendered = render(
        says, ask, (language,), known, NOW, buttons=False, flows=flows, locales=locales
    )
    return rendered.text


def _whole(flows: FlowSet, flow: str, step: Step) -> tuple[list[str], Question | None]:
    """All that is said in one turn from this step, and what is asked at its end."""
    keys, here = list(step.say), (flow, step)
    while here[1].goto:
        target = flows.target(here[0], here[1].goto)
        following = flows.step(*target) if target else None
        if target is None or following is None:
            break
        here = (target[0], following)
        keys += following.say
    return keys, here[1].ask


def _typed(unit: str, example: str) -> Any:
    if unit in ("temperature", "metre"):
        return float(example)
    if unit == "count":
        return int(example)
    return date.fromisoformat(example).isoformat() if unit == "date" else example
