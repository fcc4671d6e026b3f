"""The demo's phone takes the real way, once per press, and shows what the family would see."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI
from sqlmodel import select

from bot.runtime import Runtime
from bot.web.simulator import phrases
from nlu import understand
from outreach.tables import Address, InboundRow
from tests.web.support import SECRET, District, browsing, hears, ticket_for

KEY = "k" * 20


async def _stored(runtime: Runtime) -> list[InboundRow]:
    async with runtime.store.session() as session:
        return list(await session.exec(select(InboundRow)))


async def test_the_same_press_twice_is_one_message(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    fields = {"personne": str(district.people["fr"]), "texte": "Bonjour", "jeton": KEY}
    async with browsing(app) as phone:
        await phone.see("/simulateur")
        answers = await asyncio.gather(
            *(phone.submit("/simulateur/envoyer", **fields) for _ in range(5))
        )
    assert {answer.status_code for answer in answers} == {303}
    (row,) = await _stored(runtime)
    assert row.channel == "sms"


async def test_the_phone_shows_what_was_sent_and_not_what_was_held_back(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    person = district.people["fr"]
    await hears(runtime, person, "Bonjour, qui êtes-vous ?")
    async with browsing(app) as phone:
        page = await phone.see(f"/simulateur/telephone?personne={person}")
        assert "Réponse en route" in page
        assert "bulle--eux" not in page.replace("bulle--eux bulle--attente", "")
        await runtime.dispatcher(owner=1).drain()
        page = await phone.see(f"/simulateur/telephone?personne={person}")
    assert "Réponse en route" not in page
    assert "bulle--eux" in page
    assert "Compris :" in page


async def test_each_channel_has_its_own_thread(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    person = district.people["fr"]
    await hears(runtime, person, SECRET)
    async with browsing(app) as phone:
        assert SECRET in await phone.see(f"/simulateur?personne={person}&canal=sms")
        other = await phone.see(f"/simulateur?personne={person}&canal=telegram")
        assert SECRET not in other
        assert "Ouvrir le lien Telegram" in other


async def test_telegram_is_linked_once_by_a_personal_link(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    person = district.people["tr"]
    async with browsing(app) as phone:
        for key in ("a" * 20, "b" * 20):
            await phone.submit("/simulateur/lier", personne=str(person), jeton=key)
        sent = await phone.submit(
            "/simulateur/envoyer",
            personne=str(person),
            canal="telegram",
            texte="Merhaba",
            jeton=KEY,
        )
        assert sent.status_code == 303
    async with runtime.store.session() as session:
        chats = await session.exec(
            select(Address).where(Address.person_id == person, Address.channel == "telegram")
        )
        assert len(list(chats)) == 1
    assert [row.channel for row in await _stored(runtime)] == ["telegram", "telegram"]


async def test_what_makes_no_sense_is_refused_and_stores_nothing(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    person = str(district.people["fr"])
    async with browsing(app) as phone:
        for status, fields in (
            (404, {"personne": "999999", "texte": "x", "jeton": KEY}),
            (404, {"personne": person, "canal": "telegram", "texte": "x", "jeton": KEY}),
            (404, {"personne": person, "phrase": "fr:99", "jeton": KEY}),
            (400, {"personne": person, "texte": "x", "jeton": "court"}),
            (400, {"personne": person, "texte": "x" * 5000, "jeton": KEY}),
            (303, {"personne": person, "texte": "   ", "jeton": KEY}),
        ):
            answer = await phone.submit("/simulateur/envoyer", **fields)
            assert answer.status_code == status, fields
        assert (await phone.get("/simulateur?personne=999999")).status_code == 404
    assert await _stored(runtime) == []


async def test_the_phone_needs_no_account_but_the_queue_beside_it_does(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    await ticket_for(runtime, district.people["fr"], "P0")
    async with browsing(app) as phone:
        page = await phone.see("/simulateur")
        assert "Danger" not in page
        framed = await phone.get("/mediation", headers={"accept": "text/html"})
        assert framed.headers["location"].startswith("/connexion")


def test_the_phrases_to_try_are_in_the_languages_that_they_claim() -> None:
    for code, sentences in phrases().items():
        for sentence in sentences:
            found = understand(sentence, stored_language=code)
            assert found.optout or found.language.code in (code, "und"), (sentence, found.language)
