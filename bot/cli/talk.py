"""`renouer talk`: chat with the bot in the terminal; nothing is sent or kept."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.base import put_json, step, talk as console

if TYPE_CHECKING:
    from bot.understanding import Understander
    from flows.events import Event
    from flows.facts import Facts
    from flows.session import Session

PROMPT = "> "


def talk(
    language: Annotated[str | None, typer.Option(help="The family's known language.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print each turn as a JSON line.")] = False,
) -> None:
    """Talk with the bot in the terminal, with the demo's facts; no database, nothing is kept."""
    from bot.understanding import understander
    from outreach import clock
    from outreach.settings import load_settings

    settings = load_settings(demo=True)
    understand = understander(settings)
    with step("Compréhension des messages"):
        understand.load()
    chat = Chat.begin(settings.now, language, settings.academie, understand)
    clock.start_at(chat.started)
    interactive = sys.stdin.isatty()
    if interactive:
        console().print("Écrivez comme une famille. Ctrl-D pour finir.")
    for text in _messages(interactive):
        turn = chat.answer(text)
        if json:
            put_json(turn)
        else:
            said = turn["answer"] or "(silence)"
            sys.stdout.write(f"{said}\n\n")
            sys.stdout.flush()


def _messages(interactive: bool) -> Iterator[str]:
    while True:
        if interactive:
            sys.stderr.write(PROMPT)
            sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            return
        if line.strip():
            yield line.rstrip("\n")


@dataclass
class Chat:
    """One conversation in memory: understanding, flows and wording, as the service has them."""

    session: Session
    facts: Facts
    started: datetime
    understand: Understander

    @classmethod
    def begin(
        cls, start: datetime | None, language: str | None, academie: str, understand: Understander
    ) -> Chat:
        """A conversation with a family of the demo's first school."""
        from bot.demo import loading
        from flows.facts import Facts, Place
        from flows.registry import read_facts
        from flows.session import Session
        from outreach.calendar import next_service
        from outreach.registry import national_facts

        started = start or loading.START
        local = read_facts((loading.DATA / "facts.yml").read_text(encoding="utf-8"), "facts.yml")
        place = Place(level="college", school="0349901X", commune="34999", academie=academie)
        facts = Facts((*national_facts(), *local), place, next_service(started))
        session = Session(languages=(language,) if language else ())
        return cls(session, facts, started, understand)

    def answer(self, text: str) -> dict[str, Any]:
        """What the bot says to one message, and what it understood and decided."""
        from bot.hear import hear
        from flows.engine import turn
        from outreach import clock
        from outreach.channels.contract import Inbound

        now = clock.now()
        stored = self.session.languages[0] if self.session.languages else None
        understood = self.understand(text, stored_language=stored)
        inbound = Inbound("talk", "", "", text, now)
        events = turn(self.session, hear(understood, inbound), self.facts, now)
        self.session = self.session.after(events)
        seen = understood.as_rasa()
        return {
            "text": text,
            "answer": self._words(events, now),
            "intent": seen["intent"]["name"],
            "language": seen["language"]["code"],
            "priority": seen["priority"],
            "events": [{"event": type(e).__name__, **asdict(e)} for e in events],
        }

    def _words(self, events: Sequence[Event], now: datetime) -> str:
        from flows.events import Ask, Say
        from flows.wording import MissingFact, render

        says = [e for e in events if isinstance(e, Say)]
        ask = next((e for e in events if isinstance(e, Ask)), None)
        if not says and ask is None:
            return ""
        languages = self.session.languages or ("fr",)
        try:
            return render(says, ask, languages, self.facts, now, buttons=False).text
        except MissingFact as missing:
            return f"(pas de fait valable : {missing.topic})"
