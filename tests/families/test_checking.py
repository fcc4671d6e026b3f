"""A line is good, or every fault of it is told with what to do; nothing private is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from outreach.families import Good, Rejected, Row, check, check_all
from outreach.families.vocabulary import words
from tests.families.lists import COLUMNS, LEVELS, LP, pupil


def good(**cells: str) -> Good:
    found = check(Row(2, pupil(**cells)), LEVELS)
    assert isinstance(found, Good), found
    return found


def refused(**cells: str) -> list[tuple[str, str]]:
    found = check(Row(7, pupil(**cells)), LEVELS)
    assert isinstance(found, Rejected), found
    assert all(f.line == 7 and f.advice for f in found.faults)
    reasons = {text["reason"]: code for code, text in words()["refusals"].items()}
    return [(f.column, reasons.get(f.reason, f.reason)) for f in found.faults]


def notes(found: Good) -> list[str]:
    said = {text: code for code, text in words()["notices"].items()}
    return [said.get(n.note, n.note) for n in found.notices]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"ref": ""}, ("pupil_ref", "required")),
        ({"uai": ""}, ("uai", "required")),
        ({"uai": "34"}, ("uai", "uai_format")),
        ({"uai": "0349901Y"}, ("uai", "uai_unknown")),
        ({"level": "9e"}, ("level", "level_unknown")),
        ({"category": "perdu"}, ("category", "category_unknown")),
        ({"phone": ""}, ("guardian_phone_1", "phone_missing")),
        ({"phone": "abc"}, ("guardian_phone_1", "phone_not_a_number")),
        ({"guardian_phone_2": "17"}, ("guardian_phone_2", "phone_special")),
    ],
)
def test_each_fault_names_its_column_and_reason(
    cells: dict[str, str], expected: tuple[str, str]
) -> None:
    assert refused(**cells) == [expected]


def test_all_faults_of_a_line_are_told_at_once() -> None:
    assert [c for c, _ in refused(uai="x", level="x", category="x", phone="x")] == [
        "uai",
        "level",
        "category",
        "guardian_phone_1",
    ]


def test_what_the_reading_found_refuses_the_line() -> None:
    row = Row(3, pupil(phone=""), (("guardian_phone_1", "formula"),))
    found = check(row, LEVELS)
    assert isinstance(found, Rejected)
    assert "formule" in found.faults[0].reason


def test_a_page_of_text_in_a_cell_is_refused() -> None:
    assert refused(contact_restrictions="x" * 501)[0][0] == "contact_restrictions"


@pytest.mark.parametrize("written", ["6e", "6ème", "6EME", "Sixième", "6", "collège", "6e SEGPA"])
def test_a_class_is_a_level(written: str) -> None:
    assert good(level=written).level == "college"


@pytest.mark.parametrize("written", ["2de", "Tle", "CAP", "UPE2A", "2nde pro"])
def test_an_unclear_class_has_its_schools_level(written: str) -> None:
    assert good(uai=LP, level=written).level == "lp"


@pytest.mark.parametrize("written", ["non_repondant", "Non répondant", "NON-RÉPONDANT", "a"])
def test_categories_are_read_as_schools_write_them(written: str) -> None:
    assert good(category=written).category == "non_repondant"


@pytest.mark.parametrize("reason", ["psychologique", "Psychologique", "mère hospitalisée", "???x"])
def test_a_private_reason_is_not_kept_and_a_person_comes_first(reason: str) -> None:
    found = good(category="risque_rupture", reason=reason)
    assert (found.reason, found.human_first) == (None, True)
    assert notes(found) == ["reason_withheld"]
    assert reason not in repr(found)


def test_a_known_reason_is_kept() -> None:
    found = good(category="risque_rupture", reason="Scolaire / linguistique")
    assert (found.reason, found.human_first) == ("scolaire_linguistique", False)


def test_a_comment_column_puts_a_person_first() -> None:
    found = check(Row(2, pupil(), comment=True), LEVELS)
    assert isinstance(found, Good)
    assert found.human_first


@pytest.mark.parametrize(
    "written",
    ["ne pas contacter", "Ne pas contacter !", "NE PLUS CONTACTER", "ASE ; ne pas contacter"],
)
def test_do_not_contact_is_kept(written: str) -> None:
    found = good(contact_restrictions=written)
    assert found.do_not_contact
    assert not found.human_first


def test_do_not_contact_needs_no_number() -> None:
    assert good(phone="", contact_restrictions="ne pas contacter").guardians == ()


@pytest.mark.parametrize("written", ["ne pas contacter le père", "appeler la tante", "sauf lundi"])
def test_a_wish_that_is_not_understood_is_never_taken_for_permission(written: str) -> None:
    found = good(contact_restrictions=written)
    assert found.human_first
    assert not found.do_not_contact
    assert written not in repr(found)


def test_ase_is_the_guardian() -> None:
    found = good(contact_restrictions="confié à l'ASE")
    assert [g.kind for g in found.guardians] == ["ASE"]
    assert not found.human_first


def test_voice_is_a_mode() -> None:
    assert good(contact_restrictions="voix").mode == "voice"
    assert good(contact_restrictions="aucune").mode == "text"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("ar", "ar"),
        ("Arabe", "ar"),
        ("ar-MA", "ar"),
        ("Türkçe", "tr"),
        ("arabe / français", "ar"),
        ("", None),
    ],
)
def test_language_hints(written: str, code: str | None) -> None:
    assert good(language_hint=written).language == code


def test_an_unknown_language_is_said() -> None:
    found = good(language_hint="klingon")
    assert found.language is None
    assert notes(found) == ["language_unknown"]


def test_the_same_number_twice_is_one_guardian() -> None:
    found = good(phone="0639980101", guardian_phone_2="+33 6 39 98 01 01")
    assert len(found.guardians) == 1
    assert notes(found) == ["same_number"]


def test_landlines_foreign_numbers_and_lost_zeros_are_noticed() -> None:
    found = good(phone="199000001", guardian_phone_2="+40712034567")
    assert notes(found)[:2] == ["zero_restored", "landline"]
    assert "RO" in notes(found)[2]


def rows(*cells: dict[str, str]) -> Iterator[Row]:
    return (Row(number, row) for number, row in enumerate(cells, start=2))


def test_the_second_line_of_a_pupil_is_refused_with_the_first_ones_number() -> None:
    first, again = check_all(rows(pupil(), pupil(phone="0639980102")), LEVELS)
    assert isinstance(first, Good)
    assert isinstance(again, Rejected)
    assert "ligne 2" in again.faults[0].reason


def test_a_refused_line_does_not_make_its_correction_a_duplicate() -> None:
    wrong, right = check_all(rows(pupil(phone="x"), pupil()), LEVELS)
    assert isinstance(wrong, Rejected)
    assert isinstance(right, Good)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, st.text(max_size=12))), max_size=8))
def test_every_line_is_accounted_for_whatever_it_holds(cells: list[dict[str, str]]) -> None:
    found = list(check_all(rows(*cells), LEVELS))
    assert len(found) == len(cells)
    assert all(f is None or isinstance(f, Good) or f.faults for f in found)


def test_every_code_in_the_code_has_its_words_and_every_word_is_used() -> None:
    here = Path(__file__).parents[2] / "outreach" / "families"
    source = "\n".join(p.read_text(encoding="utf-8") for p in here.glob("*.py"))
    for kind, said in words().items():
        unused = [code for code in said if f'"{code}"' not in source]
        assert unused == [], kind
