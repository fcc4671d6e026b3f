"""What to answer: one turn of a conversation, as events. Pure: no clock, no store, no network.

Order of judgement: danger, STOP and START, a mediator who holds the conversation, `0`, a choice of
language, the answer to what was asked, a new subject, and last « not understood ».
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from flows.answers import chosen
from flows.events import Ask, Escalate, Event, Goto, OptOut, Say, SetLanguage, Unclear
from flows.facts import Facts
from flows.heard import Heard
from flows.languages import language_events
from flows.load import load_flows
from flows.schema import FlowSet, Step
from flows.session import INTRODUCTION, Session
from flows.steps import Walk, question

FALLBACK_INTENTS = frozenset({"other", "unintelligible"})
FIRM = 0.6
"""Below this an intent does not open a flow whose act is not easily undone (a wrong number)."""
URGENT = ("P0", "P1")


def turn(
    session: Session, heard: Heard, facts: Facts, now: datetime, flows: FlowSet | None = None
) -> list[Event]:
    """The events that answer one message; `session.after(events)` is where it then stands.

    No `Say` and no `Ask` among them is silence (a mediator holds the conversation, or a STOP
    said again).

    >>> from datetime import UTC
    >>> heard = Heard(intents=(("optout", 0.9),), language="und", optout=True)
    >>> OptOut() in turn(Session(), heard, Facts(), datetime(2020, 6, 15, tzinfo=UTC))
    True
    """
    return _Turn(session, heard, facts, now, flows or load_flows()).events()


def opening(flow: str, flows: FlowSet | None = None, step: str | None = None) -> list[Event]:
    """The events of a message that we send first (a campaign): what is said, asked, awaited.

    >>> [type(event).__name__ for event in opening("campaign")]
    ['Ask', 'Goto']
    """
    flows = flows or load_flows()
    found = flows.flows[flow]
    return _said(found.name, found.steps[step or found.start])


def _said(flow: str, step: Step) -> list[Event]:
    events: list[Event] = [Say(key) for key in step.say]
    if step.ask:
        events.append(question(step.ask))
    return [*events, Goto(flow, step.name if step.ask else None)]


@dataclass(frozen=True, slots=True)
class _Turn:
    session: Session
    heard: Heard
    facts: Facts
    now: datetime
    flows: FlowSet

    def events(self) -> list[Event]:
        """Judge in the order of the house's law; the first that applies answers."""
        if self.heard.priority in URGENT or self.heard.danger:
            return self._in_our_words(self._danger())
        if self.heard.optout:
            return [*self._language(), *self._stop()]
        if self.heard.optin:
            return [*self._language(), *self._enter("optin")]
        if self.session.held:
            return []
        return self._in_our_words(self._answer())

    def _answer(self) -> list[Event]:
        """What a calm message gets, when nobody holds the conversation."""
        if self.heard.number == 0:
            return self._enter("person")
        asked = self.flows.step(self.session.flow, self.session.step)
        language = self.heard.entities.get("language", "")
        if self.heard.intent == "language_request" and self._sure():
            return self._enter("language_request", language)
        if asked is not None and asked.ask is not None:
            option = chosen(asked.ask, self.heard, self.session.languages, self.flows)
            if option is not None and self.session.flow is not None:
                return self._walk().take(self.session.flow, option)
        flow = self.flows.for_intent(self.heard.intent)
        guessed = flow is not None and flow.firm and self.heard.intents[0][1] < FIRM
        if flow is None or guessed or not self._sure() or self.heard.number is not None:
            return self._not_understood(asked)
        return self._with_a_person(self._enter(flow.name))

    def _sure(self) -> bool:
        if self.heard.intent in FALLBACK_INTENTS or not self.heard.intents:
            return False
        return self.heard.sure

    def _danger(self) -> list[Event]:
        """Numbers and a person at once; a STOP in the same message is honoured too."""
        flow = self.flows.for_danger(self.heard.danger)
        if flow is None:
            return [Escalate("social", self.heard.priority, f"danger:{self.heard.danger}")]
        events = [self._as_urgent(event) for event in self._enter(flow.name)]
        if not self.heard.optout:
            return events
        calm = [event for event in events if not isinstance(event, Ask | Goto)]
        return [*calm, OptOut(), Goto(flow.name, None)]

    def _as_urgent(self, event: Event) -> Event:
        """A ticket of danger is as urgent as the message was judged to be (P0 or P1)."""
        if isinstance(event, Escalate) and self.heard.priority in URGENT:
            return replace(event, priority=self.heard.priority)
        return event

    def _stop(self) -> list[Event]:
        """One confirmation, then silence."""
        if self.session.opted_out:
            return [OptOut()]
        return self._enter("optout")

    def _not_understood(self, asked: Step | None) -> list[Event]:
        """Once more with a numbered menu; the second time a person."""
        count = self.session.unclear + 1
        if count > 1:
            return [*self._enter("unclear"), Unclear(count)]
        if asked is not None and asked.ask is not None and self.session.flow is not None:
            return [
                Say("unclear.once"),
                question(asked.ask),
                Goto(self.session.flow, asked.name),
                Unclear(count),
            ]
        return [*self._enter("other"), Unclear(count)]

    def _with_a_person(self, events: list[Event]) -> list[Event]:
        """When the message needs a person and the flow called none, call one."""
        if not self.heard.escalate or any(isinstance(event, Escalate) for event in events):
            return events
        return [*events, Escalate("mediation", "P2", self.heard.intent)]

    def _enter(self, flow: str, language: str = "") -> list[Event]:
        found = self.flows.flows[flow]
        if flow == "language_request":
            option = self._walk().language_option(language)
            if option is not None:
                return self._walk().take(flow, option)
        return self._walk().run(flow, found.start)

    def _walk(self) -> Walk:
        return Walk(self.session, self.heard, self.facts, self.now, self.flows)

    def _language(self) -> list[Event]:
        """The language alone: a STOP is confirmed in it, and calls for nobody."""
        found = language_events(self.session, self.heard)
        return [event for event in found if isinstance(event, SetLanguage)]

    def _in_our_words(self, events: list[Event]) -> list[Event]:
        """Set the language first, and introduce ourselves once."""
        before = language_events(self.session, self.heard)
        chosen_now = any(isinstance(event, SetLanguage) for event in events)
        if chosen_now:
            before = [event for event in before if not isinstance(event, SetLanguage)]
        setting = [event for event in before if not isinstance(event, Say)]
        return [*setting, *self._introduction(events), *_after_says(events, before)]

    def _introduction(self, events: list[Event]) -> list[Event]:
        if self.session.introduced or not any(isinstance(e, Say | Ask) for e in events):
            return []
        flows = [self.flows.flows.get(e.flow) for e in events if isinstance(e, Goto)]
        if any(flow is not None and (flow.introduces or flow.silent) for flow in flows):
            return []
        return [Say(INTRODUCTION)]


def _after_says(events: list[Event], before: list[Event]) -> list[Event]:
    """Put « someone who speaks your language » after what is said, before what is asked."""
    extra = [event for event in before if isinstance(event, Say)]
    if not extra:
        return events
    at = max((i + 1 for i, event in enumerate(events) if isinstance(event, Say)), default=0)
    return [*events[:at], *extra, *events[at:]]
