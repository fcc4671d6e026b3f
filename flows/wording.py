"""From message keys to the text of a phone, at the moment of sending: language, facts, menu."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from flows.catalogue import FOLDER, RIGHT_TO_LEFT, SOURCE, supported, translate
from flows.events import Ask, Option, Params, Say
from flows.facts import Fact, Facts
from flows.load import load_flows
from flows.placeholders import PLACEHOLDER, placeholders
from flows.schema import FlowSet, Message
from flows.values import Format

_OWN_DIGITS = re.compile(r"(?<![{\w])\d+(?![\w}])")
_BARE_PUNCTUATION = re.compile(r"\n[ .,:;،؛]+(?=\n|$)")
_AROUND_BREAK = re.compile(r"[ \t]*\n[ \t]*\n*[ \t]*")


class MissingFact(LookupError):
    """A text needs a fact that has no valid value now; `topic` names it. Nobody guesses."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        super().__init__(f"no valid fact: {topic}")


class UnknownMessage(LookupError):
    """A message key that no flow writes (any more)."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What leaves: the text, the buttons (number, label), the language, the facts told."""

    text: str
    buttons: tuple[tuple[int, str], ...]
    language: str
    facts_used: tuple[Fact, ...]


def render(
    says: Sequence[Say],
    ask: Ask | None,
    languages: Sequence[str],
    facts: Facts,
    now: datetime,
    *,
    buttons: bool,
    flows: FlowSet | None = None,
    locales: Path = FOLDER,
) -> Rendered:
    """The text of one message, in one language or in several one after the other.

    With `buttons` the menu is returned as buttons, else it is lines « 1 = Oui »; `0`, a person,
    is always there. Raises MissingFact when a fact is not valid at `now`.

    >>> from datetime import UTC
    >>> now = datetime(2020, 6, 15, 8, tzinfo=UTC)
    >>> render([Say("label.yes")], None, ("es",), Facts(), now, buttons=False).text
    'Sí'
    """
    known = [code for code in languages if supported(code)] or [SOURCE]
    flows = flows or load_flows()
    writers = [_Writer(code, facts, now, flows, locales) for code in known]
    blocks = [writer.block(says, ask, lines=not buttons) for writer in writers]
    used: dict[Fact, None] = {}
    for writer in writers:
        used.update(dict.fromkeys(writer.used))
    pressed = _buttons(writers, ask) if buttons and ask else ()
    return Rendered("\n\n".join(blocks), pressed, known[0], tuple(used))


def missing_topic(
    key: str, facts: Facts, now: datetime, flows: FlowSet | None = None
) -> str | None:
    """The first fact topic that this message needs and that has no valid value at `now`."""
    flows = flows or load_flows()
    message = _message(flows, key)
    for name in placeholders(message.text):
        if name not in flows.topics:
            continue
        fact = facts.resolve(name, now)
        if fact is None:
            return name
        if fact.unit == "text_key":
            deeper = missing_topic(str(fact.value), facts, now, flows)
            if deeper:
                return deeper
    return None


def message_to_json(says: Sequence[Say], ask: Ask | None) -> dict[str, Any]:
    """What the ledger stores: keys and params, no words.

    >>> message_to_json([Say("intro.service")], None)
    {'say': [{'key': 'intro.service', 'params': {}}], 'ask': None}
    """
    said = [{"key": say.key, "params": dict(say.params)} for say in says]
    if ask is None:
        return {"say": said, "ask": None}
    options = [[option.number, option.label] for option in ask.options]
    asked = {"key": ask.key, "options": options, "params": dict(ask.params)}
    return {"say": said, "ask": asked}


def message_from_json(data: dict[str, Any]) -> tuple[tuple[Say, ...], Ask | None]:
    """The inverse of `message_to_json`."""
    says = tuple(Say(row["key"], _params(row["params"])) for row in data["say"])
    asked = data.get("ask")
    if asked is None:
        return says, None
    options = tuple(Option(int(number), label) for number, label in asked["options"])
    return says, Ask(asked["key"], options, _params(asked["params"]))


def _params(data: dict[str, str]) -> Params:
    return tuple(data.items())


def _message(flows: FlowSet, key: str) -> Message:
    try:
        return flows.messages[key]
    except KeyError:
        raise UnknownMessage(key) from None


def _buttons(writers: Sequence[_Writer], ask: Ask) -> tuple[tuple[int, str], ...]:
    numbered = [(option.number, option.label) for option in ask.options]
    return tuple(
        (number, " / ".join(dict.fromkeys(writer.words(label) for writer in writers)))
        for number, label in [*numbered, (0, "menu.person")]
    )


@dataclass(slots=True)
class _Writer:
    """Writes in one language and notes the facts that it tells."""

    language: str
    facts: Facts
    now: datetime
    flows: FlowSet
    locales: Path = FOLDER
    used: list[Fact] = field(default_factory=list)

    def block(self, says: Sequence[Say], ask: Ask | None, *, lines: bool) -> str:
        """All texts, the question, and its menu as lines where there are no buttons."""
        parts = [self.words(say.key, **dict(say.params)) for say in says]
        if ask is not None:
            parts.append(self.words(ask.key, **dict(ask.params)))
            if lines:
                parts += [self._line(o.number, o.label) for o in ask.options]
                parts.append(self._line(0, "menu.person"))
        return "\n".join(parts)

    def words(self, key: str, **params: str) -> str:
        """One message with its placeholders filled."""
        message = _message(self.flows, key)
        source = self._isolated(translate(message, self.language, self.locales))
        text = PLACEHOLDER.sub(lambda found: self._fill(found[1], params), source)
        if self.language not in RIGHT_TO_LEFT:
            return text
        tidy = _AROUND_BREAK.sub("\n", _BARE_PUNCTUATION.sub("\n", _AROUND_BREAK.sub("\n", text)))
        return tidy.strip("\n ")

    def _isolated(self, text: str) -> str:
        """A right-to-left text with its own digits isolated; placeholders see to theirs."""
        if self.language not in RIGHT_TO_LEFT:
            return text
        return _OWN_DIGITS.sub(lambda found: self._format.isolate(found[0]), text)

    def _line(self, number: int, label: str) -> str:
        return f"{self._format.isolate(str(number))} = {self.words(label)}"

    @property
    def _format(self) -> Format:
        return Format(self.language, self.words)

    def _fill(self, name: str, params: dict[str, str]) -> str:
        if name in params:
            return self._format.param(params[name])
        if name == "when":
            return self._format.when(self.facts.next_service, self.now)
        fact = self.facts.resolve(name, self.now)
        if fact is None:
            raise MissingFact(name)
        self.used.append(fact)
        if fact.unit == "text_key":
            return self.words(str(fact.value))
        return self._format.value(fact.unit, fact.value)
