"""The queue: danger first, then age; filters, views, what is late, and what is announced."""

from __future__ import annotations

from datetime import timedelta

from fastapi import FastAPI

from bot.runtime import Runtime
from outreach import clock
from tests.web.support import AMAL, CHLOE, DIANE, District, browsing, family, hears, ticket_for


async def test_the_queue_puts_danger_first_then_age(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    wanted: list[int] = []
    for language, priority in (("fr", "P2"), ("tr", "P1"), ("ar", "P0")):
        wanted.insert(0, await ticket_for(runtime, district.people[language], priority))
        clock.advance(timedelta(minutes=5))
    async with browsing(app, AMAL) as amal:
        page = await amal.see("/mediation")
    places = [page.index(f'id="demande-{ticket}"') for ticket in wanted]
    assert places == sorted(places)
    assert "Danger" in page
    assert "Urgent" in page
    assert "15 minutes" in page


async def test_the_filters_narrow_the_queue(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    east = await ticket_for(runtime, district.people["fr"])
    west = await ticket_for(runtime, district.people["west"])
    async with browsing(app, DIANE) as diane:
        both = await diane.see("/mediation")
        assert f'id="demande-{east}"' in both
        assert f'id="demande-{west}"' in both
        only = await diane.see(f"/mediation?territoire={district.west}&langue=fr&file=mediation")
        assert f'id="demande-{east}"' not in only
        assert f'id="demande-{west}"' in only
        assert "Aucune demande ici" in await diane.see("/mediation?vue=mine")
        await diane.submit(f"/mediation/{west}/prendre")
        assert f'id="demande-{west}"' in await diane.see("/mediation?vue=mine")
        assert f'id="demande-{west}"' not in await diane.see("/mediation?vue=open")
        assert "Aucune demande ici" in await diane.see("/mediation?langue=zz")
        assert (await diane.get("/mediation?territoire=x&vue=y")).status_code == 200


async def test_a_ticket_of_no_territory_is_everybodys(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    async with runtime.store.session() as session:
        person = await family(session, "fr", None, "0340001A")
    ticket = await ticket_for(runtime, person)
    for login in (AMAL, CHLOE):
        async with browsing(app, login) as browser:
            assert f'id="demande-{ticket}"' in await browser.see("/mediation")


async def test_an_old_urgent_ticket_is_said_to_be_late(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    await ticket_for(runtime, district.people["fr"], "P0")
    async with browsing(app, DIANE) as diane:
        assert "Délai dépassé" not in await diane.see("/mediation")
        clock.advance(timedelta(minutes=16))
        assert "Délai dépassé" in await diane.see("/mediation")
        assert "1 demande en retard" in await diane.see("/pilotage")


async def test_the_list_announces_what_came_since(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    person = district.people["fr"]
    await ticket_for(runtime, person, "P1")
    first = await hears(runtime, person, "bonjour")
    async with browsing(app, AMAL) as amal:
        part = f"/mediation/liste?vu={first}"
        assert "annonce" not in (await amal.get(part)).text
        await hears(runtime, person, "vous êtes là ?")
        assert "Nouveau message, urgent." in (await amal.get(part)).text
