"""The order of judgement, and where a conversation then stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, strategies as st

from flows.catalogue import LANGUAGES
from flows.engine import opening, turn
from flows.events import Ask, Escalate, Event, Goto, OptIn, OptOut, Say, SetLanguage
from flows.facts import Facts
from flows.heard import Heard
from flows.load import load_flows
from flows.schema import INTENTS
from flows.session import Session
from flows.values import PARIS
from tests.flows.conversation import seed, text_of

NOW = datetime(2020, 6, 15, 10, tzinfo=PARIS)
FACTS = Facts(seed(), next_service=NOW.replace(hour=19))
KNOWN = Session(languages=("fr",), introduced=True)
GREETING = Heard(intents=(("greeting", 0.9),), language="fr")


def keys(events: list[Event]) -> list[str]:
    return [event.key for event in events if isinstance(event, Say | Ask)]


def test_danger_comes_before_stop_held_zero_and_everything() -> None:
    heard = Heard(
        intents=(("optout", 0.9),),
        language="fr",
        priority="P0",
        danger="self_harm",
        optout=True,
        number=0,
    )
    events = turn(replace(KNOWN, held=True), heard, FACTS, NOW)
    assert keys(events)[0].startswith("self_harm")
    assert any(isinstance(e, Escalate) and e.priority == "P0" for e in events)
    assert OptOut() in events
    assert not any(isinstance(e, Ask) for e in events)


def test_danger_is_answered_even_after_a_stop() -> None:
    heard = Heard(intents=(("other", 0.9),), language="fr", priority="P1", danger="vital")
    events = turn(replace(KNOWN, opted_out=True), heard, FACTS, NOW)
    assert "medical.call" in keys(events)


def test_a_priority_without_a_case_is_danger_all_the_same() -> None:
    heard = Heard(intents=(("greeting", 0.9),), language="fr", priority="P0")
    assert "danger.numbers" in keys(turn(KNOWN, heard, FACTS, NOW))


def test_stop_is_honoured_while_a_mediator_holds_the_conversation() -> None:
    heard = Heard(intents=(("optout", 0.9),), language="fr", optout=True)
    assert OptOut() in turn(replace(KNOWN, held=True), heard, FACTS, NOW)


def test_start_undoes_stop() -> None:
    heard = Heard(intents=(("optin", 0.9),), language="fr", optin=True)
    session = replace(KNOWN, opted_out=True)
    events = turn(session, heard, FACTS, NOW)
    assert OptIn() in events
    assert not session.after(events).opted_out


@pytest.mark.parametrize("intent", INTENTS)
def test_a_held_conversation_is_silent(intent: str) -> None:
    heard = Heard(intents=((intent, 0.9),), language="fr", escalate=True)
    assert turn(replace(KNOWN, held=True), heard, FACTS, NOW) == []


def test_zero_comes_before_an_intent_and_an_answer() -> None:
    asked = KNOWN.after(turn(KNOWN, GREETING, FACTS, NOW))
    zero = Heard(intents=(("greeting", 0.9),), language="fr", number=0)
    assert keys(turn(asked, zero, FACTS, NOW))[0] == "person.asked"


def test_the_first_answer_says_who_we_are_once() -> None:
    first = turn(Session(), GREETING, FACTS, NOW)
    assert keys(first)[0] == "intro.service"
    assert SetLanguage(("fr",)) in first
    assert "intro.service" not in keys(turn(Session().after(first), GREETING, FACTS, NOW))


def test_after_a_danger_the_next_answer_still_introduces() -> None:
    heard = Heard(intents=(("threat", 0.9),), language="fr", priority="P1", danger="threat")
    session = Session().after(turn(Session(), heard, FACTS, NOW))
    assert not session.introduced
    assert keys(turn(session, GREETING, FACTS, NOW))[0] == "intro.service"


@pytest.mark.parametrize(
    "heard",
    [
        Heard(intents=(("other", 0.9),), language="fr", number=2),
        Heard(intents=(("other", 0.9),), language="fr", words="les etudes, un metier"),
        Heard(intents=(("other", 0.9),), language="fr", words="studies, a job"),
        Heard(intents=(("orientation_question", 0.9),), language="fr"),
    ],
    ids=["digit or button", "word", "word in another language", "a sentence"],
)
def test_a_menu_is_answered_by_digit_word_or_sentence(heard: Heard) -> None:
    asked = KNOWN.after(turn(KNOWN, GREETING, FACTS, NOW))
    assert "orientation.age" in keys(turn(asked, heard, FACTS, NOW))


def test_a_long_message_is_not_a_choice_because_a_label_is_in_it() -> None:
    asked = KNOWN.after(turn(KNOWN, GREETING, FACTS, NOW))
    words = "hier on parlait de les etudes un metier avec la voisine mais non"
    heard = Heard(intents=(("child_sick", 0.9),), language="fr", words=words)
    assert "child_sick.thanks" in keys(turn(asked, heard, FACTS, NOW))


def test_a_step_that_a_newer_version_dropped_is_no_crash() -> None:
    session = replace(KNOWN, flow="gone", step="nowhere")
    heard = Heard(intents=(("other", 0.9),), language="fr", number=1)
    assert keys(turn(session, heard, FACTS, NOW)) == ["unclear.once", "unclear.menu"]


def test_asking_the_same_again_is_still_one_question() -> None:
    session = KNOWN.after(turn(KNOWN, GREETING, FACTS, NOW))
    again = Heard(intents=(("other", 0.9),), language="fr")
    session = session.after(turn(session, again, FACTS, NOW))
    assert (session.questions, session.unclear, session.step) == (1, 1, "menu")


def test_a_needed_person_is_called_even_when_the_flow_calls_none() -> None:
    heard = replace(GREETING, escalate=True)
    events = turn(KNOWN, heard, FACTS, NOW)
    assert Escalate("mediation", "P2", "greeting") in events


def test_the_first_campaign_message_names_no_child_and_awaits_an_answer() -> None:
    events = opening("campaign")
    text = text_of(events, KNOWN, FACTS, NOW)
    assert "STOP" in text
    assert "1 = on vous appelle" in text
    assert not {"enfant", "élève", "fils", "fille", "absen", "décroch"} & set(text.lower().split())
    assert KNOWN.after(events).step == "first"


def test_every_flow_of_every_intent_speaks_or_acts() -> None:
    for intent in INTENTS:
        heard = Heard(intents=((intent, 0.9),), language="fr")
        assert keys(turn(KNOWN, heard, FACTS, NOW)), intent


def test_every_case_of_danger_gets_a_person_and_a_word_in_every_language() -> None:
    cases = {case for flow in load_flows().flows.values() for case in flow.danger}
    for case in cases | {"never heard of", None}:
        for language in (*LANGUAGES, "ar-Latn", "ka", "und"):
            heard = Heard(intents=(), language=language, priority="P0", danger=case)
            events = turn(Session(), heard, FACTS, NOW)
            assert any(isinstance(e, Escalate) and e.priority == "P0" for e in events)
            assert text_of(events, Session().after(events), FACTS, NOW)


HEARD = st.builds(
    Heard,
    intents=st.tuples(st.tuples(st.sampled_from(INTENTS), st.floats(0, 1))),
    language=st.sampled_from([*LANGUAGES, "ar-Latn", "und", "ka"]),
    language_clear=st.booleans(),
    priority=st.sampled_from(["P3", "P3", "P3", "P2", "P1", "P0"]),
    danger=st.sampled_from([None, None, None, "self_harm", "threat", "nobody knows"]),
    optout=st.booleans(),
    optin=st.booleans(),
    escalate=st.booleans(),
    number=st.none() | st.integers(0, 9),
    answer=st.sampled_from([None, "yes", "no"]),
    words=st.sampled_from(["", "oui", "le matin", "hayır", "نعم", "x" * 300]),
)


@given(st.lists(HEARD, max_size=12), st.booleans())
def test_whatever_is_heard_the_rules_hold(messages: list[Heard], with_facts: bool) -> None:
    facts = FACTS if with_facts else Facts()
    session = Session()
    asked: list[str] = []
    for heard in messages:
        events = turn(session, heard, facts, NOW)
        assert events == turn(session, heard, facts, NOW)
        if heard.priority in ("P0", "P1"):
            assert any(isinstance(e, Escalate) and e.priority == heard.priority for e in events)
        if heard.optout:
            assert OptOut() in events
        session = session.after(events)
        assert session == Session.from_json(session.to_json())
        text_of(events, session, facts, NOW)  # renders, or the test fails with MissingFact
        questions = [e.key for e in events if isinstance(e, Ask)]
        asked = [*asked, *questions] if questions else []
        calm = [key for key in dict.fromkeys(asked) if not key.startswith("danger.")]
        assert len(calm) <= 2
        assert any(isinstance(e, Goto) for e in events) or not questions
