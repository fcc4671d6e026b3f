"""What the encoder has hardly seen becomes what it has."""

from __future__ import annotations

import pytest

from nlu.classify import spelling
from nlu.normalise import normalise
from nlu.transliterate import to_arabic, to_cyrillic


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("wldi mrid", "ولدي مريض"),
        ("weldi mridh bezzaf", "ولدي مريض كثير"),
        ("bghit nkhdem", "بغيت نخدم"),
        ("rakom 3andkom", "ركم عندكم"),
    ],
)
def test_arabizi_goes_into_arabic_letters(written: str, read: str) -> None:
    assert to_arabic(written) == read


def test_french_words_and_numbers_in_arabizi_stay() -> None:
    assert to_arabic("college 15 tablette") == "college 15 tablette"


def test_latin_bulgarian_goes_into_cyrillic() -> None:
    assert to_cyrillic("6te doida utre v u4ili6te") == "ще доида утре в училище"


def test_each_language_is_spelt_as_the_encoder_reads_it() -> None:
    assert spelling(normalise("jveu pa"), "fr") == "je veux pas"
    assert spelling(normalise("wldi mrid"), "ar-Latn") == "ولدي مريض"
    assert spelling(normalise("az sam tuk"), "bg") == "аз сам тук"
    assert spelling(normalise("аз съм тук"), "bg") == "аз съм тук"
    assert spelling(normalise("wldi mrid"), "en") == "wldi mrid"
