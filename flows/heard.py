"""What the engine needs to know of one message: a value that `bot` makes from an `Understanding`.

`flows` does not know `nlu`; this small value is all that passes between them.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Heard:
    """One message, as far as a flow may look at it.

    `intents` is (name, confidence), best first. `language` is an ISO 639-1 code, `ar-Latn` for
    arabizi or `und`; `language_clear` is true when the text is long and sure enough to change the
    language we answer in; `sure` is false when the best intent is only a guess. `priority` is P0 to
    P3, `danger` the case when P0 or P1.
    `number` is a menu choice (also from a button), `answer` "yes", "no" or None,
    `words` the normalised text, `media` how many attachments came with it.

    >>> Heard(intents=(("greeting", 0.9),), language="fr").intent
    'greeting'
    """

    intents: tuple[tuple[str, float], ...]
    language: str
    language_clear: bool = False
    sure: bool = True
    priority: str = "P3"
    danger: str | None = None
    optout: bool = False
    optin: bool = False
    escalate: bool = False
    number: int | None = None
    answer: str | None = None
    words: str = ""
    media: int = 0
    entities: dict[str, str] = field(default_factory=dict)

    @property
    def intent(self) -> str:
        """Name of the best intent."""
        return self.intents[0][0] if self.intents else "other"
