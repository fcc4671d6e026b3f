"""Which language we answer in. It is sticky: one short message never changes it."""

from __future__ import annotations

from flows.catalogue import SOURCE, supported
from flows.events import Escalate, Event, Remember, Say, SetLanguage
from flows.heard import Heard
from flows.session import Session

ARABIZI = "ar-Latn"
UNKNOWN = "und"
NO_CATALOGUE = "language.person"
_NEEDED = "language_needed"


def language_events(session: Session, heard: Heard) -> list[Event]:
    """What this message changes in the language of our answers; mostly nothing.

    Arabic in Latin letters is answered in the stored language when there is another than French,
    else in Arabic and French. A language without catalogue is answered in French, and a person
    who speaks it is asked for, once.

    >>> language_events(Session(), Heard(intents=(), language="ar"))
    [SetLanguage(codes=('ar',), chosen=False)]
    >>> language_events(Session(languages=("ar",)), Heard(intents=(), language="fr"))
    []
    """
    if heard.language == UNKNOWN or session.language_chosen:
        return []
    if heard.language == ARABIZI:
        known = session.languages not in ((), (SOURCE,))
        return [] if known else [SetLanguage(("ar", SOURCE))]
    if session.languages and not heard.language_clear:
        return []
    if supported(heard.language):
        same = session.languages == (heard.language,)
        return [] if same else [SetLanguage((heard.language,))]
    if not heard.language_clear:
        return []  # a few odd letters are not yet a language that nobody here speaks
    return _ask_for_a_speaker(session, heard.language)


def _ask_for_a_speaker(session: Session, language: str) -> list[Event]:
    if session.slot(_NEEDED) == language:
        return []
    setting: list[Event] = [] if session.languages else [SetLanguage((SOURCE,))]
    return [
        *setting,
        Remember(_NEEDED, language),
        Say(NO_CATALOGUE),
        Escalate("casnav", "P2", f"language:{language}"),
    ]
