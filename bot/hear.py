"""From what was understood to what a flow may look at, with what only the channel knows."""

from __future__ import annotations

from flows.heard import Heard
from nlu.understanding import Understanding
from outreach.channels.contract import Inbound

CLEAR = 0.8
LONG = 4  # words: « ok », « bonjour madame », « thank you very » change nobody's language
SHARED_SCRIPTS = {"Latn", "Arab", "Cyrl"}  # of many languages; any other script tells by itself


def hear(understood: Understanding, inbound: Inbound) -> Heard:
    """The value that the engine works on. A pressed button is a number; /start is a greeting."""
    if inbound.link_token is not None or inbound.text.strip().lower() == "/start":
        return Heard(intents=(("greeting", 1.0),), language="und")
    number = inbound.choice if inbound.choice is not None else understood.number
    return Heard(
        intents=tuple((i.name, i.confidence) for i in understood.intents),
        language=understood.language.code,
        language_clear=_clear(understood),
        sure=understood.decision != "ask",
        priority=understood.priority.value,
        danger=understood.danger,
        optout=understood.optout,
        optin=understood.optin,
        escalate=understood.escalate,
        number=number,
        answer=understood.answer,
        words=understood.normalised,
        media=len(inbound.media),
        entities={e.kind: e.value for e in understood.entities},
    )


def _clear(understood: Understanding) -> bool:
    sure = understood.language.confidence >= CLEAR
    told = len(understood.normalised.split()) >= LONG or understood.script not in SHARED_SCRIPTS
    return sure and told
