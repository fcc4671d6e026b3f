"""Dated facts: which value of a topic is true here, now. The only source of figures and links.

A fact is valid from `valid_from` up to, not including, `valid_to`; the most specific scope wins
(school, then commune, academie, national). A fact whose review date has passed is not used.
Source of the model: the academic plan and `docs/facts.md`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

SCOPES = ("national", "academie", "commune", "school")  # least specific first


@dataclass(frozen=True, slots=True)
class Fact:
    """One dated fact.

    `value` is typed by `unit`: temperature (°C, number), count, phone, url, time, date, text_key
    (a message key). `level` is a school level or `all`; `scope_value` a commune's INSEE code, a
    UAI, an academie's name, or "" for national.
    """

    topic: str
    unit: str
    value: Any
    valid_from: datetime
    valid_to: datetime | None = None
    level: str = "all"
    scope: str = "national"
    scope_value: str = ""
    source: str = ""
    review_by: date | None = None

    def valid_at(self, now: datetime) -> bool:
        """True when the fact may be told at `now`."""
        if self.review_by is not None and now.date() > self.review_by:
            return False
        return self.valid_from <= now and (self.valid_to is None or now < self.valid_to)


@dataclass(frozen=True, slots=True)
class Place:
    """Whose facts: a family's school level, school, commune and academie, where known."""

    level: str = "all"
    school: str = ""
    commune: str = ""
    academie: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts that may concern one family, and when people next answer (Europe/Paris aware)."""

    facts: tuple[Fact, ...] = ()
    place: Place = Place()
    next_service: datetime | None = None

    def resolve(self, topic: str, now: datetime) -> Fact | None:
        """The fact to tell about `topic` at `now`, or None: then nobody guesses.

        >>> Facts().resolve("fever", datetime(2020, 6, 15)) is None
        True
        """
        found = [f for f in self.facts if f.topic == topic and f.valid_at(now) and self._here(f)]
        return max(found, key=_specificity, default=None)

    def _here(self, fact: Fact) -> bool:
        if fact.level not in ("all", self.place.level):
            return False
        where = {
            "national": "",
            "academie": self.place.academie,
            "commune": self.place.commune,
            "school": self.place.school,
        }
        return fact.scope == "national" or (
            bool(fact.scope_value) and where[fact.scope] == fact.scope_value
        )


def _specificity(fact: Fact) -> tuple[int, bool, datetime]:
    return SCOPES.index(fact.scope), fact.level != "all", fact.valid_from


def overlaps(facts: Iterable[Fact]) -> list[tuple[Fact, Fact]]:
    """Pairs of facts that say two things at once for the same topic, level and scope."""
    ordered = sorted(facts, key=lambda f: (f.topic, f.level, f.scope, f.scope_value, f.valid_from))
    pairs = pairwise(ordered)
    return [(a, b) for a, b in pairs if _same_subject(a, b) and _meets(a, b)]


def _same_subject(a: Fact, b: Fact) -> bool:
    return (a.topic, a.level, a.scope, a.scope_value) == (b.topic, b.level, b.scope, b.scope_value)


def _meets(a: Fact, b: Fact) -> bool:
    return a.valid_to is None or b.valid_from < a.valid_to
