"""What a turn decides: small frozen values. Nothing here sends, saves or looks at a clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

Params: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One line of a menu. `number` is what the person types, `label` a message key."""

    number: int
    label: str


@dataclass(frozen=True, slots=True)
class Say:
    """Say the text with this key; placeholders not in `params` come from the dated facts."""

    key: str
    params: Params = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask with numbered options; `0` (a person) is added by the wording, always."""

    key: str
    options: tuple[Option, ...]
    params: Params = ()


@dataclass(frozen=True, slots=True)
class Goto:
    """Where the conversation now stands; `step` None means nothing is awaited."""

    flow: str
    step: str | None


@dataclass(frozen=True, slots=True)
class Remember:
    """Keep a small non-personal answer for later steps (an age range, a date)."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """From now on answer in these languages, best first (arabizi: Arabic, then French)."""

    codes: tuple[str, ...]
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class SetMode:
    """The person prefers `text` or `voice`."""

    mode: str


@dataclass(frozen=True, slots=True)
class ConfirmIdentity:
    """The person said that they are (True) or are not (False) who we look for."""

    confirmed: bool


@dataclass(frozen=True, slots=True)
class OptOut:
    """STOP: no campaign on any channel until an explicit START."""


@dataclass(frozen=True, slots=True)
class OptIn:
    """START: campaigns may write again."""


@dataclass(frozen=True, slots=True)
class WrongNumber:
    """This address is not the person's; nothing is ever sent to it again."""


@dataclass(frozen=True, slots=True)
class Escalate:
    """A person must look: opens a ticket, or raises the one that is open."""

    queue: str
    priority: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pause:
    """No campaign until then (abroad until a date, asked for time)."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class LaboInterest:
    """A young person is interested in a LABO: an application in state `interested`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Something coordinators count: `return_confirmed`, `abroad`, `no_equipment`…"""

    name: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """The message was not understood; `count` in a row, so that the next turn knows."""

    count: int


Event: TypeAlias = (
    Say
    | Ask
    | Goto
    | Remember
    | SetLanguage
    | SetMode
    | ConfirmIdentity
    | OptOut
    | OptIn
    | WrongNumber
    | Escalate
    | Pause
    | LaboInterest
    | Outcome
    | Unclear
)
