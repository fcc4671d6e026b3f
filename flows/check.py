"""Cross checks of a set of flows: every name used exists, and nothing asks three times in a row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flows.nodes import Fault
from flows.placeholders import BUILTIN, placeholders, stray_braces
from flows.schema import INTENTS, Flow, FlowSet, Message, PauseRule, Step, Where

QUESTIONS_IN_A_ROW = 2
NEEDED_FLOWS = ("facts_missing", "person", "other", "unclear", "optout", "optin")
"""Flows that the engine itself goes to."""


def check(flows: FlowSet) -> list[Fault]:
    """Everything that does not fit together, as faults."""
    faults: list[Fault] = []
    for flow in flows.flows.values():
        faults += _check_flow(flow, flows)
    for message in flows.messages.values():
        faults += _check_message(message, flows)
    faults += _check_openings(flows)
    return faults


def _fault(where: Where, reason: str) -> Fault:
    return Fault(where.file, where.line, reason)


def _check_openings(flows: FlowSet) -> Iterator[Fault]:
    """One flow an intent, one a case of danger; the engine's own flows are there."""
    opened: dict[str, Flow] = {}
    for flow in flows.flows.values():
        for name in (*flow.intents, *(f"danger {case}" for case in flow.danger)):
            if name in opened:
                first = opened[name].where
                yield _fault(flow.where, f"« {name} » already opens the flow in {first}")
            opened[name] = flow
    if not flows.flows:
        return
    first_flow = next(iter(flows.flows.values()))
    folder = Path(first_flow.where.file).parent.name
    for name in (n for n in NEEDED_FLOWS if n not in flows.flows):
        yield Fault(f"{folder}/", 0, f"the engine needs a flow « {name} »")
    for name in (n for n in INTENTS if n not in opened):
        yield Fault(f"{folder}/", 0, f"no flow for the intent « {name} »")
    if "danger any" not in opened:
        yield Fault(f"{folder}/", 0, "no flow for « any » danger")


def _check_flow(flow: Flow, flows: FlowSet) -> Iterator[Fault]:
    if flow.start not in flow.steps:
        yield _fault(flow.where, f"start: there is no step « {flow.start} »")
    stem = Path(flow.where.file).stem
    if stem != flow.name:
        yield _fault(flow.where, f"flow « {flow.name} » must be in {flow.name}.yml")
    for step in flow.steps.values():
        yield from _check_step(flow, step, flows)
    for name in set(flow.steps) - _reached(flow):
        if not _entered_from_elsewhere(flow, name, flows):
            yield _fault(flow.steps[name].where, f"nothing leads to the step « {name} »")


def _check_step(flow: Flow, step: Step, flows: FlowSet) -> Iterator[Fault]:
    for goto, where in _gotos(step):
        if flows.target(flow.name, goto) is None:
            yield _fault(where, f"goto: there is no step « {goto} »")
    labels = [(option.label, option.where) for option in step.ask.options] if step.ask else []
    asked = [(step.ask.key, step.where)] if step.ask else []
    for key, where in [*((k, step.where) for k in step.say), *asked, *labels]:
        if key not in flows.messages:
            yield _fault(where, f"message « {key} » is written nowhere")
    for action in step.do:
        if isinstance(action, PauseRule) and action.topic and action.topic not in flows.topics:
            yield _fault(step.where, f"pause: unknown fact topic « {action.topic} »")
    if step.ask and step.goto:
        yield _fault(step.where, "a step that asks cannot also go on: « ask » and « goto »")
    if not (step.say or step.ask or step.goto or step.do):
        yield _fault(step.where, f"the step « {step.name} » does nothing")
    if _questions(flow, step.name, flows, frozenset()) > QUESTIONS_IN_A_ROW:
        yield _fault(step.where, "more than 2 questions in a row")


def _check_message(message: Message, flows: FlowSet) -> Iterator[Fault]:
    known = {*BUILTIN, *flows.topics, *(name for name, _ in message.params)}
    for name in placeholders(message.text):
        if name not in known:
            yield _fault(message.where, f"{{{name}}} is neither a fact topic nor a param")
    for name, _ in message.params:
        if name not in placeholders(message.text):
            yield _fault(message.where, f"the param « {name} » is not in the text")
    if stray_braces(message.text):
        yield _fault(message.where, "a brace that is no placeholder")
    if not message.text:
        yield _fault(message.where, f"message « {message.key} » has no text")


def _gotos(step: Step) -> Iterator[tuple[str, Where]]:
    for branch in step.branches:
        yield branch.goto, step.where
    if step.ask:
        for option in step.ask.options:
            if option.goto:
                yield option.goto, option.where
    for goto in (step.goto, step.otherwise):
        if goto:
            yield goto, step.where


def _reached(flow: Flow) -> set[str]:
    """Steps that the flow's own start leads to."""
    todo, seen = [flow.start], set[str]()
    while todo:
        name = todo.pop()
        if name in seen or name not in flow.steps:
            continue
        seen.add(name)
        todo += [goto for goto, _ in _gotos(flow.steps[name])]
    return seen


def _entered_from_elsewhere(flow: Flow, name: str, flows: FlowSet) -> bool:
    """True when another flow goes to this step, or to one that leads to it within the flow."""
    entries = {
        goto.rpartition("/")[2]
        for other in flows.flows.values()
        for step in other.steps.values()
        for goto, _ in _gotos(step)
        if goto.startswith(f"/{flow.name}/")
    }
    reached = {n for entry in entries for n in _reached(_started_at(flow, entry))}
    return name in reached


def _started_at(flow: Flow, start: str) -> Flow:
    return Flow(flow.name, flow.about, start, flow.steps, flow.where)


def _questions(flow: Flow, name: str, flows: FlowSet, seen: frozenset[str]) -> int:
    """Most questions in a row from this step on, within the flow, one a turn."""
    step = flow.steps.get(name)
    if step is None or name in seen:
        return 0
    seen |= {name}
    here = [b.goto for b in step.branches] + ([step.goto] if step.goto else [])
    onward = max((_questions(flow, g, flows, seen) for g in here), default=0)
    if step.ask is None:
        return onward
    answers = [option.goto for option in step.ask.options if option.goto]
    asked = 1 + max((_questions(flow, g, flows, seen) for g in answers), default=0)
    return max(onward, asked)
