"""What a family may count on, message by message."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings, strategies as st

import nlu
from nlu import batch, danger, pipeline
from nlu.intents import intents
from nlu.understanding import Priority


@pytest.mark.parametrize(
    ("text", "intent", "language"),
    [("c ki ?", "who_are_you", "fr"), ("wldi mrid", "child_sick", "ar-Latn")],
)
def test_slang_and_arabizi_are_understood(text: str, intent: str, language: str) -> None:
    heard = nlu.understand(text)
    assert (heard.intent.name, heard.language.code) == (intent, language)


@pytest.mark.parametrize(
    "text", ["stop", "STOP svp", "توقفوا", "ＳＴＯＰ", "st\u200bop", "S T O P"]
)
def test_a_plain_stop_is_a_stop_and_nothing_else(text: str) -> None:
    heard = nlu.understand(text)
    assert heard.optout
    assert heard.intent.name == "optout"
    assert heard.danger is None


def test_danger_and_stop_in_one_message_are_both_heard() -> None:
    heard = nlu.understand("je veux mourir stop")
    assert (heard.priority, heard.danger, heard.optout) == (Priority.P0, "self_harm", True)
    assert heard.intent.name == "self_harm"


def test_a_threat_about_a_person_goes_to_a_person_and_one_about_a_game_does_not() -> None:
    assert nlu.understand("je vais le tuer ce prof").priority == Priority.P1
    assert nlu.understand("je vais le tuer ce jeu").danger is None


@pytest.mark.parametrize("text", ["je veux pas mourir", "il me tape pas", "I don't want to die"])
def test_a_negation_dismisses_nothing(text: str) -> None:
    assert nlu.understand(text).danger is not None


@pytest.mark.parametrize("text", ["🔪", "viens demain 🔪", "💊💊💊"])
def test_danger_signs_without_words_go_to_a_person(text: str) -> None:
    heard = nlu.understand(text)
    assert heard.priority == Priority.P1
    assert heard.escalate


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("١", 1),
        ("1️⃣", 1),
        ("1.", 1),
        ("le 1", 1),
        ("un", 1),
        ("wahed", 1),
        ("٣", 3),
        ("0", 0),
        ("deux svp", 2),
        ("❷", 2),
        ("12", 12),
        ("06 39 98 12 34", None),
        ("à 14h", None),
        ("un problème", None),
    ],
)
def test_a_choice_is_heard_in_any_script(text: str, number: int | None) -> None:
    assert nlu.understand(text).number == number


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("oui", "yes"),
        ("Ouais svp", "yes"),
        ("نعم", "yes"),
        ("evet", "yes"),
        ("da", "yes"),
        ("sí", "yes"),
        ("iyeh", "yes"),
        ("yes", "yes"),
        ("👍🏽", "yes"),
        ("non merci", "no"),
        ("لا", "no"),
        ("hayır", "no"),
        ("nu", "no"),
        ("no", "no"),
        ("👎", "no"),
        ("👍👎", None),
        ("oui mais il est malade", None),
    ],
)
def test_yes_and_no_are_heard_in_every_language(text: str, answer: str | None) -> None:
    assert nlu.understand(text).answer == answer


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("no", "ro"),
        ("no", "es"),
        ("no", "en"),
        ("si", "fr"),
        ("si", "es"),
        ("da", "ro"),
        ("la", "fr"),
    ],
)
def test_a_short_text_leans_on_the_stored_language(text: str, stored: str) -> None:
    assert nlu.understand(text, stored_language=stored).language.code == stored


def test_a_long_text_in_another_language_is_seen_as_such() -> None:
    text = "bonjour madame, mon fils est malade depuis hier et il ne viendra pas"
    assert nlu.understand(text, stored_language="tr").language.code == "fr"


def test_arabizi_is_seen_where_the_stored_language_is_arabic() -> None:
    assert nlu.understand("labas", stored_language="ar").language.code == "ar-Latn"


@pytest.mark.parametrize("text", ["1", "👍", "ok", "stop", "???"])
def test_what_is_of_no_language_is_undetermined(text: str) -> None:
    assert nlu.understand(text).language.code == "und"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ბავშვი ავად არის", "ka"),
        ("երեխան հիվանդ է", "hy"),
        ("дитина хворіє, не прийде до школи", "uk"),
        ("ребёнок заболел и не придёт", "ru"),
        ("детето е болно и няма да дойде на училище", "bg"),
        ("el nen està malalt i no vindrà a l'escola", "ca"),
        ("o meu filho está doente e não vai à escola", "pt"),
        ("ልጁ ታሟል", "am"),
    ],
)
def test_a_language_we_do_not_answer_in_is_named_and_goes_to_a_person(text: str, code: str) -> None:
    heard = nlu.understand(text)
    assert heard.language.code == code
    assert heard.escalate
    assert heard.priority <= Priority.P2


@pytest.mark.parametrize(
    ("media", "intent"),
    [(["image"], "media_only"), (["audio"], "voice_note"), (["audio/ogg"], "voice_note")],
)
def test_media_without_words(media: list[str], intent: str) -> None:
    assert nlu.understand("  ", media=media).intent.name == intent


def test_nothing_at_all_is_unintelligible() -> None:
    assert nlu.understand("").intent.name == "unintelligible"


def test_entities_are_found_where_they_stand() -> None:
    text = "il a 14 ans et 38,5 depuis lundi, appelez le 06 39 98 12 34"
    found = nlu.understand(text).entities
    assert [(e.kind, e.value) for e in found] == [
        ("age", "14"),
        ("temperature", "38.5"),
        ("date", "lundi"),
        ("phone", "+33639981234"),
    ]
    assert text[found[0].start : found[0].end].startswith("14")


AWKWARD = [
    "a" * 10_000,
    "je veux " * 1_250,
    "\x00" * 50,
    "\ud800\udfff\ud800",
    "😀" * 3_000,
    "\u202eabc\u202c שלום abc",
    "ᚠᚢᚦᚨᚱᚲ",
    "ѕtор рlеаѕе",
    "½ ² ⁵ ߁ 𝟙",
    "é" + "\u0301" * 500,
]


@pytest.mark.parametrize("text", AWKWARD, ids=range(len(AWKWARD)))
def test_awkward_texts_get_an_answer_without_the_last_net(text: str) -> None:
    heard = nlu.understand(text)
    assert heard.intents
    assert heard.reasons != ("failed",)


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(max_size=120) | st.text(alphabet=st.characters(codec=None), max_size=40),
    stored=st.none() | st.text(max_size=5),
    media=st.lists(st.text(max_size=8), max_size=2),
)
def test_any_text_gets_an_answer(text: str, stored: str | None, media: list[str]) -> None:
    heard = nlu.understand(text, stored_language=stored, media=media)
    assert heard.reasons != ("failed",)
    assert heard.intent.name in intents()
    assert (heard.danger is not None) == (heard.priority in (Priority.P0, Priority.P1))
    assert all(0.0 <= i.confidence <= 1.0 for i in heard.intents)


def test_a_bug_inside_hands_the_message_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(pipeline, "_understand", broken)
    heard = nlu.understand("bonjour")
    assert heard.escalate
    assert heard.intent.name == "unintelligible"


def test_a_batch_keeps_its_ids_and_takes_poor_rows() -> None:
    rows = [{"text": "stop", "id": "a"}, {"text": None, "id": 2}, {"text": "no", "language": "ro"}]
    parsed = list(batch.parse_batch(rows))
    assert [p.get("id") for p in parsed] == ["a", 2, None]
    assert parsed[0]["optout"] is True
    assert parsed[1]["intent"]["name"] == "unintelligible"
    assert parsed[2]["language"]["code"] == "ro"


def test_all_labels_of_the_dossier_are_there_with_priority_and_human_need() -> None:
    rows = intents()
    assert len(rows) == 46
    assert rows["self_harm"].priority == Priority.P0
    assert all(row.escalate for row in rows.values() if row.priority <= Priority.P2)
    assert {row.danger for row in rows.values() if row.danger} <= set(danger.CASES)
    assert dataclasses.is_dataclass(rows["greeting"])
