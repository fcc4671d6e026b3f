"""Signing in: who gets in, for how long, and what a stranger learns."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlmodel import select

from bot import staff
from bot.runtime import Runtime
from bot.tables import Role, Staff, StaffSession
from outreach import clock
from tests.web.support import AMAL, DIANE, PASSWORD, District, browsing


async def test_a_mediator_signs_in_and_sees_the_queue(app: FastAPI, district: District) -> None:
    async with browsing(app) as browser:
        answer = await browser.sign_in(AMAL)
        assert answer.status_code == 303
        assert "Demandes des familles" in await browser.see("/mediation")


async def test_the_cookie_is_out_of_reach_and_the_token_is_not_in_the_database(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    async with browsing(app) as browser:
        answer = await browser.sign_in(AMAL)
        cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("renouer="))
        assert "HttpOnly" in cookie
        assert "samesite=lax" in cookie.lower()
        token = browser.cookies["renouer"]
    async with runtime.store.session() as session:
        kept = (await session.exec(select(StaffSession))).one()
    assert token not in kept.token_hash


async def test_signing_in_anew_makes_the_old_token_worthless(
    app: FastAPI, district: District
) -> None:
    async with browsing(app, AMAL) as browser:
        old = browser.cookies["renouer"]
        await browser.sign_in(AMAL)
        assert browser.cookies["renouer"] != old
        browser.cookies.set("renouer", old, domain="renouer.test")
    async with browsing(app) as thief:
        thief.cookies.set("renouer", old)
        assert (await thief.get("/mediation")).status_code == 401


async def test_signing_out_ends_the_session_in_the_database(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    async with browsing(app, AMAL) as browser:
        token = browser.cookies["renouer"]
        await browser.submit("/deconnexion")
    async with browsing(app) as again:
        again.cookies.set("renouer", token)
        assert (await again.get("/mediation")).status_code == 401
    async with runtime.store.session() as session:
        assert (await session.exec(select(StaffSession))).all() == []


async def test_a_session_ends_after_twelve_hours(app: FastAPI, district: District) -> None:
    async with browsing(app, AMAL) as browser:
        clock.advance(staff.SESSION_LIFE - timedelta(seconds=1))
        assert (await browser.get("/mediation")).status_code == 200
        clock.advance(timedelta(seconds=1))
        assert (await browser.get("/mediation")).status_code == 401


async def test_a_closed_account_is_out_at_once(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    async with browsing(app, AMAL) as browser:
        async with runtime.store.session() as session:
            amal = (await session.exec(select(Staff).where(Staff.login == AMAL))).one()
            amal.active = False
            session.add(amal)
        assert (await browser.get("/mediation")).status_code == 401
        assert (await browser.sign_in(AMAL)).status_code == 401


async def test_five_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(
    app: FastAPI, district: District
) -> None:
    async with browsing(app) as browser:
        for _ in range(staff.LOCK_AFTER):
            assert (await browser.sign_in(AMAL, "pas le bon mot")).status_code == 401
        assert (await browser.sign_in(AMAL)).status_code == 401
        clock.advance(staff.LOCK_FOR)
        assert (await browser.sign_in(AMAL)).status_code == 303


async def test_guesses_at_once_get_no_more_than_five_tries(
    runtime: Runtime, district: District
) -> None:
    tries = [staff.sign_in(runtime.store, AMAL, f"essai numéro {n}") for n in range(9)]
    assert await asyncio.gather(*tries) == [None] * 9
    async with runtime.store.session() as session:
        amal = (await session.exec(select(Staff).where(Staff.login == AMAL))).one()
    assert amal.failed_logins == staff.LOCK_AFTER
    assert amal.locked_until == clock.now() + staff.LOCK_FOR


async def test_the_right_password_clears_the_count(app: FastAPI, district: District) -> None:
    async with browsing(app) as browser:
        for _ in range(3):
            for _ in range(staff.LOCK_AFTER - 1):
                await browser.sign_in(AMAL, "pas le bon mot")
            assert (await browser.sign_in(AMAL)).status_code == 303


async def test_a_stranger_cannot_tell_an_account_from_none(
    app: FastAPI, district: District
) -> None:
    async with browsing(app) as browser:
        wrong = await browser.sign_in(AMAL, "pas le bon mot")
        unknown = await browser.sign_in("zoe@example.org", "pas le bon mot")
        for _ in range(staff.LOCK_AFTER):
            locked = await browser.sign_in(AMAL, "pas le bon mot")
    pages = {
        answer.text.replace(AMAL, "X").replace("zoe@example.org", "X")
        for answer in (wrong, unknown, locked)
    }
    assert {wrong.status_code, unknown.status_code, locked.status_code} == {401}
    assert len(pages) == 1


async def test_an_unknown_login_costs_a_password_check_too(
    runtime: Runtime, district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    real = staff._verify

    def counted(known_hash: str | None, password: str) -> bool:
        checked.append(password)
        return real(known_hash, password)

    monkeypatch.setattr(staff, "_verify", counted)
    await staff.sign_in(runtime.store, "zoe@example.org", PASSWORD)
    assert len(checked) == 1


@pytest.mark.parametrize(
    "target", ["//ailleurs.example", "https://ailleurs.example", "/\\ailleurs"]
)
async def test_signing_in_leads_nowhere_else(app: FastAPI, district: District, target: str) -> None:
    async with browsing(app) as browser:
        answer = await browser.submit("/connexion", login=AMAL, password=PASSWORD, suite=target)
        assert answer.headers["location"] == "/"


async def test_the_start_page_leads_each_to_their_own(app: FastAPI, district: District) -> None:
    for login, there in ((AMAL, "/mediation"), (DIANE, "/pilotage"), (None, "/simulateur")):
        async with browsing(app, login) as browser:
            assert (await browser.get("/")).headers["location"] == there


async def test_accounts_are_refused_with_a_reason(runtime: Runtime, district: District) -> None:
    for login, password, territories in (
        (AMAL, PASSWORD, []),
        ("neuf@example.org", "trop court", []),
        ("neuf@example.org", PASSWORD, ["99-nord"]),
    ):
        with pytest.raises(staff.StaffError):
            async with runtime.store.session() as session:
                await staff.add(
                    session, login=login, name="N", password=password,
                    role=Role.MEDIATOR, territories=territories,
                )  # fmt: skip
    async with runtime.store.session() as session:
        assert (await session.exec(select(Staff).where(Staff.name == "N"))).all() == []
