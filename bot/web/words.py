"""The words that staff read, by code, from `words.yml`; and hours, dates and ages in French."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime, format_time, format_timedelta

from outreach.clock import PARIS

OWN_LANGUAGES = {"ar-Latn": "arabe en lettres latines", "und": "langue inconnue"}


@cache
def _book() -> dict[str, dict[str, Any]]:
    path = Path(__file__).with_name("words.yml")
    book: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return book


def section(name: str) -> dict[str, Any]:
    """All entries of one section, in the order of the file.

    >>> section("views")["mine"]
    'Les miennes'
    """
    return _book()[name]


def word(name: str, code: str | None) -> str:
    """What to call `code`; a code without words is shown as it is, never hidden.

    >>> word("channels", "sms")
    'SMS'
    """
    return str(section(name).get(code or "", code or ""))


def reason(code: str) -> str:
    """Why a ticket is there: « danger:self_harm », an intent, « delivery:failed:30003 »…

    >>> reason("danger:harassment")
    'Harcèlement'
    """
    reasons = section("reasons")
    family, _, case = code.partition(":")
    for name in (code, case, family):
        if name in reasons:
            return str(reasons[name])
    return str(section("intents").get(code, reasons["other"]))


def trouble(code: str | None) -> str:
    """Why a message of ours did not arrive; an unknown code is named for whoever looks into it.

    >>> trouble("30003")
    'téléphone éteint ou hors de portée'
    """
    if not code:
        return ""
    troubles = section("troubles")
    for name in (code, code.rpartition(":")[2], code.partition(":")[0]):
        if name in troubles:
            return str(troubles[name])
    return f"raison technique, code {code}"


def language(code: str | None) -> str:
    """A language's name in French.

    >>> language("tr"), language("ar-Latn")
    ('turc', 'arabe en lettres latines')
    """
    if not code:
        return OWN_LANGUAGES["und"]
    if code in OWN_LANGUAGES:
        return OWN_LANGUAGES[code]
    return str(Locale("fr").languages.get(code.partition("-")[0], code))


def native(code: str) -> str:
    """A language's name in that language, else in French.

    >>> native("ro")
    'română'
    """
    try:
        return Locale.parse(code).get_display_name(code) or language(code)
    except (ValueError, UnknownLocaleError):
        return language(code)


def moment(at: datetime | None) -> str:
    """Day and hour in Paris.

    >>> from datetime import UTC
    >>> moment(datetime(2020, 6, 15, 7, 5, tzinfo=UTC))
    'lundi 15 juin, 09:05'
    """
    if at is None:
        return ""
    return format_datetime(at.astimezone(PARIS), "EEEE d MMMM, HH:mm", locale="fr")


def hour(at: datetime, now: datetime) -> str:
    """The hour in Paris, with the day when it is another one."""
    local = at.astimezone(PARIS)
    if local.date() == now.astimezone(PARIS).date():
        return str(format_time(local, "HH:mm", locale="fr"))
    return str(format_datetime(local, "d MMM HH:mm", locale="fr"))


def age(at: datetime, now: datetime) -> str:
    """How long ago, roughly.

    >>> from datetime import UTC
    >>> noon = datetime(2020, 6, 15, 12, tzinfo=UTC)
    >>> age(noon - timedelta(minutes=3), noon)
    '3 minutes'
    """
    past = max(now - at, timedelta(0))
    if past < timedelta(minutes=1):
        return "moins d'une minute"
    return format_timedelta(past, threshold=1, locale="fr")


def percent(share: float | None) -> str:
    """A share of 0 to 1 as French people write it.

    >>> percent(0.93)
    '93\\u202f%'
    """
    return "" if share is None else f"{round(share * 100)}\u202f%"
