"""Pages that change by themselves: what rings, what does not, and what a lost database does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from bot.runtime import Runtime
from bot.web.live import Live, Wants, about, anything
from outreach.store import Store, notify
from tests.browser.support import served
from tests.web.support import AMAL, PASSWORD, District, ticket_for


@asynccontextmanager
async def _reading(live: Live, wants: Wants) -> AsyncIterator[AsyncIterator[Any]]:
    """A stream whose first event, the one on opening, has been read."""
    events = cast("Any", live.stream(wants).body_iterator)
    try:
        await anext(events)
        yield events
    finally:
        await events.aclose()


async def _tell(store: Store, *payloads: str) -> None:
    async with store.session() as session:
        for payload in payloads:
            await notify(session, "desk", payload)


async def test_a_change_rings_where_it_is_wanted_only(store: Store) -> None:
    live = Live(store)
    async with _reading(live, about(1, 10)) as mine, _reading(live, anything) as queue:
        waiting = asyncio.ensure_future(anext(mine))
        await _tell(store, "person:2", "ticket:11")
        await anext(queue)
        assert not waiting.done()
        await _tell(store, "ticket:10")
        assert (await waiting).event == "desk"


async def test_a_stream_carries_nothing_but_that_something_changed(store: Store) -> None:
    live = Live(store)
    async with _reading(live, anything) as events:
        await _tell(store, "person:42")
        assert "42" not in (await anext(events)).encode().decode()


async def test_what_is_rolled_back_rings_nowhere(store: Store) -> None:
    live = Live(store)
    async with _reading(live, anything) as events:
        async with store.session() as session:
            await notify(session, "desk", "person:1")
            await session.rollback()
        waiting = asyncio.ensure_future(anext(events))
        await _tell(store, "ready")
        await asyncio.sleep(0)
        assert not waiting.done()
        await _tell(store, "person:2")
        await waiting


async def test_all_pages_share_one_listener_which_ends_with_the_last(store: Store) -> None:
    live = Live(store)
    async with _reading(live, anything), _reading(live, anything), _reading(live, about(1)):
        assert await _listeners(store) == 1
    for _ in range(200):
        if await _listeners(store) == 0:
            return
    raise AssertionError("a listener stays without a reader")


async def test_when_the_database_is_lost_browsers_are_sent_to_come_back(store: Store) -> None:
    live = Live(store)
    async with _reading(live, anything) as events:
        async with store.session() as session:
            await session.execute(text(f"select pg_terminate_backend(pid) {LISTENING}"))
        assert [event async for event in events] == []
    async with _reading(live, anything) as events:
        await _tell(store, "person:1")
        await anext(events)


LISTENING = """
from pg_stat_activity
where query ilike 'listen %' and datname = current_database() and pid <> pg_backend_pid()
"""


async def _listeners(store: Store) -> int:
    async with store.session() as session:
        return int((await session.execute(text(f"select count(*) {LISTENING}"))).scalar() or 0)


async def test_over_http_a_stream_opens_with_an_event_and_is_not_compressed(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    ticket = await ticket_for(runtime, district.people["fr"])
    async with served(app) as url, httpx.AsyncClient(base_url=url) as browser:
        await browser.get("/connexion")
        token = browser.cookies["csrftoken"]
        form = {"login": AMAL, "password": PASSWORD, "csrftoken": token}
        assert (await browser.post("/connexion", data=form)).status_code == 303
        async with browser.stream("GET", f"/mediation/{ticket}/evenements") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert "content-encoding" not in answer.headers
            async for line in answer.aiter_lines():
                if line == "event: desk":
                    break
