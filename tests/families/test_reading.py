"""Whatever a school exports is read as it was meant, or refused with a clear word."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from outreach.families import FileError, Row, parse
from tests.families.lists import COLUMNS, csv_file, csv_text, pupil, xlsx_file

NAMED = (*COLUMNS, "guardian_name_1")


def rows_of(path: Path, sheet: str | None = None) -> list[Row]:
    return list(parse(path, sheet).rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_accents_survive_every_encoding_and_delimiter(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    row = pupil(guardian_name_1="Éloïse Œuvrard-Ça")
    path = csv_file(tmp_path, [row], NAMED, delimiter, encoding)
    (read,) = rows_of(path)
    assert read.cells["guardian_name_1"] == "Éloïse Œuvrard-Ça"
    assert read.cells["pupil_ref"] == "A1"
    assert read.line == 2


def test_line_numbers_are_those_of_the_file_even_after_a_quoted_line_break(tmp_path: Path) -> None:
    text = csv_text([pupil("A1", contact_restrictions='"voir\navec\nnous"'), {}, pupil("A2")])
    path = tmp_path / "liste.csv"
    path.write_text(text)
    read = rows_of(path)
    assert [r.line for r in read] == [2, 5, 6]
    assert read[1].blank
    assert read[0].cells["contact_restrictions"] == "voir\navec\nnous"


def test_the_excel_separator_hint_and_blank_first_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "liste.csv"
    path.write_text("sep=;\n\n" + csv_text([pupil()]))
    (read,) = rows_of(path)
    assert (read.line, read.cells["pupil_ref"]) == (4, "A1")


def test_titles_are_read_whatever_their_case_and_blanks(tmp_path: Path) -> None:
    titles = [f" {c.upper().replace('_', ' ')} " for c in COLUMNS]
    path = tmp_path / "liste.csv"
    path.write_text(";".join(titles) + "\n" + csv_text([pupil()]).split("\n")[1] + "\n")
    assert rows_of(path)[0].cells["uai"] == "0349901X"


def test_a_delimiter_inside_a_text_is_seen_not_guessed(tmp_path: Path) -> None:
    path = csv_file(tmp_path, [pupil(contact_restrictions="appeler; le soir")])
    (read,) = rows_of(path)
    assert ("", "too_many_cells") in read.faults


def test_columns_that_are_not_read_are_named(tmp_path: Path) -> None:
    path = csv_file(tmp_path, [pupil(classe="6B")], (*COLUMNS, "classe"))
    assert parse(path).unread == ("classe",)


def test_words_in_a_comment_column_are_noticed_but_never_read(tmp_path: Path) -> None:
    columns = (*COLUMNS, "Commentaire")
    path = csv_file(tmp_path, [pupil(Commentaire="mère malade"), pupil("A2")], columns)
    with_words, without = rows_of(path)
    assert (with_words.comment, without.comment) == (True, False)
    assert "mère malade" not in str(with_words)


@pytest.mark.parametrize("column", [c for c in COLUMNS if c != "reason"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    path = csv_file(tmp_path, [pupil()], [c for c in COLUMNS if c != column])
    with pytest.raises(FileError, match=column):
        parse(path)


def test_the_reason_column_may_be_missing(tmp_path: Path) -> None:
    path = csv_file(tmp_path, [pupil()], [c for c in COLUMNS if c != "reason"])
    assert len(rows_of(path)) == 1


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = csv_file(tmp_path, [pupil()], (*COLUMNS, "uai"))
    with pytest.raises(FileError, match="uai est là deux fois"):
        parse(path)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\n\n \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_xls"),
        (b"PK\x03\x04" + bytes(200), "broken_xlsx"),
        (b"pupil_ref;uai\x00\x00\x00", "binary"),
        (b"\x81\x8d\x8f;uai\n", "encoding"),
    ],
)
def test_a_file_that_is_no_list_is_refused_clearly(
    tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "liste.csv"
    path.write_bytes(content)
    with pytest.raises(FileError) as refused:
        list(parse(path).rows)
    assert refused.value.code == code
    assert len(str(refused.value)) > 20


def test_a_quote_that_never_closes_loses_no_line_silently(tmp_path: Path) -> None:
    path = csv_file(tmp_path, [pupil(language_hint='"ar'), pupil("A2"), pupil("A3")])
    with pytest.raises(FileError, match="Ligne 2"):
        rows_of(path)


def test_a_huge_cell_is_a_clear_error(tmp_path: Path) -> None:
    path = csv_file(tmp_path, [pupil(), pupil("A2", contact_restrictions="x" * 200_000)])
    with pytest.raises(FileError, match="Ligne 3"):
        rows_of(path)


def test_spreadsheet_values_keep_their_meaning(tmp_path: Path) -> None:
    row = [1234, "0349901X", 6, "non_repondant", None, 639980101, 639980102.0, "ar", None]
    path = xlsx_file(tmp_path, {"Liste": [COLUMNS, row]})
    (read,) = rows_of(path)
    assert read.cells["pupil_ref"] == "1234"
    assert read.cells["guardian_phone_1"] == "639980101"
    assert read.cells["guardian_phone_2"] == "639980102"
    assert read.cells["reason"] == ""


def test_formulas_errors_and_dates_are_seen_as_such(tmp_path: Path) -> None:
    row = ["=A1", "0349901X", date(2020, 6, 4), "non_repondant", "", "#N/A", "", "", ""]
    path = xlsx_file(tmp_path, {"Liste": [COLUMNS, row]})
    (read,) = rows_of(path)
    assert dict(read.faults) == {
        "pupil_ref": "formula",
        "level": "date_cell",
        "guardian_phone_1": "cell_error",
    }


def test_the_trick_that_keeps_a_leading_zero_is_undone(tmp_path: Path) -> None:
    path = csv_file(tmp_path, [pupil(phone='"=""0639980101"""'), pupil("A2", phone="=B2")])
    kept, formula = rows_of(path)
    assert kept.cells["guardian_phone_1"] == "0639980101"
    assert formula.faults == (("guardian_phone_1", "formula"),)


