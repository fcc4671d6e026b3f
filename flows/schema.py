"""What a flow is, as frozen values. Flow files (`flows/*.yml`) are read into these by `load.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from flows.events import (
    ConfirmIdentity,
    Escalate,
    LaboInterest,
    OptIn,
    OptOut,
    Outcome,
    Params,
    Remember,
    SetLanguage,
    SetMode,
    WrongNumber,
)

QUEUES = (
    "mediation",  # default: mediators, by territory and language
    "referent",  # the school's referent and its head
    "social",  # social workers of the pupils' service
    "sante",  # school nurses, doctors, psychologists
    "mlds",
    "psad",
    "cio",
    "casnav",
    "ash",
    "dsden",  # authority: discipline, complaints, threats to staff
    "dpd",  # data protection officer: access, erasure
)
PRIORITIES = ("P0", "P1", "P2", "P3")
ANSWERS = ("yes", "no")
UNITS = (
    "temperature",
    "metre",
    "count",
    "phone",
    "url",
    "time",
    "date",
    "text_key",
)
_INTENTS = """
    who_are_you scam_doubt greeting thanks_ok optout optin wrong_number third_party_contact
    protocol_question child_sick covid_fear refusal_return return_confirm appointment_reply
    no_equipment abroad_absent moved_school callback_request language_request orientation_question
    under16_work no_solution_16_25 labo_interest labo_withdraw mentor_request holiday_program
    disability_support pregnancy harassment violence_home self_harm threat insult precarity
    papers_fear custody discipline complaint bereavement data_erasure data_access media_only
    voice_note emoji_only unintelligible other
"""
INTENTS = tuple(_INTENTS.split())
"""The labels of the domain dossier, 6.3; the same as in `nlu/data/intents.yml`."""


@dataclass(frozen=True, slots=True)
class Where:
    """A line of a file, for people: `flows/child_sick.yml:12`."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Message:
    """One text that a family may read; `text` is the French source.

    `params` names the placeholders that the engine fills, each with its longest example.
    `same` is true when the text is the same in every language (the names of languages).
    """

    key: str
    text: str
    where: Where
    params: Params = ()
    same: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class PauseRule:
    """No campaign for `days` days, counted from now or from the date fact `topic`."""

    days: int
    reason: str
    topic: str | None = None


Action: TypeAlias = (
    Remember
    | SetLanguage
    | SetMode
    | ConfirmIdentity
    | OptOut
    | OptIn
    | WrongNumber
    | Escalate
    | LaboInterest
    | Outcome
    | PauseRule
)


@dataclass(frozen=True, slots=True)
class MenuOption:
    """One numbered answer: `label` is a message key, `when` intents that mean the same."""

    number: int
    label: str
    where: Where
    goto: str | None = None
    answer: str | None = None
    when: tuple[str, ...] = ()
    do: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question with numbered answers; the wording adds `0`, a person."""

    key: str
    options: tuple[MenuOption, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """Go elsewhere at once when a remembered slot, or an entity of the message, has a value."""

    source: str  # "slot" or "entity"
    name: str
    value: str
    goto: str


@dataclass(frozen=True, slots=True)
class Step:
    """What is said, done and asked at one point of a flow.

    `goto` moves on in the same turn. `otherwise` replaces a question that would be the third in
    a row.
    """

    name: str
    where: Where
    say: tuple[str, ...] = ()
    ask: Question | None = None
    do: tuple[Action, ...] = ()
    branches: tuple[Branch, ...] = ()
    goto: str | None = None
    otherwise: str | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """One subject: the intents and cases of danger that open it, and its steps.

    `introduces` is true when its first words already say who writes and that it is automatic;
    `silent` when no introduction may be added (STOP, a wrong number, danger); `firm` when what it
    does is not undone by a next message, so that a mere guess must not open it.
    """

    name: str
    about: str
    start: str
    steps: Mapping[str, Step]
    where: Where
    intents: tuple[str, ...] = ()
    danger: tuple[str, ...] = ()
    introduces: bool = False
    silent: bool = False
    firm: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """A fact topic: its unit and, for the lint, the longest real value."""

    name: str
    unit: str
    example: str
    about: str
    where: Where


@dataclass(frozen=True, slots=True)
class FlowSet:
    """All flows, messages and topics of one folder, checked against each other."""

    flows: Mapping[str, Flow] = field(default_factory=dict)
    messages: Mapping[str, Message] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)

    def for_intent(self, intent: str) -> Flow | None:
        """The flow that this intent opens."""
        return next((f for f in self.flows.values() if intent in f.intents), None)

    def for_danger(self, case: str | None) -> Flow | None:
        """The flow of a case of danger, else the one for any danger."""
        named = next((f for f in self.flows.values() if case in f.danger), None)
        return named or next((f for f in self.flows.values() if "any" in f.danger), None)

    def step(self, flow: str | None, step: str | None) -> Step | None:
        """A step by its names; None when either is unknown (a newer version dropped it)."""
        found = self.flows.get(flow or "")
        return found.steps.get(step or "") if found else None

    def target(self, flow: str, goto: str) -> tuple[str, str] | None:
        """Where a `goto` leads: `step` here, `/flow` its start, `/flow/step`; None if nowhere."""
        if not goto.startswith("/"):
            return (flow, goto) if self.step(flow, goto) else None
        name, _, step = goto[1:].partition("/")
        found = self.flows.get(name)
        if found is None or (step and step not in found.steps):
            return None
        return name, step or found.start
