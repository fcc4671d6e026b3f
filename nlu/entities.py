"""What a message names: age, temperature, phone number, date or day, number,
and what is found by its name: commune, level, topic, language."""

from __future__ import annotations

import re
from functools import cache

import phonenumbers

from nlu import data_files
from nlu.normalise import fold
from nlu.understanding import Entity

_AGE = re.compile(
    r"(?<!\d)(\d{1,2})\s?(?:ans?|years?|yrs?|yo|سنة|سنوات|سنين|عام|أعوام|yaş\w*|ani|años?|anys?|anos?"
    r"|лет|год\w*|рок\w*|години?|3am|snin|sna)(?!\w)",
    re.IGNORECASE,
)
_TEMPERATURE = re.compile(
    r"(?<![\d.,])((?:3[5-9]|4[0-2])(?:[.,٫]\d)?)(?:\s?(?:°\s?c?|degr\w*|deg|derece|grade|grados|graus"
    r"|درجة|град\w*|de fi[eè]vre|fi[eè]vre)|(?<=[.,]\d)(?!\d))",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<!\w)\d{1,6}(?!\w)")
_MAX_CHARS = 2000
_PHONE_DIGITS = 9


def find(text: str) -> tuple[Entity, ...]:
    """All entities in the order of the text, positions in `text`; none overlap.

    >>> [(e.kind, e.value) for e in find("mon fils de 14 ans a 38,5 depuis lundi")]
    [('age', '14'), ('temperature', '38.5'), ('date', 'lundi')]
    """
    text = text[:_MAX_CHARS]
    found = _phones(text)
    for kind, pattern in (("temperature", _TEMPERATURE), ("age", _AGE), ("date", _days())):
        found += [
            Entity(kind, _value(kind, m.group(m.lastindex or 0)), m.start(), m.end())
            for m in pattern.finditer(text)
            if _free(found, m)
        ]
    found += _named(text, found)
    found += [
        Entity("number", str(int(m.group())), m.start(), m.end())
        for m in _NUMBER.finditer(text)
        if _free(found, m)
    ]
    return tuple(sorted(found, key=lambda e: e.start))


def _named(text: str, found: list[Entity]) -> list[Entity]:
    """What is found by its name: communes, school levels, topics of the protocol, languages."""
    named: list[Entity] = []
    for kind in data_files.read("named.yml"):
        pattern, values = _names(kind)
        named += [
            Entity(kind, values[_flat(m.group())], m.start(), m.end())
            for m in pattern.finditer(text)
            if _free(found + named, m)
        ]
    return named


@cache
def _names(kind: str) -> tuple[re.Pattern[str], dict[str, str]]:
    rows = data_files.read("named.yml")[kind]
    # A commune is written as it is called; the other values are our own words.
    own = kind == "commune"
    spelt = {v: [*map(str, names), *([v] if own else [])] for v, names in rows.items()}
    values = {_flat(n): v for v, names in spelt.items() for n in names}
    written = {n for names in spelt.values() for n in names}
    written |= {fold(n) for n in written}
    # « St Gilles », « saint-gilles » and « saint gilles » are one name.
    listed = "|".join(
        re.escape(n).replace(r"\-", "[- ]").replace(r"\ ", "[- ]")
        for n in sorted(written, key=len, reverse=True)
    )
    return re.compile(rf"(?<!\w)(?:{listed})(?!\w)", re.IGNORECASE), values


def _flat(name: str) -> str:
    return fold(name).replace("-", " ")


def _value(kind: str, written: str) -> str:
    if kind == "age":
        return str(int(written))
    if kind == "temperature":
        return str(float(written.replace(",", ".").replace("٫", "."))).removesuffix(".0")
    return written.lower()


def _free(found: list[Entity], match: re.Match[str]) -> bool:
    return not any(e.start < match.end() and match.start() < e.end for e in found)


def _phones(text: str) -> list[Entity]:
    if sum(c.isdecimal() for c in text) < _PHONE_DIGITS:
        return []
    # Merely possible, since numbers reserved for fiction and new ranges are never "valid".
    possible = phonenumbers.Leniency.POSSIBLE
    form = phonenumbers.PhoneNumberFormat.E164
    return [
        Entity("phone", phonenumbers.format_number(m.number, form), m.start, m.end)
        for m in phonenumbers.PhoneNumberMatcher(text, "FR", leniency=possible)
        if sum(c.isdecimal() for c in m.raw_string) >= _PHONE_DIGITS
    ]


@cache
def _days() -> re.Pattern[str]:
    words = [w for row in data_files.read("days.yml")["days"].values() for w in row]
    listed = "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{listed})(?!\w)|(?<!\d)\d{{1,2}}/\d{{1,2}}(?!\d)", re.IGNORECASE)
