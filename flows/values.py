"""One value of a fact as a family reads it: by unit, by language, digits always ASCII."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from flows.catalogue import RIGHT_TO_LEFT, locale_of

PARIS = ZoneInfo("Europe/Paris")
_ISOLATE, _POP = "\u2066", "\u2069"
_HARD_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " "})  # not in GSM-7
_DATES = {
    "tr": "d MMMM EEEE",
    "ro": "EEEE, d MMMM",
    "es": "EEEE d 'de' MMMM",
    "pt": "EEEE, d 'de' MMMM",
    "bg": "EEEE, d MMMM",
    # The weekday apart: inside the sentence it would need the case that the preposition asks for.
    "ru": "d MMMM (EEEE)",
    "uk": "d MMMM (EEEE)",
}

Words = Callable[..., str]
"""`words(key, value=…)` is a message's text in the language of the moment."""


@dataclass(frozen=True, slots=True)
class Format:
    """Formats values in one language; `words` gives the words around them."""

    language: str
    words: Words

    def value(self, unit: str, value: Any) -> str:
        """The text of a value; raises ValueError for a unit that nobody knows.

        >>> Format("fr", lambda key, value: value + " degrés").value("temperature", 37.8)
        '37,8 degrés'
        """
        match unit:
            case "temperature":
                return self.words("unit.celsius", value=self.number(value))
            case "metre":
                return self.words("unit.metre", value=self.number(value))
            case "count":
                return self.number(value)
            case "phone":
                return self.phone(str(value))
            case "url":
                return self.own_line(str(value))
            case "time":
                return self.time(time.fromisoformat(str(value)))
            case "date":
                return self.day(date.fromisoformat(str(value)[:10]))
        raise ValueError(f"unknown unit « {unit} »")

    def number(self, value: Any) -> str:
        """A number with the language's decimal sign."""
        text = format_decimal(value, locale=locale_of(self.language), numbering_system="latn")
        return self.isolate(text.translate(_HARD_SPACES))

    def phone(self, value: str) -> str:
        """A phone number grouped as people say it; a short number as it is.

        >>> Format("fr", str).phone("0800122500")
        '0 800 12 25 00'
        """
        if len(value) < 8:
            # Six digits are said three by three: 116 000.
            return self.own_line(f"{value[:3]} {value[3:]}" if len(value) == 6 else value)
        parsed = phonenumbers.parse(value, "FR")
        style = phonenumbers.PhoneNumberFormat.NATIONAL
        if parsed.country_code != phonenumbers.country_code_for_region("FR"):
            style = phonenumbers.PhoneNumberFormat.INTERNATIONAL
        return self.own_line(phonenumbers.format_number(parsed, style))

    def day(self, value: date) -> str:
        """« lundi 22 juin »."""
        pattern = _DATES.get(self.language, "EEEE d MMMM")
        return format_date(value, pattern, locale=locale_of(self.language)).translate(_HARD_SPACES)

    def time(self, value: time) -> str:
        """« 19 h », « 8 h 30 »; 19:00 elsewhere."""
        pattern = "HH:mm"
        if self.language == "fr":
            pattern = "H 'h' mm" if value.minute else "H 'h'"
        return self.isolate(format_time(value, pattern, locale=locale_of(self.language)))

    def when(self, next_service: datetime | None, now: datetime) -> str:
        """When a person next answers: « aujourd'hui avant 19 h », « demain », « lundi 22 juin »."""
        if next_service is None or next_service <= now:
            return self.words("when.soon")
        there, here = next_service.astimezone(PARIS), now.astimezone(PARIS)
        days = (there.date() - here.date()).days
        if days == 0:
            return self.words("when.today", time=self.time(there.time()))
        if days == 1:
            return self.words("when.tomorrow")
        return self.words("when.day", day=self.day(there.date()))

    def param(self, value: str) -> str:
        """A param's text: a day when it is an ISO date, else as it is."""
        try:
            return self.day(date.fromisoformat(value))
        except ValueError:
            return value

    def isolate(self, text: str) -> str:
        """Digits and Latin text keep their own direction inside a right-to-left line."""
        return f"{_ISOLATE}{text}{_POP}" if self.language in RIGHT_TO_LEFT else text

    def own_line(self, text: str) -> str:
        """Right to left, a number to dial or a link stands alone on its line."""
        return f"\n{self.isolate(text)}\n" if self.language in RIGHT_TO_LEFT else text
