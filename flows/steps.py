"""Walking through the steps of a flow within one turn: say, do, ask, go on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from flows.check import QUESTIONS_IN_A_ROW
from flows.events import (
    Ask,
    Escalate,
    Event,
    Goto,
    Option,
    Params,
    Pause,
    Remember,
    Say,
    SetLanguage,
)
from flows.facts import Facts
from flows.heard import Heard
from flows.schema import Action, Branch, FlowSet, MenuOption, PauseRule, Question, Step
from flows.session import Session
from flows.values import PARIS
from flows.wording import missing_topic

FACTS_MISSING = "facts_missing"
_LONGEST_WALK = 20
_MORNING = time(9)


def question(asked: Question, params: Params = ()) -> Ask:
    """The event of a question."""
    return Ask(asked.key, tuple(Option(o.number, o.label) for o in asked.options), params)


@dataclass(slots=True)
class Walk:
    """One walk; `events` fills up as steps are passed."""

    session: Session
    heard: Heard
    facts: Facts
    now: datetime
    flows: FlowSet
    events: list[Event] = field(default_factory=list)
    slots: dict[str, str] = field(default_factory=dict)

    def run(self, flow: str, step: str) -> list[Event]:
        """The events from this step until something is asked or nothing is left."""
        self.slots = dict(self.session.slots) | self.slots
        here = (flow, step)
        for _ in range(_LONGEST_WALK):
            found = self.flows.step(*here)
            onward = self._pass(here[0], found) if found else None
            if onward is None:
                return self.events
            here = onward
        raise RuntimeError(f"the flow {flow} goes round in circles at {here}")

    def take(self, flow: str, option: MenuOption) -> list[Event]:
        """The events of a chosen option: what it does, then where it leads."""
        self._do(option.do)
        target = self.flows.target(flow, option.goto) if option.goto else None
        if target is None:
            return [*self.events, Goto(flow, None)]
        return self.run(*target)

    def language_option(self, language: str) -> MenuOption | None:
        """The option of the language menu, on any of its screens, that sets this language."""
        steps = self.flows.flows["language_request"].steps.values()
        options = [option for step in steps if step.ask for option in step.ask.options]
        wanted = SetLanguage((language,), chosen=True)
        return next((option for option in options if wanted in option.do), None)

    def _pass(self, flow: str, step: Step) -> tuple[str, str] | None:
        """Pass one step; where the walk goes on, or None when it ends here."""
        for branch in step.branches:
            if self._holds(branch):
                return self.flows.target(flow, branch.goto)
        if step.ask and self._third(step.ask):
            return self._instead(flow, step)
        says = step.say
        missing = self._missing(step)
        if missing is not None and self.flows.flows[flow].danger:
            # In danger say what can be said: never only « the school will answer ».
            says = tuple(key for key in says if not self._lacks(key))
        elif missing is not None:
            return self._ask_the_school(missing)
        self.events += [Say(key, self._params(key)) for key in says]
        self._do(step.do)
        if step.ask:
            asked = question(step.ask, self._params(step.ask.key))
            self.events += [asked, Goto(flow, step.name)]
            return None
        if step.goto:
            return self.flows.target(flow, step.goto)
        self.events.append(Goto(flow, None))
        return None

    def _holds(self, branch: Branch) -> bool:
        source = self.slots if branch.source == "slot" else self.heard.entities
        return source.get(branch.name) == branch.value

    def _third(self, asked: Question) -> bool:
        """True when this question would be the third in a row, each on a turn of its own."""
        new = self.session.last_said != asked.key
        return new and self.session.questions >= QUESTIONS_IN_A_ROW

    def _instead(self, flow: str, step: Step) -> tuple[str, str] | None:
        """Rather than ask a third time: the step's own way out, else a person."""
        if step.otherwise:
            return self.flows.target(flow, step.otherwise)
        self.events += [Say(key, self._params(key)) for key in step.say]
        self._do(step.do)
        if not any(isinstance(event, Escalate) for event in self.events):
            self.events.append(Escalate("mediation", "P2", flow))
        self.events += [Say("common.person"), Goto(flow, None)]
        return None

    def _missing(self, step: Step) -> str | None:
        """The first fact that this step needs and nobody can tell today."""
        keys = [*step.say, *([step.ask.key] if step.ask else [])]
        rules = [a for a in step.do if isinstance(a, PauseRule)]
        wanted = [rule.topic for rule in rules if rule.topic]
        for topic in wanted:
            if self.facts.resolve(topic, self.now) is None:
                return topic
        return next((topic for topic in map(self._lacks, keys) if topic), None)

    def _lacks(self, key: str) -> str | None:
        """The first fact topic that a message needs and that is not valid now."""
        return missing_topic(key, self.facts, self.now, self.flows)

    def _ask_the_school(self, topic: str) -> tuple[str, str] | None:
        """Say that the school will answer; the ticket names the fact that is missing."""
        flow = self.flows.flows[FACTS_MISSING]
        step = flow.steps[flow.start]
        self.events += [Say(key) for key in step.say]
        for action in step.do:
            if isinstance(action, Escalate):
                action = replace(action, reason=f"{action.reason}:{topic}")
            self._do((action,))
        self.events.append(Goto(flow.name, None))
        return None

    def _do(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            if isinstance(action, PauseRule):
                self.events.append(Pause(self._until(action), action.reason))
                continue
            if isinstance(action, Remember):
                self.slots[action.name] = action.value
            self.events.append(action)

    def _until(self, rule: PauseRule) -> datetime:
        """The end of a pause: 9 in the morning, so many days from now or from a date fact."""
        start = self.now.astimezone(PARIS).date()
        if rule.topic:
            fact = self.facts.resolve(rule.topic, self.now)
            start = date.fromisoformat(str(fact.value)[:10]) if fact else start
        until = datetime.combine(start + timedelta(days=rule.days), _MORNING, PARIS)
        return max(until, self.now)

    def _params(self, key: str) -> Params:
        """The params of a message, from what has been remembered."""
        names = [name for name, _ in self.flows.messages[key].params]
        return tuple((name, self.slots[name]) for name in names if name in self.slots)
