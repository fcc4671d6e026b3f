"""Conversations written as files: what is heard, and what must be said, asked and done.

`tests/conversations/*.yml`: about, date (Europe/Paris), person (languages, level, held, …), facts
(`seed` or `none`), turns. Each turn: `hears` (a Heard; `intent` is short for one sure intent),
then `says` (keys, in order), `asks` (a key), `does` (events other than words, in order; languages
and remembered answers included) and `contains` (pieces of the rendered text).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from flows.engine import opening, turn
from flows.events import (
    Ask,
    ConfirmIdentity,
    Escalate,
    Event,
    Goto,
    LaboInterest,
    OptIn,
    OptOut,
    Outcome,
    Pause,
    Remember,
    Say,
    SetLanguage,
    SetMode,
    Unclear,
    WrongNumber,
)
from flows.facts import Fact, Facts, Place
from flows.heard import Heard
from flows.registry import read_facts
from flows.session import Session
from flows.values import PARIS
from flows.wording import render

HERE = Path(__file__).parent.parent
FOLDER = HERE / "conversations"
SEED = HERE.parent / "outreach" / "data" / "facts.yml"


@dataclass
class Played:
    """A conversation as it went: for each turn the events and the text of the phone."""

    events: list[list[Event]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)


@cache
def seed() -> tuple[Fact, ...]:
    """The facts that ship with Renouer."""
    return read_facts(SEED.read_text(encoding="utf-8"), "outreach/data/facts.yml")


def files() -> list[Path]:
    """All written conversations."""
    return sorted(FOLDER.glob("*.yml"))


def read(path: Path) -> dict[str, Any]:
    """One conversation."""
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data


def moment(text: Any) -> datetime:
    """« 2020-06-15 10:00 », in Montpellier."""
    return datetime.fromisoformat(str(text)).replace(tzinfo=PARIS)


def facts_at(data: dict[str, Any], now: datetime) -> Facts:
    """The facts of a conversation; people answer the same day before 19 h unless it says else."""
    known = () if data.get("facts") == "none" else seed()
    person = data.get("person", {})
    place = Place(level=person.get("level", "all"))
    service = moment(data["service"]) if "service" in data else now.replace(hour=19, minute=0)
    return Facts(known, place, service)


def session_of(data: dict[str, Any]) -> Session:
    """Where the person's conversation stands at the beginning."""
    person = dict(data.get("person", {}))
    person.pop("level", None)
    languages = tuple(person.pop("languages", ()))
    slots = tuple((str(k), str(v)) for k, v in person.pop("slots", {}).items())
    begun = Session(languages=languages, slots=slots, **person)
    if "campaign" in data:
        begun = begun.after(opening(data["campaign"]))
    return begun


def heard_of(hears: dict[str, Any]) -> Heard:
    """The message of a turn."""
    values = dict(hears)
    intent, sure = values.pop("intent", "other"), values.pop("confidence", 0.9)
    values.setdefault("language", "und")
    return Heard(intents=((intent, sure),), **values)


def play(data: dict[str, Any]) -> Played:
    """Play all turns, one after the other."""
    played = Played()
    session, now = session_of(data), moment(data["date"])
    for said in data["turns"]:
        now = moment(said["date"]) if "date" in said else now + timedelta(minutes=1)
        session = session if "held" not in said else with_held(session, said["held"])
        facts = facts_at(data, now)
        events = turn(session, heard_of(said["hears"]), facts, now)
        session = session.after(events)
        played.events.append(events)
        played.sessions.append(session)
        played.texts.append(text_of(events, session, facts, now))
    return played


def with_held(session: Session, held: bool) -> Session:
    """The conversation once a mediator has taken it, or handed it back."""
    return Session.from_json(session.to_json() | {"held": held})


def text_of(events: Iterable[Event], session: Session, facts: Facts, now: datetime) -> str:
    """The text that a phone would show; empty when nothing is said."""
    says, ask = words(events)
    if not says and ask is None:
        return ""
    languages = session.languages or ("fr",)
    return render(says, ask, languages, facts, now, buttons=False).text


def words(events: Iterable[Event]) -> tuple[list[Say], Ask | None]:
    """What is said and what is asked."""
    listed = list(events)
    asks = [event for event in listed if isinstance(event, Ask)]
    assert len(asks) <= 1, "one question a turn"
    return [e for e in listed if isinstance(e, Say)], asks[0] if asks else None


def does(events: Iterable[Event]) -> list[str]:
    """Everything but words and positions, in short: « escalate sante P0 self_harm »."""
    return [short(event) for event in events if not isinstance(event, Say | Ask | Goto)]


def short(event: Event) -> str:
    """One event as the conversation files write it."""
    match event:
        case Escalate(queue, priority, reason):
            return f"escalate {queue} {priority} {reason}"
        case Outcome(name):
            return f"outcome {name}"
        case Remember(name, value):
            return f"remember {name} {value}"
        case SetLanguage(codes, chosen):
            return f"language {' '.join(codes)}{' chosen' if chosen else ''}"
        case SetMode(mode):
            return f"mode {mode}"
        case ConfirmIdentity(confirmed):
            return f"identity {'yes' if confirmed else 'no'}"
        case Pause(until, reason):
            return f"pause {until.astimezone(PARIS):%Y-%m-%d} {reason}"
        case Unclear(count):
            return f"unclear {count}"
        case OptOut() | OptIn() | WrongNumber() | LaboInterest():
            return type(event).__name__
        case _:
            raise AssertionError(event)
