"""The words of one message, filled in at the moment of sending with the facts valid then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from flows.events import Say
from flows.segments import segments
from flows.wording import MissingFact, message_from_json, render
from outreach.channels.contract import Button
from outreach.facts import facts_for
from outreach.tables import Outgoing, OutgoingText

SCHOOL_ASKED = "facts_missing.school"


@dataclass(frozen=True, slots=True)
class Composed:
    """A text ready to send, its menu buttons, its language and its length in SMS segments.

    `missing` is the topic of a fact that was valid when the answer was decided and is not any
    more: the text then says that the school is asked, and a person must answer.
    """

    text: str
    buttons: tuple[Button, ...]
    language: str | None
    segments: int
    missing: str | None = None


async def compose(
    session: AsyncSession, row: Outgoing, now: datetime, academie: str, *, buttons: bool
) -> Composed | str:
    """The message, or the reason (`fact:<topic>`) why it must not go: a campaign without its fact.

    A fact reaches a family only while it is valid at the moment of sending.
    """
    stored = await session.get(OutgoingText, row.id)
    assert stored is not None
    if not stored.message:
        words = stored.text or ""
        return Composed(words, (), row.language, segments(words).segments)
    facts = await facts_for(session, row.person_id, now, academie)
    says, ask = message_from_json(stored.message)
    languages = tuple(stored.message.get("languages") or ("fr",))
    topic: str | None = None
    try:
        rendered = render(says, ask, languages, facts, now, buttons=buttons)
    except MissingFact as missing:
        topic = missing.topic
        if row.kind != "reply":
            return f"fact:{topic}"
        rendered = render([Say(SCHOOL_ASKED)], None, languages, facts, now, buttons=buttons)
    menu = tuple(Button(number, label) for number, label in rendered.buttons)
    length = segments(rendered.text).segments
    return Composed(rendered.text, menu, languages[0], length, topic)
