"""Reads `flows/*.yml` into a `FlowSet`; a fault refuses the whole folder, and all are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from flows.actions import read_actions
from flows.check import check
from flows.nodes import Fault, FlowError, Reader
from flows.schema import (
    ANSWERS,
    INTENTS,
    UNITS,
    Branch,
    Flow,
    FlowSet,
    MenuOption,
    Message,
    Question,
    Step,
    Topic,
)

FOLDER = Path(__file__).parent
NOT_FLOWS = frozenset({"lint_words.yml"})
_FLOW_KEYS = (
    "flow", "about", "intents", "danger", "introduces", "silent", "firm", "start", "steps",
)  # fmt: skip
_STEP_KEYS = ("branch", "say", "do", "ask", "goto", "otherwise")
_MESSAGE_KEYS = ("key", "text", "params", "same", "note")
_OPTION_KEYS = ("number", "key", "text", "params", "same", "note", "answer", "when", "do", "goto")


@dataclass(slots=True)
class _Draft:
    """What has been read so far, and what is wrong with it."""

    flows: dict[str, Flow] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    topics: dict[str, Topic] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


@cache
def load_flows(folder: Path = FOLDER) -> FlowSet:
    """All flows of a folder, checked.

    Raises FlowError with file, line and reason of everything that is wrong.

    >>> load_flows().for_intent("child_sick").name
    'child_sick'
    """
    draft = _Draft()
    for path in sorted(folder.glob("*.yml")):
        if path.name not in NOT_FLOWS:
            _read_file(path, draft)
    flows = FlowSet(draft.flows, draft.messages, draft.topics)
    # Cross references make sense only once every file could be read.
    faults = draft.faults or check(flows)
    if faults:
        raise FlowError(faults)
    return flows


def _read_file(path: Path, draft: _Draft) -> None:
    reader = Reader(f"{path.parent.name}/{path.name}")
    root = reader.compose(path.read_text(encoding="utf-8"))
    if root is not None:
        _read_root(reader, root, draft)
    draft.faults.extend(reader.faults)


def _read_root(reader: Reader, root: yaml.Node, draft: _Draft) -> None:
    keys = reader.mapping(root)
    if "flow" in keys:
        flow = _read_flow(reader, root, draft)
        if flow.name in draft.flows:
            reader.fault(root, f"flow « {flow.name} » is also in {draft.flows[flow.name].where}")
        draft.flows[flow.name] = flow
        return
    for name, node in keys.items():
        if name == "messages":
            for item in reader.sequence(node):
                _read_message(reader, item, draft)
        elif name == "topics":
            _read_topics(reader, node, draft)
        else:
            reader.fault(node, f"unknown key « {name} » (known: flow, messages, topics)")


def _read_topics(reader: Reader, node: yaml.Node, draft: _Draft) -> None:
    for name, item in reader.mapping(node).items():
        keys = ("unit", "example", "about")
        entry = reader.mapping(item, keys, keys)
        if len(entry) < len(keys):
            continue
        draft.topics[name] = Topic(
            name,
            reader.one_of(entry["unit"], UNITS, "unit"),
            reader.text(entry["example"]),
            reader.text(entry["about"]),
            reader.where(item),
        )


def _read_flow(reader: Reader, root: yaml.Node, draft: _Draft) -> Flow:
    keys = reader.mapping(root, _FLOW_KEYS, ("flow", "about", "start", "steps"))
    intents = reader.sequence(keys["intents"]) if "intents" in keys else []
    steps = reader.mapping(keys["steps"]) if "steps" in keys else {}
    return Flow(
        name=reader.text(keys["flow"]),
        about=reader.text(keys["about"]) if "about" in keys else "",
        intents=tuple(reader.one_of(item, INTENTS, "intent") for item in intents),
        danger=reader.texts(keys["danger"]) if "danger" in keys else (),
        introduces="introduces" in keys and reader.flag(keys["introduces"]),
        silent="silent" in keys and reader.flag(keys["silent"]),
        firm="firm" in keys and reader.flag(keys["firm"]),
        start=reader.text(keys["start"]) if "start" in keys else "",
        steps={name: _read_step(reader, name, node, draft) for name, node in steps.items()},
        where=reader.where(root),
    )


def _read_step(reader: Reader, name: str, node: yaml.Node, draft: _Draft) -> Step:
    keys = reader.mapping(node, _STEP_KEYS)
    say = reader.sequence(keys["say"]) if "say" in keys else []
    branches = reader.sequence(keys["branch"]) if "branch" in keys else []
    return Step(
        name=name,
        where=reader.where(node),
        say=tuple(_read_message(reader, item, draft) for item in say),
        ask=_read_question(reader, keys["ask"], draft) if "ask" in keys else None,
        do=read_actions(reader, keys["do"]) if "do" in keys else (),
        branches=tuple(b for item in branches for b in _read_branch(reader, item)),
        goto=reader.text(keys["goto"]) if "goto" in keys else None,
        otherwise=reader.text(keys["otherwise"]) if "otherwise" in keys else None,
    )


def _read_branch(reader: Reader, node: yaml.Node) -> tuple[Branch, ...]:
    keys = reader.mapping(node, ("slot", "entity", "is", "goto"), ("is", "goto"))
    sources = [source for source in ("slot", "entity") if source in keys]
    if len(sources) != 1:
        reader.fault(node, "a branch looks at one « slot » or one « entity »")
        return ()
    if "is" not in keys or "goto" not in keys:
        return ()
    name = reader.text(keys[sources[0]])
    return (Branch(sources[0], name, reader.text(keys["is"]), reader.text(keys["goto"])),)


def _read_question(reader: Reader, node: yaml.Node, draft: _Draft) -> Question:
    keys = reader.mapping(node, (*_MESSAGE_KEYS, "options"), ("key", "options"))
    key = _define(reader, node, keys, draft)
    items = reader.sequence(keys["options"]) if "options" in keys else []
    options = tuple(_read_option(reader, item, draft) for item in items)
    seen: set[int] = set()
    for option, item in zip(options, items, strict=True):
        if option.number in seen:
            reader.fault(item, f"option number {option.number} twice")
        if not 1 <= option.number <= 9:
            reason = "0 is always a person" if option.number == 0 else "one digit, from 1 to 9"
            reader.fault(item, f"option number {option.number}: {reason}")
        seen.add(option.number)
    if not options:
        reader.fault(node, "a question without options")
    return Question(key, options)


def _read_option(reader: Reader, node: yaml.Node, draft: _Draft) -> MenuOption:
    keys = reader.mapping(node, _OPTION_KEYS, ("number", "key"))
    when = reader.sequence(keys["when"]) if "when" in keys else []
    answer = reader.one_of(keys["answer"], ANSWERS, "answer") if "answer" in keys else None
    return MenuOption(
        number=reader.integer(keys["number"]) if "number" in keys else -1,
        label=_define(reader, node, keys, draft),
        where=reader.where(node),
        goto=reader.text(keys["goto"]) if "goto" in keys else None,
        answer=answer,
        when=tuple(reader.one_of(item, INTENTS, "intent") for item in when),
        do=read_actions(reader, keys["do"]) if "do" in keys else (),
    )


def _read_message(reader: Reader, node: yaml.Node, draft: _Draft) -> str:
    """A message's key; a plain text is the key of a message written elsewhere."""
    if isinstance(node, yaml.ScalarNode):
        return reader.text(node)
    keys = reader.mapping(node, _MESSAGE_KEYS, ("key", "text"))
    return _define(reader, node, keys, draft)


def _define(reader: Reader, node: yaml.Node, keys: dict[str, yaml.Node], draft: _Draft) -> str:
    """Keep the message when its text is here; without a text it is a reference."""
    key = reader.text(keys["key"]) if "key" in keys else ""
    if "text" not in keys or not key:
        return key
    if key in draft.messages:
        reader.fault(node, f"message « {key} » is also in {draft.messages[key].where}")
        return key
    params = reader.mapping(keys["params"]) if "params" in keys else {}
    draft.messages[key] = Message(
        key=key,
        text=reader.text(keys["text"]),
        where=reader.where(keys["key"]),
        params=tuple((name, reader.text(item)) for name, item in params.items()),
        same="same" in keys and reader.flag(keys["same"]),
        note=reader.text(keys["note"]) if "note" in keys else "",
    )
    return key
