"""What a turn decided becomes rows: the only place where events have effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.runtime import Runtime
from bot.tickets import open_or_raise
from flows.events import (
    Ask,
    Escalate,
    Event,
    LaboInterest,
    OptIn,
    OptOut,
    Outcome,
    Pause,
    Say,
    SetLanguage,
    SetMode,
    WrongNumber,
)
from flows.session import Session
from flows.wording import message_to_json
from outreach import clock
from outreach.ledger import write
from outreach.people import change_consent, children_of, opt_in, opt_out
from outreach.tables import (
    Address,
    Consent,
    InboundRow,
    LaboApplication,
    Person,
)

DEFAULT_LANGUAGES = ("fr",)


async def apply(
    runtime: Runtime,
    session: AsyncSession,
    row: InboundRow,
    state: Session,
    events: Sequence[Event],
) -> Session:
    """Carry out the events of one turn; the session as it stands afterwards."""
    person = await session.get(Person, row.person_id)
    address = await session.get(Address, row.address_id)
    assert person is not None
    assert address is not None
    for event in events:
        await _effect(session, row, person, address, event)
    after = state.after(events)
    await _reply(runtime, session, row, after, events)
    return after


async def _effect(
    session: AsyncSession, row: InboundRow, person: Person, address: Address, event: Event
) -> None:
    match event:
        case OptOut():
            await opt_out(session, person, how="inbound", inbound_id=row.id)
        case OptIn():
            await opt_in(session, person, how="inbound", inbound_id=row.id)
        case WrongNumber():
            await change_consent(
                session, address, Consent.WRONG_NUMBER, how="inbound", inbound_id=row.id
            )
        case SetLanguage(codes):
            person.language = codes[0] if codes else person.language
            session.add(person)
        case SetMode(mode):
            person.mode = mode
            session.add(person)
        case Pause(until):
            person.paused_until = until
            session.add(person)
        case LaboInterest():
            await _labo(session, person)
        case Outcome(name):
            await _outcome(session, person, name)
        case Escalate(queue, priority, reason):
            await _escalate(session, row, queue, priority, reason)


async def _escalate(
    session: AsyncSession, row: InboundRow, queue: str, priority: str, reason: str
) -> None:
    await open_or_raise(
        session,
        person_id=row.person_id,
        priority=priority,
        queue=queue,
        reason=reason,
        language=row.language,
        inbound_id=row.id,
        now=clock.now(),
    )


async def _labo(session: AsyncSession, person: Person) -> None:
    """An application in state `interested`; asking twice is asking once, coming back counts."""
    values: dict[str, Any] = {
        "person_id": person.id,
        "state": "interested",
        "details": {},
        "created_at": clock.now(),
    }
    statement = insert(LaboApplication).values(values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["person_id"],
            set_={"state": "interested"},
            where=col(LaboApplication.state) == "withdrawn",
        )
    )


async def _outcome(session: AsyncSession, person: Person, name: str) -> None:
    """What coordinators count, on the young people of this person; a LABO wish taken back."""
    if name == "labo_withdraw":
        withdrawn = update(LaboApplication).values(state="withdrawn")
        await session.execute(withdrawn.where(col(LaboApplication.person_id) == person.id))
    assert person.id is not None
    statement = children_of(person.id)
    for young in (await session.exec(statement)).unique().all():
        young.outcome, young.outcome_at = name, clock.now()
        session.add(young)


async def _reply(
    runtime: Runtime,
    session: AsyncSession,
    row: InboundRow,
    after: Session,
    events: Sequence[Event],
) -> None:
    """All that the turn says is one message, through the channel it came by."""
    says = [e for e in events if isinstance(e, Say)]
    ask = next((e for e in events if isinstance(e, Ask)), None)
    if not says and ask is None:
        return
    message = message_to_json(says, ask)
    message["languages"] = list(after.languages or DEFAULT_LANGUAGES)
    await write(
        session,
        person_id=row.person_id,
        address_id=row.address_id,
        channel=row.channel,
        kind="reply",
        message=message,
        inbound_id=row.id,
        urgent=any(isinstance(e, Escalate) and e.priority in ("P0", "P1") for e in events),
    )
    await runtime.waker.wake(session)
