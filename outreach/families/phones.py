"""Telephone numbers as schools write them, made E.164; what kind they are."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

# ARCEP keeps these for fiction; the library rightly knows them as unassigned. Demo and tests live
# on them, and no family can ever have one.
_FICTION = re.compile(r"\+33(?:19900|26191|35301|46571|53649|63998)\d{4}")

# Overseas departments are dialled with the same 0 as the mainland.
_REGIONS = ("FR", "RE", "GP", "MQ", "GF", "YT")

_MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_LANDLINE = {PhoneNumberType.FIXED_LINE, PhoneNumberType.VOIP}
_NUMBER = re.compile(r"(?:\+|00)?\d[\d .()/-]*")
_BARE = re.compile(r"[1-79]\d{8}")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")


class PhoneError(ValueError):
    """Not one family's number; `code` is a refusal of `words.yml`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that can be dialled.

    `e164` as `+33639980001`; `channel` is sms, or voice for a landline; `region` the country it
    belongs to; `restored` when a leading zero lost by a spreadsheet was put back.
    """

    e164: str
    channel: str
    region: str
    restored: bool = False

    @property
    def foreign(self) -> bool:
        """Outside France and its overseas departments."""
        return self.region not in _REGIONS


def phone(text: str) -> Phone:
    """The number in `text`; PhoneError when there is none, several, or a special one.

    >>> phone("06 39 98 00 01").e164, phone("639980001").restored
    ('+33639980001', True)
    """
    bare = "".join(
        c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf"
    )
    bare = " ".join(bare.split())
    if _SCIENTIFIC.fullmatch(bare):
        raise PhoneError("scientific")
    if not _NUMBER.fullmatch(bare):
        raise PhoneError(_what_else(bare))
    restored = bool(_BARE.fullmatch(bare))
    number = _parse("0" + bare if restored else bare)
    if number is None:
        raise PhoneError(_what_else(bare))
    return _kind(number, restored=restored)


def _parse(bare: str) -> PhoneNumber | None:
    """The first region's reading that is a number in use, else None."""
    for region in _REGIONS:
        try:
            number = phonenumbers.parse(bare, region)
        except phonenumbers.NumberParseException:
            return None
        if phonenumbers.is_valid_number(number) or _FICTION.fullmatch(_e164(number)):
            return number
    return None


def _kind(number: PhoneNumber, *, restored: bool) -> Phone:
    e164 = _e164(number)
    if _FICTION.fullmatch(e164):
        return Phone(e164, "sms" if e164.startswith("+336") else "voice", "FR", restored)
    kind = phonenumbers.number_type(number)
    if kind not in _MOBILE | _LANDLINE:
        raise PhoneError("phone_special")
    region = phonenumbers.region_code_for_number(number) or "ZZ"
    return Phone(e164, "sms" if kind in _MOBILE else "voice", region, restored)


def _what_else(bare: str) -> str:
    """Why it is not a number: several in one cell are told apart, for the advice."""
    parts = re.findall(r"(?:\+|00)?\d(?:[ .-]?\d){8,}", bare)
    digits = re.sub(r"\D", "", bare)
    several = len(parts) > 1 or (len(digits) >= 18 and len(digits) % 10 == 0)
    if several:
        return "phone_several"
    short = re.fullmatch(r"3\d{3}|1\d{1,2}|11[568]\d{0,3}", digits)
    return "phone_special" if short and digits == bare else "phone_not_a_number"


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
