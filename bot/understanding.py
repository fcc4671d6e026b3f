"""The engine that the settings choose, as one function: what everybody here understands with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

import nlu
from bot.rasa import RasaEngine
from nlu.understanding import Understanding
from outreach.settings import Settings

log = structlog.get_logger(__name__)

UNREACHABLE = "rasa unreachable, embedded answers"


@dataclass(frozen=True, slots=True)
class Understander:
    """`nlu.understand` with the chosen engine. Without a ranker it is the embedded one alone."""

    ranker: RasaEngine | None = None

    def __call__(
        self, text: str, *, stored_language: str | None = None, media: Sequence[str] = ()
    ) -> Understanding:
        """Understand one message. Never raises. Blocking: call it in a thread."""
        return nlu.understand(
            text, stored_language=stored_language, media=media, ranker=self.ranker
        )

    def load(self) -> None:
        """Get ready now; the embedded engine in any case, since it stands in for the other."""
        nlu.load()
        if self.ranker is not None and not self.ranker.check():
            log.warning("rasa_unreachable", effect="the embedded engine answers", at="start")

    def state(self) -> str:
        """For the operator's monitoring: « ok », « loading », or who answers in whose place.

        Blocking: after a failure it tries Rasa again, so that its return is seen without a message.
        """
        if not nlu.loaded():
            return "loading"
        if self.ranker is None or self.ranker.answers or self.ranker.check():
            return "ok"
        return UNREACHABLE

    def close(self) -> None:
        """Give connections back."""
        if self.ranker is not None:
            self.ranker.close()


def understander(settings: Settings) -> Understander:
    """The engine of these settings; close it at the end."""
    if settings.nlu_engine != "rasa":
        return Understander()
    assert settings.rasa_url is not None
    assert settings.rasa_token is not None
    token = settings.rasa_token.get_secret_value()
    return Understander(RasaEngine(settings.rasa_url, token, settings.rasa_timeout_seconds))
