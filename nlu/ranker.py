"""The contract of an engine that ranks intents in place of the embedded one (Rasa, by HTTP)."""

from __future__ import annotations

from typing import Protocol

from nlu.understanding import IntentScore


class Ranker(Protocol):
    """Ranks the intents of one text. `name` and `version` are kept with what was understood."""

    name: str

    @property
    def version(self) -> str:
        """Which model answers."""

    def rank(self, text: str) -> list[IntentScore] | None:
        """The likeliest intents, best first; None when no answer could be had. Never raises."""
