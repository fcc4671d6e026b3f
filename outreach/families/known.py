"""What the database already knows of a batch of lines: pupils, people by number, links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from outreach.families.rows import Good
from outreach.tables import Address, AddressValue, Guardianship, Person, PersonName, YoungPerson

PHONE_CHANNELS = ("sms", "voice", "whatsapp")


@dataclass
class Contact:
    """A person and the ways to reach them."""

    person: Person
    addresses: list[Address] = field(default_factory=list)

    @property
    def has_written(self) -> bool:
        """They have answered once: from then on their own word counts, not the list's."""
        return any(a.last_inbound_at is not None for a in self.addresses)

    def has(self, channel: str) -> bool:
        """True when one of the addresses is of this channel."""
        return any(a.channel == channel for a in self.addresses)


@dataclass
class Known:
    """One batch's view of the database; new people join it as they are made."""

    pupils: dict[tuple[str, str], YoungPerson] = field(default_factory=dict)
    by_number: dict[str, Contact] = field(default_factory=dict)
    numbers: dict[int, str] = field(default_factory=dict)  # address id -> number
    by_id: dict[int, Contact] = field(default_factory=dict)
    links: dict[int, dict[int, Guardianship]] = field(default_factory=dict)
    names: dict[int, PersonName] = field(default_factory=dict)

    def guardians_of(self, pupil: YoungPerson) -> dict[int, Guardianship]:
        """Links of a pupil by person id; none for a pupil not yet in the database."""
        return self.links.get(pupil.id, {}) if pupil.id is not None else {}


def numbers_of(goods: Iterable[Good]) -> set[str]:
    """Every number of these lines."""
    own = {g.pupil_phone.e164 for g in goods if g.pupil_phone}
    return own | {person.phone.e164 for g in goods for person in g.guardians}


async def load(session: AsyncSession, goods: Sequence[Good]) -> Known:
    """Everything about these lines in a handful of queries, however many lines."""
    known = Known()
    refs = [(g.uai, g.pupil_ref) for g in goods]
    pupils = select(YoungPerson).where(
        tuple_(col(YoungPerson.uai), col(YoungPerson.pupil_ref)).in_(refs)
    )
    known.pupils = {(p.uai, p.pupil_ref): p for p in await session.exec(pupils)}
    await _links(session, known)
    holders = await _holders(session, goods)
    linked = {person_id for found in known.links.values() for person_id in found}
    await _contacts(session, known, linked | set(holders.values()))
    for number, person_id in holders.items():
        known.by_number[number] = known.by_id[person_id]
    return known


async def _links(session: AsyncSession, known: Known) -> None:
    ids = [p.id for p in known.pupils.values()]
    found: dict[int, dict[int, Guardianship]] = defaultdict(dict)
    statement = select(Guardianship).where(col(Guardianship.young_person_id).in_(ids))
    for link in await session.exec(statement):
        found[link.young_person_id][link.person_id] = link
    known.links = dict(found)


async def _holders(session: AsyncSession, goods: Sequence[Good]) -> dict[str, int]:
    """Who has each number, on whichever telephone channel."""
    statement = (
        select(AddressValue.value, Address.person_id)
        .join(Address, col(Address.id) == col(AddressValue.address_id))
        .where(col(AddressValue.channel).in_(PHONE_CHANNELS))
        .where(col(AddressValue.value).in_(numbers_of(goods)))
        .order_by(col(AddressValue.channel))
    )
    return {row[0]: row[1] for row in await session.exec(statement)}


async def _contacts(session: AsyncSession, known: Known, ids: set[int]) -> None:
    people = select(Person).where(col(Person.id).in_(ids)).with_for_update(key_share=True)
    for person in await session.exec(people):
        assert person.id is not None
        known.by_id[person.id] = Contact(person)
    addresses = (
        select(Address, AddressValue.value)
        .join(AddressValue, col(AddressValue.address_id) == col(Address.id))
        .where(col(Address.person_id).in_(ids))
    )
    for address, value in await session.exec(addresses):
        known.by_id[address.person_id].addresses.append(address)
        assert address.id is not None
        known.numbers[address.id] = value
    names = select(PersonName).where(col(PersonName.person_id).in_(ids))
    known.names = {n.person_id: n for n in await session.exec(names)}
