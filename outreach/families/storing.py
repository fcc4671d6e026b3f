"""Keep checked lines in the database: pupils, guardians, numbers, links; a repeat changes nothing.

The list is the truth for the lines it holds: a number that is gone from a line is no longer written
to for that pupil. What only a family or a mediator may undo stays: a STOP, « ne pas contacter »,
a person first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel.ext.asyncio.session import AsyncSession

from outreach import clock
from outreach.families.known import Contact, Known, load
from outreach.families.phones import Phone
from outreach.families.rows import Good, Guardian, Notice
from outreach.families.withdrawal import withdraw
from outreach.people import opt_out
from outreach.tables import (
    Address,
    AddressValue,
    Consent,
    Guardianship,
    Person,
    PersonName,
    YoungPerson,
)

BATCH = 500  # lines; a dozen statements each, whatever its size
HOW = "import"


@dataclass
class Tally:
    """What became of the good lines; created + updated + unchanged is their number."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    people: int = 0
    numbers: int = 0
    unlinked: int = 0
    withdrawn: int = 0


@dataclass
class _Line:
    """One line on its way into the database."""

    good: Good
    pupil: YoungPerson
    new: bool
    changed: bool = False
    guardians: list[tuple[Contact, Guardian]] = field(default_factory=list)
    own: Contact | None = None


async def keep(
    session: AsyncSession,
    goods: Sequence[Good],
    territories: Mapping[str, int],
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Tally, list[Notice]]:
    """Add or update every line within the caller's transaction.

    `territories` gives each school's territory id by UAI; `progress` is told lines as they are
    done. What the school should know comes back as notices.
    """
    tally, notices = Tally(), []
    for start in range(0, len(goods), BATCH):
        batch = goods[start : start + BATCH]
        notices += await _Batch(session, await load(session, batch), territories, tally).run(batch)
        session.expunge_all()  # a long list must not fill the memory
        progress(len(batch))
    return tally, notices


