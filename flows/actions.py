"""The `do` lines of a flow: each is read into the event (or the rule) that it stands for."""

from __future__ import annotations

from collections.abc import Callable

import yaml

from flows.events import (
    ConfirmIdentity,
    Escalate,
    LaboInterest,
    OptIn,
    OptOut,
    Outcome,
    Remember,
    SetLanguage,
    SetMode,
    WrongNumber,
)
from flows.nodes import Reader
from flows.schema import PRIORITIES, QUEUES, Action, PauseRule

_PLAIN: dict[str, Action] = {
    "opt_out": OptOut(),
    "opt_in": OptIn(),
    "wrong_number": WrongNumber(),
    "labo_interest": LaboInterest(),
}


def read_actions(reader: Reader, node: yaml.Node) -> tuple[Action, ...]:
    """The actions of a `do` list, in order.

    Known: opt_out, opt_in, wrong_number, labo_interest, and with a value escalate, outcome,
    remember, pause, language, mode, identity.
    """
    read = (_read_action(reader, item) for item in reader.sequence(node))
    return tuple(action for action in read if action is not None)


def _read_action(reader: Reader, node: yaml.Node) -> Action | None:
    if isinstance(node, yaml.ScalarNode):
        name = reader.text(node)
        if name not in _PLAIN:
            reader.fault(node, f"unknown action « {name} » (known: {', '.join(_PLAIN)})")
        return _PLAIN.get(name)
    keys = reader.mapping(node, tuple(_VALUED))
    if len(keys) != 1:
        reader.fault(node, "one action a line")
        return None
    name, value = next(iter(keys.items()))
    return _VALUED[name](reader, value)


def _escalate(reader: Reader, node: yaml.Node) -> Action | None:
    names = ("queue", "priority", "reason")
    keys = reader.mapping(node, names, names)
    if len(keys) < len(names):
        return None
    return Escalate(
        reader.one_of(keys["queue"], QUEUES, "queue"),
        reader.one_of(keys["priority"], PRIORITIES, "priority"),
        reader.text(keys["reason"]),
    )


def _pause(reader: Reader, node: yaml.Node) -> Action | None:
    keys = reader.mapping(node, ("days", "from", "reason"), ("days", "reason"))
    if "days" not in keys or "reason" not in keys:
        return None
    topic = reader.text(keys["from"]) if "from" in keys else None
    return PauseRule(reader.integer(keys["days"]), reader.text(keys["reason"]), topic)


def _remember(reader: Reader, node: yaml.Node) -> Action | None:
    keys = reader.mapping(node, ("name", "value"), ("name", "value"))
    if len(keys) < 2:
        return None
    return Remember(reader.text(keys["name"]), reader.text(keys["value"]))


def _language(reader: Reader, node: yaml.Node) -> Action | None:
    return SetLanguage((reader.text(node),), chosen=True)


def _mode(reader: Reader, node: yaml.Node) -> Action | None:
    return SetMode(reader.one_of(node, ("text", "voice"), "mode"))


def _identity(reader: Reader, node: yaml.Node) -> Action | None:
    return ConfirmIdentity(reader.flag(node))


def _outcome(reader: Reader, node: yaml.Node) -> Action | None:
    return Outcome(reader.text(node))


_VALUED: dict[str, Callable[[Reader, yaml.Node], Action | None]] = {
    "escalate": _escalate,
    "outcome": _outcome,
    "remember": _remember,
    "pause": _pause,
    "language": _language,
    "mode": _mode,
    "identity": _identity,
}