def test_the_right_sheet_is_found(tmp_path: Path) -> None:
    row = list(pupil().values())
    good = [COLUMNS, ["A1", "0349901X", "6e", "non_repondant", "", row[4], "", "", ""]]
    path = xlsx_file(tmp_path, {"Notice": [["Lisez-moi"]], "Liste": good})
    assert rows_of(path)[0].cells["pupil_ref"] == "A1"
    with pytest.raises(FileError, match=r"pas de feuille « Juin ».*Notice, Liste"):
        parse(path, "Juin")
    with pytest.raises(FileError, match="Il manque la colonne"):
        parse(path, "Notice")


def test_two_right_sheets_ask_for_a_choice(tmp_path: Path) -> None:
    row = ["A1", "0349901X", "6e", "non_repondant", "", "0639980101", "", "", ""]
    path = xlsx_file(tmp_path, {"Mai": [COLUMNS, row], "Juin": [COLUMNS, row, row]})
    with pytest.raises(FileError, match="--sheet"):
        parse(path)
    assert len(rows_of(path, "Juin")) == 2


def test_a_workbook_cut_off_anywhere_is_refused_never_half_read(tmp_path: Path) -> None:
    row = ["A1", "0349901X", "6e", "non_repondant", "", "0639980101", "", "", ""]
    path = xlsx_file(tmp_path, {"Liste": [COLUMNS, *([row] * 50)]})
    whole = path.read_bytes()
    for cut in range(1, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(whole[:cut])
        with pytest.raises(FileError):
            list(parse(path).rows)


def test_a_missing_file_or_a_folder_is_a_clear_error(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(FileError):
            parse(path)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00")),
        min_size=1,
        max_size=12,
    )
)
def test_any_cell_text_comes_back_on_its_own_line(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    """Whatever stands in a cell, no row is lost and none is split."""
    path = tmp_path_factory.mktemp("csv") / "liste.csv"
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, delimiter=";")
    writer.writeheader()
    for number, text in enumerate(texts):
        writer.writerow(pupil(f"A{number}", contact_restrictions=text))
    path.write_bytes(out.getvalue().encode())
    assert [r.cells["pupil_ref"] for r in parse(path).rows] == [f"A{n}" for n in range(len(texts))]
