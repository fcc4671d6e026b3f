"""The state of one conversation, as a value: folded from events, stored as JSON by `bot`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from flows.events import (
    Ask,
    ConfirmIdentity,
    Event,
    Goto,
    OptIn,
    OptOut,
    Remember,
    Say,
    SetLanguage,
    Unclear,
)

INTRODUCTION = "intro.service"
"""Key of the sentence that says who writes and that the service is automatic."""

_INTRODUCING = frozenset({INTRODUCTION, "who_are_you.us", "scam_doubt.right", "campaign.first"})


@dataclass(frozen=True, slots=True)
class Session:
    """Where a conversation stands.

    `languages` is what we answer in, best first; empty until known. `flow` and `step` name what is
    awaited (None: nothing). `held` is true while a mediator holds the conversation: the bot is
    then silent except for danger and STOP. `identity` is None until the person has said whether
    they are who we look for. `questions` counts questions asked in a row, `unclear` messages not
    understood in a row.
    """

    languages: tuple[str, ...] = ()
    language_chosen: bool = False
    flow: str | None = None
    step: str | None = None
    last_said: str | None = None
    identity: bool | None = None
    opted_out: bool = False
    held: bool = False
    introduced: bool = False
    unclear: int = 0
    questions: int = 0
    slots: tuple[tuple[str, str], ...] = ()

    def after(self, events: Iterable[Event]) -> Session:
        """The session once these events have happened.

        >>> Session().after([Goto("greeting", "menu")]).step
        'menu'
        """
        session = replace(self, unclear=0, questions=0)
        for event in events:
            session = _apply(session, event)
            if isinstance(event, Ask):
                again = event.key == self.last_said  # the same question once more is still one
                count = max(self.questions, 1) if again else self.questions + 1
                session = replace(session, questions=count)
        return session

    def slot(self, name: str) -> str | None:
        """A remembered answer, or None."""
        return dict(self.slots).get(name)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON for the `conversation` table."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_json`; unknown keys (a newer version's) are ignored."""
        known = {k: v for k, v in data.items() if k in cls.__slots__}
        if "languages" in known:
            known["languages"] = tuple(known["languages"])
        if "slots" in known:
            known["slots"] = tuple((str(k), str(v)) for k, v in known["slots"])
        return cls(**known)


def _apply(session: Session, event: Event) -> Session:
    match event:
        case Goto(flow, step):
            return replace(session, flow=flow if step else None, step=step)
        case Say(key) | Ask(key):
            introduced = session.introduced or key in _INTRODUCING
            return replace(session, last_said=key, introduced=introduced)
        case Remember(name, value):
            return replace(
                session, slots=(*((k, v) for k, v in session.slots if k != name), (name, value))
            )
        case SetLanguage(codes, chosen):
            return replace(
                session, languages=codes, language_chosen=chosen or session.language_chosen
            )
        case ConfirmIdentity(confirmed):
            return replace(session, identity=confirmed)
        case OptOut():
            return replace(session, opted_out=True)
        case OptIn():
            return replace(session, opted_out=False)
        case Unclear(count):
            return replace(session, unclear=count)
        case _:
            return session
