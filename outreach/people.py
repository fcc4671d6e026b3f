"""Who an address belongs to, and every change of consent. Consent is personal, not an address's."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from outreach import clock
from outreach.tables import (
    Address,
    AddressValue,
    Consent,
    ConsentEvent,
    Guardianship,
    LinkToken,
    Person,
    YoungPerson,
)

LINK_LIFE = timedelta(days=30)


async def lock_address(session: AsyncSession, channel: str, value: str) -> None:
    """One message at a time per address, until this transaction ends."""
    await session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": f"{channel}:{value}"},
    )


async def find_address(session: AsyncSession, channel: str, value: str) -> Address | None:
    """The address with this number or chat id, or None."""
    statement = (
        select(Address)
        .join(AddressValue, col(AddressValue.address_id) == col(Address.id))
        .where(AddressValue.channel == channel, AddressValue.value == value)
    )
    return (await session.exec(statement)).first()


async def add_address(
    session: AsyncSession, person: Person, channel: str, value: str, consent: Consent
) -> Address:
    """Give a person one more address."""
    assert person.id is not None
    address = Address(
        person_id=person.id, channel=channel, consent=consent.value, created_at=clock.now()
    )
    session.add(address)
    await session.flush()
    assert address.id is not None
    session.add(AddressValue(address_id=address.id, channel=channel, value=value))
    await session.flush()
    return address


async def person_for(
    session: AsyncSession, channel: str, value: str, at: datetime
) -> tuple[Person, Address]:
    """Who writes from this address; a new, unknown person when nobody has it.

    Call `lock_address` first: two first messages at once must not make two people.
    """
    address = await find_address(session, channel, value)
    if address is not None:
        person = await session.get(Person, address.person_id)
        assert person is not None
        return person, address
    person = Person(kind="unknown", created_at=at)
    session.add(person)
    await session.flush()
    return person, await add_address(session, person, channel, value, Consent.UNKNOWN)


async def change_consent(
    session: AsyncSession,
    address: Address,
    consent: Consent,
    *,
    how: str,
    inbound_id: int | None = None,
    staff_id: int | None = None,
) -> None:
    """Set an address's consent and keep why; nothing when it is so already."""
    if address.consent == consent.value:
        return
    address.consent = consent.value
    session.add(address)
    session.add(
        ConsentEvent(
            person_id=address.person_id,
            address_id=address.id,
            change=consent.value,
            how=how,
            inbound_id=inbound_id,
            staff_id=staff_id,
            at=clock.now(),
        )
    )
    await session.flush()


async def opt_out(
    session: AsyncSession, person: Person, *, how: str, inbound_id: int | None = None
) -> None:
    """STOP: no campaign to this person on any channel until an explicit START."""
    if person.opted_out_at is None:
        person.opted_out_at = clock.now()
        await _personal(session, person, Consent.OPTED_OUT, how, inbound_id)


async def opt_in(
    session: AsyncSession, person: Person, *, how: str, inbound_id: int | None = None
) -> None:
    """START: lifts a STOP."""
    person.opted_out_at = None
    await _personal(session, person, Consent.ALLOWED, how, inbound_id)


async def _personal(
    session: AsyncSession, person: Person, consent: Consent, how: str, inbound_id: int | None
) -> None:
    """Carry a person's word to all their addresses; a wrong number stays a wrong number."""
    session.add(person)
    addresses = await session.exec(select(Address).where(Address.person_id == person.id))
    for address in addresses:
        if address.consent != Consent.WRONG_NUMBER.value:
            await change_consent(session, address, consent, how=how, inbound_id=inbound_id)


def children_of(person_id: int) -> SelectOfScalar[YoungPerson]:
    """The young people whom a person answers for, and the young person that they are."""
    return (
        select(YoungPerson)
        .outerjoin(Guardianship, col(Guardianship.young_person_id) == col(YoungPerson.id))
        .where(
            (col(Guardianship.person_id) == person_id) | (col(YoungPerson.person_id) == person_id)
        )
    )


async def human_first(session: AsyncSession, person_id: int) -> bool:
    """True when a person must speak to this family before any campaign does."""
    children = children_of(person_id).where(col(YoungPerson.human_first)).limit(1)
    return (await session.exec(children)).first() is not None


async def new_link(session: AsyncSession, person_id: int) -> str:
    """A fresh single-use token for « /start <token> »; only its hash is stored."""
    token = secrets.token_urlsafe(24)
    session.add(
        LinkToken(token_hash=_hash(token), person_id=person_id, expires_at=clock.now() + LINK_LIFE)
    )
    await session.flush()
    return token


async def use_link(session: AsyncSession, token: str, address: Address) -> Person | None:
    """Link an address to the person whom the token was made for, once; None when it is no good."""
    now = clock.now()
    link = await session.get(LinkToken, _hash(token), with_for_update=True)
    if link is None or link.used_at is not None or link.expires_at <= now:
        return None
    link.used_at = now
    address.person_id = link.person_id
    session.add(link)
    session.add(address)
    await session.flush()
    await change_consent(session, address, Consent.ALLOWED, how="link")
    return await session.get(Person, link.person_id)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
