"""One inbound, one transaction, one turn: the whole of what happens when a family writes.

The transaction stores the message, decides, writes the answer to the ledger and defers its
delivery. The webhook answers 2xx only after it has committed; a repeat changes nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.effects import apply
from bot.hear import hear
from bot.runtime import Runtime
from bot.tables import Conversation
from bot.tickets import note_inbound, open_or_raise
from flows.engine import turn
from flows.session import Session
from nlu.understanding import Understanding
from outreach import clock, metrics
from outreach.channels.contract import Inbound
from outreach.channels.storable import storable
from outreach.facts import facts_for
from outreach.ledger import cancel_waiting
from outreach.people import lock_address, person_for, use_link
from outreach.store import notify
from outreach.tables import Address, InboundRow, InboundText, Person

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Received:
    """What became of an inbound: stored now, or a repeat of one stored before."""

    inbound_id: int | None
    repeat: bool
    understood: Understanding | None = None


async def receive(runtime: Runtime, inbound: Inbound) -> Received:
    """Take one message in, answer it, commit. Safe to call any number of times with the same one.

    Raises only when nothing could be committed: then the provider must be told to try again.
    """
    with metrics.TURN.labels(inbound.channel).time():
        async with runtime.store.session() as session:
            received = await _receive(runtime, session, _storable(inbound))
    result = "repeat" if received.repeat else "stored"
    metrics.INBOUND.labels(inbound.channel, result).inc()
    return received


def _storable(inbound: Inbound) -> Inbound:
    """Whatever the channel, what PostgreSQL cannot keep is replaced, never refused."""
    return replace(inbound, text=storable(inbound.text))


async def _receive(runtime: Runtime, session: AsyncSession, inbound: Inbound) -> Received:
    now = clock.now()
    await lock_address(session, inbound.channel, inbound.address)
    person, address = await person_for(session, inbound.channel, inbound.address, now)
    row = await _store(session, inbound, person, address)
    if row is None:
        return Received(None, repeat=True)
    if inbound.link_token is not None:
        linked = await use_link(session, inbound.link_token, address)
        if linked is not None:
            person = linked
            row.person_id = linked.id or row.person_id
    address.last_inbound_at = now
    session.add(address)
    conversation = await _conversation(session, person)
    state = Session.from_json(conversation.state)
    understood = await _understand(runtime, inbound, state, person)
    _keep(row, understood)
    session.add(row)
    # Whoever writes is in touch: a campaign still on its way would only talk over the answer.
    await cancel_waiting(session, {row.person_id: "answered"}, "inbound")
    await _answer(runtime, session, inbound, row, conversation, understood)
    await note_inbound(session, row.person_id, now)
    await notify(session, "desk", f"person:{row.person_id}")
    return Received(row.id, repeat=False, understood=understood)


async def _store(
    session: AsyncSession, inbound: Inbound, person: Person, address: Address
) -> InboundRow | None:
    """The stored message, or None when this provider id is there already."""
    values: dict[str, Any] = {
        "channel": inbound.channel,
        "provider_id": inbound.provider_id,
        "person_id": person.id,
        "address_id": address.id,
        "received_at": inbound.received_at,
        "stored_at": clock.now(),
        "understanding": {},
        "media": [
            {"kind": m.kind, "content_type": m.content_type, "reference": m.reference}
            for m in inbound.media
        ],
    }
    statement = insert(InboundRow).values(values).on_conflict_do_nothing(constraint="inbound_once")
    row_id = (await session.execute(statement.returning(InboundRow.__table__.c.id))).scalar()  # type: ignore[attr-defined]  # SQLModel hides the table
    if row_id is None:
        return None
    session.add(InboundText(inbound_id=row_id, text=inbound.text))
    await session.flush()
    return await session.get(InboundRow, row_id)


async def _conversation(session: AsyncSession, person: Person) -> Conversation:
    """The conversation with a person, locked for this turn; begun the first time.

    Begun without a race: a mediator may claim, or the person write on another channel, just now.
    """
    languages = (person.language,) if person.language else ()
    begun = Session(languages=languages, opted_out=person.opted_out_at is not None)
    values = {"person_id": person.id, "state": begun.to_json(), "updated_at": clock.now()}
    await session.execute(insert(Conversation).values(values).on_conflict_do_nothing())
    found = await session.get(Conversation, person.id, with_for_update=True, populate_existing=True)
    assert found is not None
    return found


async def _understand(
    runtime: Runtime, inbound: Inbound, state: Session, person: Person
) -> Understanding:
    """In a thread: the encoder takes tens of milliseconds that others need not wait for."""
    stored = state.languages[0] if state.languages else person.language
    kinds = tuple(m.kind for m in inbound.media)
    return await asyncio.to_thread(
        runtime.understand, inbound.text, stored_language=stored, media=kinds
    )


def _keep(row: InboundRow, understood: Understanding) -> None:
    """What was understood, beside the message, without its words."""
    seen = understood.as_rasa()
    seen.pop("text")
    seen["intent_ranking"] = seen["intent_ranking"][:5]
    seen["danger"] = understood.danger
    seen["entities"] = [e["entity"] for e in seen["entities"]]
    row.language = understood.language.code
    row.intent = understood.intent.name
    row.confidence = understood.intent.confidence
    row.priority = understood.priority.value
    row.understanding = seen


async def _answer(
    runtime: Runtime,
    session: AsyncSession,
    inbound: Inbound,
    row: InboundRow,
    conversation: Conversation,
    understood: Understanding,
) -> None:
    """Decide and do. A fault in a flow loses nothing: the message stays and a person is called."""
    now = clock.now()
    try:
        async with session.begin_nested():
            state = Session.from_json(conversation.state)
            facts = await facts_for(session, row.person_id, now, runtime.settings.academie)
            events = turn(state, hear(understood, inbound), facts, now, runtime.flows)
            after = await apply(runtime, session, row, state, events)
            conversation.state = after.to_json()
            conversation.last_address_id = row.address_id
            conversation.updated_at = now
            session.add(conversation)
    except Exception as error:
        log.error("turn_failed", inbound=row.id, error=type(error).__name__)
        await open_or_raise(
            session,
            person_id=row.person_id,
            priority=min(understood.priority.value, "P2"),
            queue="mediation",
            reason="service:turn_failed",
            language=understood.language.code,
            inbound_id=row.id,
            now=now,
        )
