"""Reads a file of dated facts (`outreach/data/facts.yml`) and refuses what cannot be told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import yaml

from flows.facts import SCOPES, Fact, overlaps
from flows.load import load_flows
from flows.nodes import Fault, FlowError, Reader
from flows.schema import UNITS, FlowSet

LEVELS = ("all", "maternelle", "elementaire", "college", "lycee", "lp")
_KEYS = (
    *("topic", "unit", "value", "level", "scope", "scope_value"),
    *("valid_from", "valid_to", "source", "review_by"),
)
_REQUIRED = ("topic", "unit", "value", "valid_from", "source")
_TYPES: dict[str, Callable[[str], Any]] = {"temperature": float, "metre": float, "count": int}


def read_facts(text: str, file: str, flows: FlowSet | None = None) -> tuple[Fact, ...]:
    """The facts of a YAML text; `file` names it in errors.

    Raises FlowError with file, line and reason: an unknown topic or unit, a value of another
    type, a day that is none, two facts that say two things at once.

    >>> read_facts("facts: []", "facts.yml")
    ()
    """
    reader = Reader(file)
    root = reader.compose(text)
    nodes: list[yaml.Node] = []
    if root is not None:
        keys = reader.mapping(root, ("facts",), ("facts",))
        nodes = reader.sequence(keys["facts"]) if "facts" in keys else []
    flows = flows or load_flows()
    read = [(_read_fact(reader, node, flows), node) for node in nodes]
    facts = [(fact, node) for fact, node in read if fact is not None]
    lines = {fact: node.start_mark.line + 1 for fact, node in facts}
    for first, second in overlaps(fact for fact, _ in facts):
        reason = f"« {second.topic} » says two things at once, see line {lines[first]}"
        reader.faults.append(Fault(file, lines[second], reason))
    if reader.faults:
        raise FlowError(reader.faults)
    return tuple(fact for fact, _ in facts)


def _read_fact(reader: Reader, node: yaml.Node, flows: FlowSet) -> Fact | None:
    keys = reader.mapping(node, _KEYS, _REQUIRED)
    if any(name not in keys for name in _REQUIRED):
        return None
    before = len(reader.faults)
    topic = reader.one_of(keys["topic"], tuple(flows.topics), "topic")
    unit = reader.one_of(keys["unit"], UNITS, "unit")
    known = flows.topics.get(topic)
    if known is not None and known.unit != unit:
        reader.fault(keys["unit"], f"« {topic} » is a {known.unit}, not a {unit}")
    fact = Fact(
        topic=topic,
        unit=unit,
        value=_value(reader, keys["value"], unit, flows),
        valid_from=_moment(reader, keys["valid_from"]),
        valid_to=_moment(reader, keys["valid_to"]) if "valid_to" in keys else None,
        level=reader.one_of(keys["level"], LEVELS, "level") if "level" in keys else "all",
        scope=reader.one_of(keys["scope"], SCOPES, "scope") if "scope" in keys else "national",
        scope_value=reader.text(keys["scope_value"]) if "scope_value" in keys else "",
        source=reader.text(keys["source"]),
        review_by=_day(reader, keys["review_by"]) if "review_by" in keys else None,
    )
    if fact.valid_to is not None and fact.valid_to <= fact.valid_from:
        reader.fault(keys["valid_to"], "valid_to is not after valid_from")
    return fact if len(reader.faults) == before else None


def _value(reader: Reader, node: yaml.Node, unit: str, flows: FlowSet) -> Any:
    raw = reader.text(node)
    if unit == "text_key" and raw not in flows.messages:
        reader.fault(node, f"message « {raw} » is written nowhere")
    if unit == "date":
        return _day(reader, node).isoformat()
    try:
        return _TYPES.get(unit, str)(raw)
    except ValueError:
        reader.fault(node, f"« {raw} » is not a {unit}")
        return raw


def _moment(reader: Reader, node: yaml.Node) -> datetime:
    raw = reader.text(node)
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        reader.fault(node, f"« {raw} » is not a date and time")
        return datetime.min.replace(tzinfo=UTC)
    if moment.tzinfo is None:
        reader.fault(node, f"« {raw} » has no time zone (+02:00)")
        return moment.replace(tzinfo=UTC)
    return moment


def _day(reader: Reader, node: yaml.Node) -> date:
    raw = reader.text(node)
    try:
        return date.fromisoformat(raw)
    except ValueError:
        reader.fault(node, f"« {raw} » is not a date")
        return date.min