class _Batch:
    def __init__(
        self, session: AsyncSession, known: Known, territories: Mapping[str, int], tally: Tally
    ) -> None:
        self.session = session
        self.known = known
        self.territories = territories
        self.tally = tally
        self.now = clock.now()
        self.notices: list[Notice] = []
        self.new_numbers: list[tuple[Contact, Phone]] = []
        self.silenced: set[int] = set()  # people whose waiting campaign messages are withdrawn

    async def run(self, goods: Sequence[Good]) -> list[Notice]:
        """Everything of one batch, ids first, since links and numbers need them."""
        lines = [self._line(good) for good in goods]
        await self.session.flush()
        await self._add_numbers()
        for line in lines:
            await self._link(line)
            await self._wishes(line)
            self._count(line)
        await self.session.flush()
        self.tally.withdrawn += await withdraw(self.session, self.silenced)
        return self.notices

    def _note(self, line: _Line, column: str, code: str) -> None:
        self.notices.append(Notice.about(line.good.line, column, code))

    def _line(self, good: Good) -> _Line:
        """Pupil and people of a line, found or made."""
        line = self._pupil(good)
        territory = self.territories[good.uai]
        for guardian in good.guardians:
            contact = self._contact(guardian.phone, "guardian", good, territory, line)
            line.guardians.append((contact, guardian))
        if good.pupil_phone:
            self._own(line, good.pupil_phone, territory)
        return line

    def _pupil(self, good: Good) -> _Line:
        """The pupil as the list now says; « a person first » is never taken back by a list."""
        pupil = self.known.pupils.get((good.uai, good.pupil_ref))
        if pupil is None:
            pupil = YoungPerson(
                pupil_ref=good.pupil_ref,
                uai=good.uai,
                level=good.level,
                category=good.category,
                reason=good.reason,
                human_first=good.human_first,
            )
            self.session.add(pupil)
            self.known.pupils[good.uai, good.pupil_ref] = pupil
            return _Line(good, pupil, new=True)
        line = _Line(good, pupil, new=False)
        if pupil.human_first and not good.human_first:
            self._note(line, "", "human_first_kept")
        first = pupil.human_first or good.human_first
        before = (pupil.level, pupil.category, pupil.reason, pupil.human_first)
        after = (good.level, good.category, good.reason, first)
        if before != after:
            pupil.level, pupil.category, pupil.reason, pupil.human_first = after
            line.changed = True
        return line

    def _own(self, line: _Line, number: Phone, territory: int) -> None:
        """The pupil's own number, unless it is a guardian's."""
        found = self.known.by_number.get(number.e164)
        if found and found.person.kind == "guardian":
            self._note(line, "pupil_phone", "same_number")
            return
        line.own = self._contact(number, "young", line.good, territory, line)

    def _contact(
        self, number: Phone, kind: str, good: Good, territory: int, line: _Line
    ) -> Contact:
        """Who has this number: one person, however many children and lines they stand on."""
        found = self.known.by_number.get(number.e164)
        if found is None:
            found = Contact(
                Person(kind=kind, mode="text", territory_id=territory, created_at=self.now)
            )
            self.session.add(found.person)
            self.known.by_number[number.e164] = found
            self.new_numbers.append((found, number))
            self.tally.people += 1
        elif self._lacks(found, number):
            self.new_numbers.append((found, number))  # known by WhatsApp alone, say
        self._describe(found, number, good, territory, kind, line)
        return found

    def _lacks(self, contact: Contact, number: Phone) -> bool:
        made = any(c is contact and n.channel == number.channel for c, n in self.new_numbers)
        held = {
            self.known.numbers.get(a.id or 0)
            for a in contact.addresses
            if a.channel == number.channel
        }
        return not made and number.e164 not in held

    def _describe(
        self, contact: Contact, number: Phone, good: Good, territory: int, kind: str, line: _Line
    ) -> None:
        """Language, mode and territory from the list, where the person has not said otherwise."""
        person = contact.person
        before = (person.kind, person.language, person.mode, person.territory_id)
        if person.kind == "unknown":
            person.kind = kind
        if good.language and not contact.has_written:
            person.language = good.language
        only_landline = number.channel == "voice" and not contact.has("sms")
        if good.mode == "voice" or only_landline:
            person.mode = "voice"
        if person.territory_id is None:
            person.territory_id = territory
        after = (person.kind, person.language, person.mode, person.territory_id)
        line.changed = line.changed or before != after

    async def _add_numbers(self) -> None:
        """The addresses of new people, and new ones of known people, in two statements."""
        made: list[tuple[Address, Phone]] = []
        for contact, number in self.new_numbers:
            assert contact.person.id is not None
            stopped = contact.person.opted_out_at is not None
            consent = Consent.OPTED_OUT if stopped else Consent.UNKNOWN
            address = Address(
                person_id=contact.person.id,
                channel=number.channel,
                consent=consent.value,
                created_at=self.now,
            )
            contact.addresses.append(address)
            made.append((address, number))
        self.session.add_all([a for a, _ in made])
        await self.session.flush()
        for address, number in made:
            assert address.id is not None
            self.known.numbers[address.id] = number.e164
            self.session.add(
                AddressValue(address_id=address.id, channel=number.channel, value=number.e164)
            )
        self.tally.numbers += len(made)
        await self.session.flush()

    async def _link(self, line: _Line) -> None:
        """Links as the list now says; a guardian no longer on the line is let go."""
        assert line.pupil.id is not None
        held = self.known.links.setdefault(line.pupil.id, {})
        listed = {}
        for contact, guardian in line.guardians:
            assert contact.person.id is not None
            listed[contact.person.id] = contact
            self._join(line, contact, guardian, held)
            self._name(line, contact.person.id, guardian.name)
        if listed:  # a line without numbers says nothing of who the guardians are
            await self._let_go(line, held, listed)
        self._link_own(line)

    def _join(
        self, line: _Line, contact: Contact, guardian: Guardian, held: dict[int, Guardianship]
    ) -> None:
        assert contact.person.id is not None
        assert line.pupil.id is not None
        link = held.get(contact.person.id)
        if link is None:
            link = Guardianship(
                person_id=contact.person.id,
                young_person_id=line.pupil.id,
                guardian_type=guardian.kind,
            )
            held[contact.person.id] = link
            self.session.add(link)
            line.changed = True
        elif link.guardian_type != guardian.kind:
            link.guardian_type = guardian.kind
            line.changed = True

    def _name(self, line: _Line, person_id: int, name: str | None) -> None:
        """Keep the guardian's name; an empty cell takes nothing away."""
        row = self.known.names.get(person_id)
        if name is None or (row is not None and row.name == name):
            return
        if row is None:
            row = PersonName(person_id=person_id, name=name)
            self.known.names[person_id] = row
        row.name = name
        self.session.add(row)
        line.changed = True

    async def _let_go(
        self, line: _Line, held: dict[int, Guardianship], listed: Mapping[int, Contact]
    ) -> None:
        """Unlink who is gone. Their STOP goes with the family to the number that comes instead."""
        gone = [person_id for person_id in held if person_id not in listed]
        for person_id in gone:
            await self.session.delete(held.pop(person_id))
            self.silenced.add(person_id)
            self.tally.unlinked += 1
            line.changed = True
            self._note(line, "guardian_phone_1", "unlinked")
        if any(self.known.by_id[i].person.opted_out_at for i in gone):
            made = {id(contact) for contact, _ in self.new_numbers}
            for contact in listed.values():
                if id(contact) in made and contact.person.opted_out_at is None:
                    await opt_out(self.session, contact.person, how=HOW)
                    self._note(line, "guardian_phone_1", "stop_inherited")

    def _link_own(self, line: _Line) -> None:
        own = line.own.person.id if line.own else None
        if own is None or line.pupil.person_id == own:
            return
        if line.pupil.person_id is not None:
            self.silenced.add(line.pupil.person_id)
            self.tally.unlinked += 1
            self._note(line, "pupil_phone", "unlinked")
        line.pupil.person_id = own
        line.changed = True

    async def _wishes(self, line: _Line) -> None:
        """« Ne pas contacter » and a person first, for everybody around the pupil."""
        contacts = self._around(line)
        for contact in contacts:
            person = contact.person
            if line.good.do_not_contact:
                line.changed = line.changed or person.opted_out_at is None
                await opt_out(self.session, person, how=HOW)
            elif person.opted_out_at is not None:
                self._note(line, "contact_restrictions", "stop_kept")
            if any(a.consent == Consent.WRONG_NUMBER.value for a in contact.addresses):
                self._note(line, "guardian_phone_1", "wrong_number_known")
            if line.pupil.human_first or line.good.do_not_contact:
                assert person.id is not None
                self.silenced.add(person.id)

    def _around(self, line: _Line) -> list[Contact]:
        """The people of the line; those already known when it names nobody."""
        contacts = [contact for contact, _ in line.guardians]
        if not contacts:
            held = self.known.guardians_of(line.pupil)
            contacts = [self.known.by_id[i] for i in held if i in self.known.by_id]
        return contacts + ([line.own] if line.own else [])

    def _count(self, line: _Line) -> None:
        if line.new:
            self.tally.created += 1
        elif line.changed:
            self.tally.updated += 1
        else:
            self.tally.unchanged += 1
