"""Coordinators count families and tickets, and read no name and no word."""

from __future__ import annotations

import re

from fastapi import FastAPI
from sqlmodel import select

from bot import desk
from bot.runtime import Runtime
from outreach import clock
from outreach.ledger import write
from outreach.tables import Address, Outgoing
from tests.web.support import DIANE, NAME, District, browsing, hears, ticket_for


async def _informed(runtime: Runtime, person: int, state: str) -> None:
    """A person was sent something, and this became of it."""
    async with runtime.store.session() as session:
        address = (await session.exec(select(Address).where(Address.person_id == person))).first()
        assert address is not None
        assert address.id is not None
        row = await write(
            session,
            person_id=person,
            address_id=address.id,
            channel="sms",
            kind="campaign",
            text="x",
        )
        assert row is not None
        found = await session.get(Outgoing, row.id)
        assert found is not None
        found.state = state
        session.add(found)


async def test_the_counts_say_who_was_reached(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    people = district.people
    await _informed(runtime, people["ar"], "delivered")
    await _informed(runtime, people["fr"], "accepted")
    await _informed(runtime, people["tr"], "failed")
    await _informed(runtime, people["west"], "accepted")
    await hears(runtime, people["west"], "STOP")
    async with runtime.store.session() as session:
        counts = await desk.steering(session, clock.now())
    assert (counts.people, counts.written, counts.reached) == (4, 3, 2)
    assert (counts.replied, counts.silent, counts.opted_out) == (1, 1, 1)


async def test_the_page_shows_tickets_by_urgency_and_state(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    await hears(runtime, district.people["ar"], "ma fille revient lundi")
    ticket = await ticket_for(runtime, district.people["fr"], "P1")
    await ticket_for(runtime, district.people["tr"], "P1")
    async with browsing(app, DIANE) as diane:
        await diane.submit(f"/mediation/{ticket}/prendre")
        page = await diane.see("/pilotage")
    row = re.search(r"P1 – Urgent</th>(.*?)</tr>", page, re.DOTALL)
    assert row is not None
    assert re.findall(r"<td>(\d+)</td>", row[1]) == ["1", "1", "0"]
    assert NAME not in page
    assert "Zoulikha" not in page
