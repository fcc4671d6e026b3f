"""The text of a phone: languages, menus, figures, direction, and facts that are not there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flows.catalogue import LANGUAGES
from flows.events import Ask, Option, Say
from flows.facts import Fact, Facts
from flows.load import load_flows
from flows.values import PARIS
from flows.wording import MissingFact, message_from_json, message_to_json, render
from tests.flows.conversation import seed

NOW = datetime(2020, 6, 15, 8, tzinfo=UTC)
YES_NO = Ask("common.call_offer", (Option(1, "label.yes"), Option(2, "label.no")))


def text(key: str, language: str, facts: Facts, now: datetime = NOW) -> str:
    return render([Say(key)], None, (language,), facts, now, buttons=False).text


def test_a_menu_is_lines_or_buttons_and_zero_is_always_a_person() -> None:
    lines = render([], YES_NO, ("fr",), Facts(), NOW, buttons=False)
    assert lines.text.splitlines()[1:] == ["1 = Oui", "2 = Non", "0 = une personne"]
    assert lines.buttons == ()
    pressed = render([], YES_NO, ("fr",), Facts(), NOW, buttons=True)
    assert pressed.text == "Voulez-vous qu'on vous appelle ?"
    assert pressed.buttons == ((1, "Oui"), (2, "Non"), (0, "une personne"))


def test_two_languages_follow_each_other() -> None:
    both = render([], YES_NO, ("ar", "fr"), Facts(), NOW, buttons=False)
    first, second = both.text.split("\n\n")
    assert "نعم" in first
    assert second.endswith("0 = une personne")
    assert both.language == "ar"
    pressed = render([], YES_NO, ("ar", "fr"), Facts(), NOW, buttons=True)
    assert pressed.buttons[0] == (1, "نعم / Oui")


def test_an_unknown_language_is_french() -> None:
    assert text("label.yes", "ka", Facts()) == "Oui"
    assert render([Say("label.yes")], None, (), Facts(), NOW, buttons=False).language == "fr"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fr", "37,8 degrés"),
        ("en", "37.8 degrees"),
        ("tr", "37,8 derece"),
        ("es", "37,8 grados"),
        ("ca", "37,8 graus"),
        ("pt", "37,8 graus"),
        ("bg", "37,8 градуса"),
        ("uk", "37,8 °C"),
    ],
)
def test_a_temperature_follows_the_language(language: str, expected: str) -> None:
    assert expected in text("child_sick.rule", language, Facts(seed()))


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (timedelta(hours=9), "aujourd'hui avant 19 h"),
        (timedelta(hours=8, minutes=30), "aujourd'hui avant 18 h 30"),
        (timedelta(hours=33), "demain"),
        (timedelta(days=7), "lundi 22 juin"),
        (timedelta(0), "dès que possible"),
    ],
)
def test_when_a_person_answers(later: timedelta, expected: str) -> None:
    facts = Facts(next_service=NOW + later)
    assert text("common.person", "fr", facts) == f"Une personne vous répond {expected}."


def test_when_is_reckoned_in_montpellier_not_in_utc() -> None:
    late = datetime(2020, 6, 15, 22, 30, tzinfo=UTC)  # already the 16th in Montpellier
    facts = Facts(next_service=datetime(2020, 6, 16, 9, tzinfo=PARIS))
    assert "aujourd'hui avant 9 h" in text("common.person", "fr", facts, late)


def test_without_a_known_hour_nothing_is_promised() -> None:
    assert text("common.person", "fr", Facts()) == "Une personne vous répond dès que possible."


def test_arabic_isolates_figures_and_gives_a_number_its_own_line() -> None:
    lines = text("orientation.hotline", "ar", Facts(seed())).split("\n")
    assert lines[-1] == "\u20660 800 12 25 00\u2069"
    assert "\u206637.8\u2069" in text("child_sick.rule", "ar", Facts(seed()))
    assert text("orientation.website", "ar", Facts(seed())).endswith(
        "\n\u2066http://www.monorientationenligne.fr/\u2069"
    )
    menu = render([], YES_NO, ("ar",), Facts(), NOW, buttons=False).text
    assert "\n\u20661\u2069 = نعم" in menu


def test_every_text_keeps_ascii_digits_in_every_language() -> None:
    facts = Facts(seed(), next_service=NOW + timedelta(days=7))
    for key, message in load_flows().messages.items():
        for language in LANGUAGES:
            try:
                says = [Say(key, message.params)]
                said = render(says, None, (language,), facts, NOW, buttons=False).text
            except MissingFact:
                continue
            assert not any(c.isdigit() and c not in "0123456789" for c in said), (key, language)
            assert said.count("\u2066") == said.count("\u2069")


def test_a_missing_fact_is_named_and_nothing_is_guessed() -> None:
    with pytest.raises(MissingFact) as missing:
        text("child_sick.rule", "fr", Facts())
    assert missing.value.topic == "fever_rule"


def test_an_expired_fact_is_not_told_even_when_the_text_was_planned_before() -> None:
    facts = Facts(seed())
    assert "volontaire" in text(
        "refusal.frame", "fr", facts, datetime(2020, 6, 21, 23, 59, tzinfo=PARIS)
    )
    assert "obligatoire" in text("refusal.frame", "fr", facts, datetime(2020, 6, 22, tzinfo=PARIS))
    with pytest.raises(MissingFact):
        text("refusal.frame", "fr", facts, datetime(2020, 8, 1, tzinfo=PARIS))


def test_what_was_told_is_returned() -> None:
    used = render([Say("child_sick.rule")], None, ("fr",), Facts(seed()), NOW, buttons=False)
    assert {fact.topic for fact in used.facts_used} == {"fever_rule", "fever_threshold"}


def test_a_foreign_number_is_international() -> None:
    fact = Fact("phone_orientation", "phone", "+34912345678", datetime(2020, 1, 1, tzinfo=UTC))
    assert "+34 912 34 56 78" in text("orientation.hotline", "fr", Facts((fact,)))


def test_messages_come_back_from_json_as_they_were() -> None:
    says = (Say("a", (("until", "2020-06-22"),)), Say("b"))
    assert message_from_json(message_to_json(says, YES_NO)) == (says, YES_NO)
    assert message_from_json(message_to_json((), None)) == ((), None)
