"""The way of one message through the pipeline, from raw text to an `Understanding`."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import structlog

from nlu import classify, danger, data_files, entities, language, optout
from nlu.language import UNDETERMINED
from nlu.normalise import Normalised, normalise
from nlu.numbers import answer_of, number_of
from nlu.priority import judge
from nlu.script import script_of
from nlu.understanding import IntentScore, Language, Priority, Understanding

log = structlog.get_logger(__name__)
_FEW_WORDS = 4
_AUDIO = frozenset({"audio", "voice"})
_CASE_INTENT = {
    "self_harm": "self_harm",
    "vital": "child_sick",
    "violence_home": "violence_home",
    "sexual_violence": "violence_home",
    "child_alone": "violence_home",
    "weapon": "threat",
    "threat": "threat",
    "harassment": "harassment",
    "runaway": "violence_home",
    "homeless": "precarity",
    "forced_marriage": "violence_home",
    "pregnancy_minor": "pregnancy",
}


def understand(
    text: str, *, stored_language: str | None = None, media: Sequence[str] = ()
) -> Understanding:
    """Understand one message. Never raises, whatever the text.

    `stored_language` is the contact's known language, which decides on short texts; `media` the
    kinds of the attachments ("image", "audio"…). The first call loads or trains the model.

    >>> understand("je veux mourir stop").priority.value
    'P0'
    """
    try:
        return _understand(text, stored_language, media)
    except Exception as error:
        # The last net under a bug: a person must still see the message. Its text is not logged.
        log.error("nlu.failed", error=type(error).__name__, where=_where(error))
        return _unknown(text)


def _understand(text: str, stored: str | None, media: Sequence[str]) -> Understanding:
    message = normalise(text)
    script = script_of(message.plain)
    model = classify.model()
    lang = language.detect(message, script, model.languages, stored)
    findings = danger.find(message, lang)
    out, back = optout.is_optout(message), optout.is_optin(message)
    number, answer = number_of(message), answer_of(message)
    ranking = _certain(message, media, out, back, number, answer)
    if ranking is None:
        cases = [_CASE_INTENT[f.case] for f in findings]
        spared = bool(findings) and findings[0].priority == Priority.P0
        heard = model.rank(message, lang.code, encode=not spared)
        ranking = _lead(heard, cases + (["optout"] if out else []))
        # What the lists put first must not come back as the model's own alarm.
        verdict = judge([] if spared else heard, findings, lang, _alarming(message, heard, lang))
    else:
        verdict = judge(ranking, findings, lang)
    return Understanding(
        text=text,
        normalised=message.plain,
        language=lang,
        script=script,
        intents=tuple(ranking),
        entities=entities.find(text),
        priority=verdict.priority,
        danger=verdict.danger,
        optout=out,
        optin=back,
        escalate=verdict.escalate,
        number=number,
        answer=answer,
        reasons=verdict.reasons,
    )


def _alarming(
    message: Normalised, heard: list[IntentScore], lang: Language
) -> Sequence[IntentScore]:
    """The ranking that may raise danger: idioms are no part of what the model is asked."""
    rest = danger.without_idioms(message)
    if rest is None:
        return heard
    if len(rest.split()) < _FEW_WORDS:
        return ()
    return classify.model().rank(normalise(rest), lang.code)


def _certain(
    message: Normalised,
    media: Sequence[str],
    out: bool,
    back: bool,
    number: int | None,
    answer: str | None,
) -> list[IntentScore] | None:
    """The intents of messages so plain that no model is asked; None for all others."""
    if not message.plain:
        return [_sure(_of_media(media))]
    if not message.words:
        return [_sure("emoji_only" if _has_emoji(message.plain) else "unintelligible")]
    if (out or back) and len(message.words) <= 3:
        return [_sure("optout" if out else "optin")]
    short = _short().get(" ".join(message.words))
    if short:
        return [_sure(short)]
    if number is not None or answer == "no":
        return [IntentScore("other", 0.6)]
    return [IntentScore("thanks_ok", 0.6)] if answer else None


def _of_media(media: Sequence[str]) -> str:
    kinds = {kind.split("/")[0].lower() for kind in media}
    if not kinds:
        return "unintelligible"
    return "voice_note" if kinds & _AUDIO else "media_only"


def _has_emoji(text: str) -> bool:
    return any(ord(c) >= 0x2190 for c in text)


def _sure(name: str) -> IntentScore:
    return IntentScore(name, 1.0)


def _lead(ranking: list[IntentScore], first: list[str]) -> list[IntentScore]:
    """The ranking with what the word lists found at its head."""
    if not first:
        return ranking
    lead = [IntentScore(name, 0.95) for name in dict.fromkeys(first)]
    rest = [s for s in ranking if s.name not in first]
    return lead + [IntentScore(s.name, round(s.confidence * 0.9, 4)) for s in rest]


@cache
def _short() -> dict[str, str]:
    table = data_files.read("short.yml")
    return {_key(text): intent for intent, rows in table.items() for text in rows}


def _key(text: str) -> str:
    return " ".join(normalise(text).words)


def _where(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def _unknown(text: str) -> Understanding:
    return Understanding(
        text=text,
        normalised="",
        language=UNDETERMINED,
        script="Zyyy",
        intents=(IntentScore("unintelligible", 0.0),),
        entities=(),
        priority=Priority.P2,
        danger=None,
        optout=False,
        optin=False,
        escalate=True,
        number=None,
        answer=None,
        reasons=("failed",),
    )
