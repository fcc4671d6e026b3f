"""A small district, its mediators, and a browser without a screen."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count

import httpx
from fastapi import FastAPI
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import staff
from bot.conversation import receive
from bot.runtime import Runtime
from bot.tables import Role, Ticket
from bot.tickets import open_or_raise
from outreach import clock
from outreach.channels.contract import Inbound
from outreach.people import add_address
from outreach.tables import (
    Consent,
    Guardianship,
    InboundRow,
    Person,
    PersonName,
    School,
    Territory,
    YoungPerson,
)

PASSWORD = "quatre mots de passe"
AMAL = "amal@example.org"  # mediator, east
BRUNO = "bruno@example.org"  # mediator, east
CHLOE = "chloe@example.org"  # mediator, west
DIANE = "diane@example.org"  # coordinator
SECRET = "ma fille Zoulikha pleure la nuit"  # words that may appear nowhere but in their thread
NAME = "Yamina Inventée"

_numbers = count(1)


@dataclass(frozen=True)
class District:
    """Ids of what `settle` made."""

    east: int
    west: int
    people: dict[str, int]  # by language


async def settle(runtime: Runtime) -> District:
    """Two territories, a school in each, one family per language in the east, and the staff."""
    async with runtime.store.session() as session:
        east = Territory(code="34-est", name="Montpellier est", departement="34")
        west = Territory(code="66-sud", name="Perpignan sud", departement="66")
        session.add_all([east, west])
        await session.flush()
        assert east.id is not None
        assert west.id is not None
        session.add_all(
            [
                School(
                    uai="0340001A",
                    name="Collège des Micocouliers",
                    level="college",
                    commune="Montpellier",
                    territory_id=east.id,
                ),
                School(
                    uai="0660001B",
                    name="Lycée du Cers",
                    level="lycee",
                    commune="Perpignan",
                    territory_id=west.id,
                ),
            ]
        )
        await session.flush()
        people = {}
        for language in ("ar", "fr", "tr"):
            people[language] = await family(session, language, east.id, "0340001A")
        people["west"] = await family(session, "es", west.id, "0660001B")
        await _staff(session)
    return District(east.id, west.id, people)


async def family(
    session: AsyncSession, language: str, territory: int | None, uai: str, name: str = NAME
) -> int:
    """A guardian with a phone and a child."""
    number = next(_numbers)
    person = Person(language=language, territory_id=territory, created_at=clock.now())
    session.add(person)
    await session.flush()
    assert person.id is not None
    session.add(PersonName(person_id=person.id, name=f"{name} {number}"))
    await add_address(session, person, "sms", f"+3363998{number:04d}", Consent.ALLOWED)
    child = YoungPerson(pupil_ref=f"E{number}", uai=uai, level="college", category="silent")
    session.add(child)
    await session.flush()
    assert child.id is not None
    session.add(Guardianship(person_id=person.id, young_person_id=child.id))
    await session.flush()
    return person.id


async def _staff(session: AsyncSession) -> None:
    east, west = ["34-est"], ["66-sud"]
    for login, role, territories in (
        (AMAL, Role.MEDIATOR, east),
        (BRUNO, Role.MEDIATOR, east),
        (CHLOE, Role.MEDIATOR, west),
        (DIANE, Role.COORDINATOR, []),
    ):
        await staff.add(
            session,
            login=login,
            name=login.partition("@")[0].capitalize(),
            password=PASSWORD,
            role=role,
            territories=territories,
        )


async def hears(runtime: Runtime, person_id: int, text: str, channel: str = "sms") -> int:
    """A family writes, by the real path; the inbound's id."""
    from bot.web.phone import address_of

    async with runtime.store.session() as session:
        address = await address_of(session, person_id, channel)
    assert address is not None
    received = await receive(
        runtime,
        Inbound(channel, f"test-{next(_numbers)}", address, text, clock.now()),
    )
    assert received.inbound_id is not None
    return received.inbound_id


async def ticket_for(
    runtime: Runtime, person_id: int, priority: str = "P2", reason: str = "callback"
) -> int:
    """An open ticket for a family."""
    async with runtime.store.session() as session:
        ticket = await open_or_raise(
            session,
            person_id=person_id,
            priority=priority,
            queue="mediation",
            reason=reason,
            language="fr",
            inbound_id=None,
            now=clock.now(),
        )
        assert ticket.id is not None
        return ticket.id


async def read(runtime: Runtime, ticket_id: int) -> Ticket:
    """A ticket as it stands."""
    async with runtime.store.session() as session:
        found = await session.get(Ticket, ticket_id)
        assert found is not None
        return found


async def inbound(runtime: Runtime, inbound_id: int) -> InboundRow:
    """A stored message."""
    async with runtime.store.session() as session:
        found = await session.get(InboundRow, inbound_id)
        assert found is not None
        return found


class Browser(httpx.AsyncClient):
    """A client that sends forms as a browser does: cookie, token and all."""

    async def see(self, path: str) -> str:
        """A page's text; it must be there."""
        answer = await self.get(path, headers={"accept": "text/html"})
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    async def submit(self, path: str, **fields: str) -> httpx.Response:
        """Send a form of ours, with the token of this browser."""
        if "csrftoken" not in self.cookies:
            await self.see("/connexion")
        fields["csrftoken"] = self.cookies["csrftoken"]
        return await self.post(path, data=fields, headers={"accept": "text/html"})

    async def sign_in(self, login: str, password: str = PASSWORD) -> httpx.Response:
        """Sign in, following nothing."""
        return await self.submit("/connexion", login=login, password=password)


@asynccontextmanager
async def browsing(app: FastAPI, login: str | None = None) -> AsyncIterator[Browser]:
    """A browser of its own, signed in when `login` is given."""
    transport = httpx.ASGITransport(app=app)
    async with Browser(transport=transport, base_url="http://renouer.test") as browser:
        if login is not None:
            answer = await browser.sign_in(login)
            assert answer.status_code == 303, answer.text
        yield browser


def nonce_of(page: str) -> str:
    """The nonce of the form to write with."""
    found = re.search(r'name="nonce" value="([^"]+)"', page)
    assert found is not None, "no form to write with"
    return found[1]
