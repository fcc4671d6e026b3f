"""The words in each language: gettext catalogues read through Babel, compiled in memory.

French is the source, written in `flows/*.yml`; `locales/<language>/LC_MESSAGES/renouer.po` holds
the others (msgctxt: message key, msgid: French text, msgstr: translation).
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from flows.schema import Message

FOLDER = Path(__file__).parent.parent / "locales"
DOMAIN = "renouer"
SOURCE = "fr"
LANGUAGES = ("fr", "ar", "en", "tr", "ro", "es", "ca", "pt", "bg", "ru", "uk")
RIGHT_TO_LEFT = frozenset({"ar"})
_LOCALES = {"en": "en_GB", "pt": "pt_PT"}


@dataclass(frozen=True, slots=True)
class Review:
    """Who has read a language's catalogue, when, and whether it has changed since."""

    language: str
    reviewer: str
    date: str
    state: str  # "reviewed", "changed since review" or "not reviewed"


def supported(language: str) -> bool:
    """True when there is a catalogue (French has its own: the source)."""
    return language in LANGUAGES


def locale_of(language: str) -> str:
    """Babel's locale for a language: dates and numbers follow it.

    >>> locale_of("en"), locale_of("tr")
    ('en_GB', 'tr')
    """
    return _LOCALES.get(language, language)


def po_file(language: str, folder: Path = FOLDER) -> Path:
    """Where a language's catalogue is."""
    return folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def read_catalogue(language: str, folder: Path = FOLDER) -> Catalog:
    """The catalogue as it is written; an empty one when the file is not there."""
    path = po_file(language, folder)
    if not path.exists():
        return Catalog(locale=locale_of(language), domain=DOMAIN)
    with path.open("rb") as file:
        return read_po(file, locale=locale_of(language), domain=DOMAIN, abort_invalid=True)


@cache
def _translations(language: str, folder: Path) -> Translations:
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(language, folder))
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)


def translate(message: Message, language: str, folder: Path = FOLDER) -> str:
    """The message's text in a language; the French source where there is no translation.

    The lint refuses a missing translation; here a family still gets an answer.

    >>> from flows.load import load_flows
    >>> translate(load_flows().messages["label.yes"], "es")
    'Sí'
    """
    if language == SOURCE or message.same:
        return message.text
    return str(_translations(language, folder).pgettext(message.key, message.text))


def catalogue_hash(language: str, folder: Path = FOLDER) -> str:
    """Hash of what a reviewer reads: keys, French texts and translations, in order of key."""
    entries = sorted(
        (str(m.context), str(m.id), str(m.string)) for m in read_catalogue(language, folder) if m.id
    )
    return hashlib.sha256(repr(entries).encode()).hexdigest()[:16]


def reviews(folder: Path = FOLDER) -> Mapping[str, Review]:
    """The review state of every language but the source, from `locales/reviews.toml`."""
    table = tomllib.loads((folder / "reviews.toml").read_text(encoding="utf-8"))
    return {
        language: _review(language, table.get(language, {}), folder)
        for language in LANGUAGES
        if language != SOURCE
    }


def _review(language: str, row: Mapping[str, str], folder: Path) -> Review:
    reviewer, date = row.get("reviewer", ""), row.get("date", "")
    if not reviewer or not date:
        return Review(language, "", "", "not reviewed")
    same = row.get("hash") == catalogue_hash(language, folder)
    return Review(language, reviewer, date, "reviewed" if same else "changed since review")
