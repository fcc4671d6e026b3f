"""What `nlu.understand` returns: one immutable value, nothing of a database or a network in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class Priority(StrEnum):
    """How soon a person must look; P0 is immediate danger. See `docs/mediateurs.md`."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


@dataclass(frozen=True, slots=True)
class Language:
    """A language and how sure we are of it, 0 to 1.

    `code` is ISO 639-1, with two exceptions: `ar-Latn` is Arabic in Latin letters (arabizi),
    `und` means that nothing in the text tells (a digit, an emoji, « ok »).
    """

    code: str
    confidence: float


@dataclass(frozen=True, slots=True)
class IntentScore:
    """One intent of the list in `nlu/intents.py` and its confidence, 0 to 1."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Entity:
    """Something named in the text: `kind` is age, temperature, phone, number…"""

    kind: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Understanding:
    """What one message says.

    `intents` is a ranking, best first, never empty. `danger` names the case of the danger lexicon
    or model (`self_harm`, `violence_home`, …) and is set exactly when priority is P0 or P1.
    `decision` is `person` when a person must see it, `answer` when a flow may answer by itself,
    `ask` when the message is not understood for sure or is none of our business: it is asked once
    more. `engine` and `model` say who ranked the intents; `encoded` whether that took the encoder.
    `number` is the choice when the whole message is a digit in any script, a keycap, or a number
    word; `answer` is "yes" or "no" when the whole message says just that.
    `reasons` says in short codes why the priority is what it is (`lexicon:self_harm:fr`).
    """

    text: str
    normalised: str
    language: Language
    script: str
    intents: tuple[IntentScore, ...]
    entities: tuple[Entity, ...]
    priority: Priority
    danger: str | None
    optout: bool
    optin: bool
    escalate: bool
    number: int | None
    answer: str | None
    reasons: tuple[str, ...]
    decision: str = "ask"
    engine: str = "embedded"
    model: str = ""
    encoded: bool = False

    @property
    def intent(self) -> IntentScore:
        """The best intent."""
        return self.intents[0]

    def as_rasa(self) -> Json:
        """The value in Rasa's parse format, with our own fields beside it.

        >>> from nlu import understand
        >>> understand("stop").as_rasa()["optout"]
        True
        """
        return {
            "text": self.text,
            "intent": {"name": self.intent.name, "confidence": self.intent.confidence},
            "intent_ranking": [{"name": i.name, "confidence": i.confidence} for i in self.intents],
            "entities": [
                {"entity": e.kind, "value": e.value, "start": e.start, "end": e.end}
                for e in self.entities
            ],
            "language": {"code": self.language.code, "confidence": self.language.confidence},
            "script": self.script,
            "priority": self.priority.value,
            "optout": self.optout,
            "escalate": self.escalate,
            "reasons": list(self.reasons),
            "decision": self.decision,
            "engine": self.engine,
            "model": self.model,
        }
