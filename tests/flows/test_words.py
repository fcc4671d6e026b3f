"""The words of all languages: the lint is clean, and it would see what it is there for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flows import extract as extraction
from flows.catalogue import FOLDER, LANGUAGES, catalogue_hash, po_file, reviews, translate
from flows.lint import lint
from flows.load import load_flows
from flows.schema import Message, Where


def test_the_words_are_clean() -> None:
    assert [str(fault) for fault in lint()] == []


def test_catalogues_are_up_to_date_with_the_flows() -> None:
    assert extraction.main(["--check"]) == 0


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    folder = tmp_path / "locales"
    shutil.copytree(FOLDER, folder)
    return folder


@pytest.mark.parametrize(
    ("language", "old", "new", "reason"),
    [
        ("es", "contacta {when}", "contacta pronto", "placeholders differ"),
        ("es", "contacta {when}", "contacta {cuando}", "placeholders differ"),
        ("en", 'msgstr "Call your doctor."', 'msgstr ""', "is not translated"),
        ("en", "Call your doctor.", "Call your CIO.", "acronym: CIO"),
        ("en", "Call your doctor.", "CALL your doctor.", "shouting capitals: CALL"),
        ("en", "Call your doctor.", "This is your failure.", "banned word: failure"),
        ("tr", "Doktorunuzu arayın.", "Bu bir ceza.", "banned word: ceza"),
        ("ar", "اتصلوا بطبيبكم.", "هذه مشكلة.", "banned word"),
        ("ro", "Sunați la medicul dumneavoastră.", "Aveți 37 grade.", "a raw temperature"),
        ("en", "Call your doctor.", "Call 0639980001.", "a raw number"),
        ("en", "Call your doctor.", "See www.example.org", "a raw link"),
        ("en", "Call your doctor.", "Call now!", "exclamation"),
        ("en", "Call your doctor.", "a b c d e f g h i j k l m n o", "15 words"),
        ("en", "Call your doctor.", "ă. " * 80, "4 segments, 3 at most"),
    ],
)
def test_the_lint_sees(locales: Path, language: str, old: str, new: str, reason: str) -> None:
    path = po_file(language, locales)
    before, first, after = path.read_text(encoding="utf-8").partition(old)
    assert first
    path.write_text(before + new + after, encoding="utf-8")
    found = [str(fault) for fault in lint(locales)]
    assert any(f.startswith(f"locales/{language}/") and reason in f for f in found), found


def test_a_changed_french_text_makes_translations_missing() -> None:
    message = Message("label.yes", "Ouais", Where("x.yml", 1))
    assert translate(message, "es") == "Ouais"
    assert translate(load_flows().messages["label.yes"], "es") == "Sí"


def test_no_language_is_said_to_be_reviewed_that_nobody_has_read() -> None:
    assert {review.state for review in reviews().values()} == {"not reviewed"}


def test_a_review_ends_when_the_catalogue_changes(locales: Path) -> None:
    row = (
        f'[es]\nreviewer = "x@example.org"\ndate = "2020-06-15"\nhash = "{catalogue_hash("es")}"\n'
    )
    (locales / "reviews.toml").write_text(row, encoding="utf-8")
    assert reviews(locales)["es"].state == "reviewed"
    (locales / "reviews.toml").write_text(row.replace("hash", "hash = 'old'\n#"), encoding="utf-8")
    assert reviews(locales)["es"].state == "changed since review"
    assert any("changed since review" in str(fault) for fault in lint(locales))


def test_the_extractor_finds_what_the_loader_reads() -> None:
    found: dict[str, str] = {}
    for path in (FOLDER.parent / "flows").glob("*.yml"):
        with path.open("rb") as file:
            found |= {entry[2][0]: entry[2][1] for entry in extraction.extract(file, (), (), {})}
    assert found == {k: m.text for k, m in load_flows().messages.items() if not m.same}


def test_language_names_are_the_same_everywhere() -> None:
    message = load_flows().messages["language.ar"]
    assert {translate(message, language) for language in LANGUAGES} == {"العربية"}
