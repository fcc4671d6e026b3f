"""A campaign's question and its answer: the conversation expects it before the message leaves."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.tables import Conversation, Ticket, TicketState
from flows.events import Event
from flows.session import Session
from outreach import clock
from outreach.tables import Person

WITH_A_PERSON = "with_a_mediator"


async def expect_answer(
    session: AsyncSession, person_id: int, events: Sequence[Event]
) -> str | None:
    """Let the person's conversation stand where the campaign's question is asked.

    Someone with an open ticket is already being looked after: the reason to leave them out is
    given instead, and nothing changes. Pass this to `outreach.campaigns.plan`.
    """
    busy = select(Ticket.id).where(
        Ticket.person_id == person_id, Ticket.state != TicketState.CLOSED.value
    )
    if (await session.exec(busy)).first() is not None:
        return WITH_A_PERSON
    conversation = await session.get(Conversation, person_id, with_for_update=True)
    if conversation is None:
        person = await session.get(Person, person_id)
        assert person is not None
        begun = Session(languages=(person.language,) if person.language else ())
        conversation = Conversation(
            person_id=person_id, state=begun.to_json(), updated_at=clock.now()
        )
    before = Session.from_json(conversation.state)
    if before.held:
        return WITH_A_PERSON
    conversation.state = before.after(events).to_json()
    conversation.updated_at = clock.now()
    session.add(conversation)
    await session.flush()
    return None
