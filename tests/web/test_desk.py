"""What mediators do with tickets: one owner, one message a click, the bot silent and back."""

from __future__ import annotations

import asyncio

import pytest
from fastapi import FastAPI
from sqlmodel import select

from bot.desk.acts import clean
from bot.runtime import Runtime
from bot.tables import Conversation, TicketNote
from flows.session import Session
from outreach import clock
from outreach.people import change_consent
from outreach.tables import Address, Audit, Consent, Outgoing, OutgoingText
from tests.web.support import (
    AMAL,
    BRUNO,
    DIANE,
    District,
    browsing,
    hears,
    nonce_of,
    read,
    ticket_for,
)

ASKS_FOR_A_PERSON = "je voudrais parler à une personne s'il vous plaît"


async def _held(runtime: Runtime, person: int) -> bool:
    async with runtime.store.session() as session:
        talk = await session.get(Conversation, person)
        assert talk is not None
        return Session.from_json(talk.state).held


async def _written(runtime: Runtime, person: int, kind: str = "mediator") -> list[str]:
    async with runtime.store.session() as session:
        rows = await session.exec(
            select(OutgoingText.text)
            .join(Outgoing, Outgoing.id == OutgoingText.outgoing_id)  # type: ignore[arg-type]  # a column, seen as bool by mypy
            .where(Outgoing.person_id == person, Outgoing.kind == kind)
            .order_by(Outgoing.id)  # type: ignore[arg-type]  # a column, seen as int by mypy
        )
        return [text or "" for text in rows]


async def _replies(runtime: Runtime, person: int) -> int:
    return len(await _written(runtime, person, "reply"))


async def test_of_many_who_claim_at_once_one_wins(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    ticket = await ticket_for(runtime, district.people["fr"])
    async with (
        browsing(app, AMAL) as amal,
        browsing(app, BRUNO) as bruno,
        browsing(app, DIANE) as diane,
    ):
        people = {"Amal": amal, "Bruno": bruno, "Diane": diane}
        tries = [
            b.submit(f"/mediation/{ticket}/prendre") for b in people.values() for _ in range(2)
        ]
        answers = await asyncio.gather(*tries)
        winners = {
            name
            for name, pair in zip(
                people, zip(answers[::2], answers[1::2], strict=True), strict=True
            )
            if any(answer.status_code == 303 for answer in pair)
        }
        assert len(winners) == 1
        (winner,) = winners
        losers = [answer for answer in answers if answer.status_code == 409]
        assert len(losers) == 4
        assert all(f"Déjà pris par {winner}." in answer.text for answer in losers)
    found = await read(runtime, ticket)
    assert (found.state, found.claimed_at) == ("claimed", clock.now())
    async with runtime.store.session() as session:
        claims = (await session.exec(select(Audit).where(Audit.action == "ticket.claim"))).all()
    assert len(claims) == 1


async def test_a_claimed_conversation_silences_the_bot_until_it_is_handed_back(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    person = district.people["fr"]
    await hears(runtime, person, ASKS_FOR_A_PERSON)
    ticket = await ticket_for(runtime, person)
    async with browsing(app, AMAL) as amal:
        await amal.submit(f"/mediation/{ticket}/prendre")
        assert await _held(runtime, person)
        before = await _replies(runtime, person)
        await hears(runtime, person, "Bonjour, il y a combien d'élèves par classe ?")
        assert await _replies(runtime, person) == before, "the bot spoke over the mediator"
        await amal.submit(f"/mediation/{ticket}/rendre", note="Attend un appel du collège")
        assert not await _held(runtime, person)
        found = await read(runtime, ticket)
        assert (found.state, found.owner_id) == ("open", None)
        await hears(runtime, person, "Bonjour, qui êtes-vous ?")
        assert await _replies(runtime, person) == before + 1
        assert "Attend un appel du collège" in await amal.see(f"/mediation/{ticket}")


async def test_a_mediators_words_go_where_the_family_wrote_from(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    person = district.people["ar"]
    await hears(runtime, person, "أريد أن أتكلم مع شخص")
    ticket = await ticket_for(runtime, person)
    async with browsing(app, AMAL) as amal:
        await amal.submit(f"/mediation/{ticket}/prendre")
        page = await amal.see(f"/mediation/{ticket}")
        sent = await amal.submit(
            f"/mediation/{ticket}/ecrire",
            texte="  Bonjour,\r\nje vous écoute.  ",
            nonce=nonce_of(page),
        )
        assert sent.status_code == 303
        await runtime.dispatcher(owner=1).drain()
        page = await amal.see(f"/mediation/{ticket}")
    assert await _written(runtime, person) == ["Bonjour,\nje vous écoute."]
    async with runtime.store.session() as session:
        row = (await session.exec(select(Outgoing).where(Outgoing.kind == "mediator"))).one()
    assert (row.channel, row.state) == ("sms", "accepted")
    assert "je vous écoute." in page
    assert "envoyé" in page


async def test_a_form_sent_twice_writes_once(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    person = district.people["fr"]
    ticket = await ticket_for(runtime, person)
    async with browsing(app, AMAL) as amal:
        await amal.submit(f"/mediation/{ticket}/prendre")
        nonce = nonce_of(await amal.see(f"/mediation/{ticket}"))
        tries = [
            amal.submit(f"/mediation/{ticket}/ecrire", texte="Bonjour", nonce=nonce)
            for _ in range(5)
        ]
        assert {a.status_code for a in await asyncio.gather(*tries)} == {303}
        assert await _written(runtime, person) == ["Bonjour"]
        again = nonce_of(await amal.see(f"/mediation/{ticket}"))
        await amal.submit(f"/mediation/{ticket}/ecrire", texte="Bonjour", nonce=again)
    assert await _written(runtime, person) == ["Bonjour", "Bonjour"], "said twice on purpose"


async def test_only_the_owner_writes_and_a_refusal_keeps_what_was_typed(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    person = district.people["fr"]
    ticket = await ticket_for(runtime, person)
    fields = {"texte": "Bonjour à vous", "nonce": "n" * 20}
    async with browsing(app, AMAL) as amal, browsing(app, BRUNO) as bruno:
        nobody = await bruno.submit(f"/mediation/{ticket}/ecrire", **fields)
        assert "Prenez d&#39;abord cette demande en charge" in nobody.text
        await amal.submit(f"/mediation/{ticket}/prendre")
        refused = await bruno.submit(f"/mediation/{ticket}/ecrire", **fields)
        assert refused.status_code == 409
        assert "Déjà pris par Amal." in refused.text
        empty = await amal.submit(f"/mediation/{ticket}/ecrire", texte="  \n ", nonce="n" * 20)
        assert "Écrivez un message" in empty.text
        long = await amal.submit(f"/mediation/{ticket}/ecrire", texte="a" * 1601, nonce="n" * 20)
        assert "trop long" in long.text
        assert "a" * 1601 in long.text, "what was typed is lost"
        assert (await bruno.submit(f"/mediation/{ticket}/rendre")).status_code == 409
        assert (await bruno.submit(f"/mediation/{ticket}/clore", suite="other")).status_code == 409
    assert await _written(runtime, person) == []
    assert (await read(runtime, ticket)).state == "claimed"


@pytest.mark.parametrize("consent", [Consent.WRONG_NUMBER, Consent.BLOCKED])
async def test_nobody_writes_to_an_address_that_is_not_the_familys(
    app: FastAPI, runtime: Runtime, district: District, consent: Consent
) -> None:
    person = district.people["fr"]
    ticket = await ticket_for(runtime, person)
    async with runtime.store.session() as session:
        address = (await session.exec(select(Address).where(Address.person_id == person))).one()
        await change_consent(session, address, consent, how="test")
    async with browsing(app, AMAL) as amal:
        await amal.submit(f"/mediation/{ticket}/prendre")
        answer = await amal.submit(f"/mediation/{ticket}/ecrire", texte="Bonjour", nonce="n" * 20)
    assert "Aucun numéro" in answer.text
    assert await _written(runtime, person) == []


async def test_closing_needs_an_outcome_and_is_harmless_twice(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    person = district.people["fr"]
    ticket = await ticket_for(runtime, person)
    async with browsing(app, AMAL) as amal:
        await amal.submit(f"/mediation/{ticket}/prendre")
        bad = await amal.submit(f"/mediation/{ticket}/clore", suite="<x>", note="ma note")
        assert bad.status_code == 409
        assert "ma note" in bad.text
        tries = [
            amal.submit(f"/mediation/{ticket}/clore", suite="reassured", note="Tout va bien")
            for _ in range(3)
        ]
        assert {a.status_code for a in await asyncio.gather(*tries)} == {303}
        late = await amal.submit(f"/mediation/{ticket}/clore", suite="refused", note="Autre")
        assert late.status_code == 303
        late = await amal.submit(f"/mediation/{ticket}/ecrire", texte="Bonjour", nonce="n" * 20)
        assert "close" in late.text
        assert "Famille rassurée" in await amal.see("/mediation?vue=closed")
    found = await read(runtime, ticket)
    assert (found.state, found.outcome, found.closed_at) == ("closed", "reassured", clock.now())
    assert not await _held(runtime, person)
    async with runtime.store.session() as session:
        assert [n.text for n in await session.exec(select(TicketNote))] == ["Tout va bien"]


async def test_a_closed_ticket_opens_again_unless_there_is_another(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    person = district.people["fr"]
    first = await ticket_for(runtime, person)
    async with browsing(app, AMAL) as amal:
        await amal.submit(f"/mediation/{first}/prendre")
        await amal.submit(f"/mediation/{first}/clore", suite="reassured")
        second = await ticket_for(runtime, person)
        refused = await amal.submit(f"/mediation/{first}/rouvrir")
        assert "Une autre demande est déjà ouverte" in refused.text
        await amal.submit(f"/mediation/{second}/prendre")
        await amal.submit(f"/mediation/{second}/clore", suite="reassured")
        assert (await amal.submit(f"/mediation/{first}/rouvrir")).status_code == 303
    found = await read(runtime, first)
    assert (found.state, found.owner_id, found.outcome) == ("open", None, None)


async def test_a_coordinator_frees_what_an_absent_colleague_holds(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    person = district.people["fr"]
    ticket = await ticket_for(runtime, person)
    async with browsing(app, AMAL) as amal, browsing(app, DIANE) as diane:
        await amal.submit(f"/mediation/{ticket}/prendre")
        assert "Libérer la demande" in await diane.see(f"/mediation/{ticket}")
        assert (await diane.submit(f"/mediation/{ticket}/rendre")).status_code == 303
    assert (await read(runtime, ticket)).state == "open"
    assert not await _held(runtime, person)


async def test_every_act_leaves_its_trace_without_words(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    ticket = await ticket_for(runtime, district.people["fr"])
    async with browsing(app, AMAL) as amal:
        await amal.submit(f"/mediation/{ticket}/prendre")
        page = await amal.see(f"/mediation/{ticket}")
        await amal.submit(
            f"/mediation/{ticket}/ecrire", texte="Bonjour Madame", nonce=nonce_of(page)
        )
        await amal.submit(f"/mediation/{ticket}/rendre", note="une note")
        await amal.submit(f"/mediation/{ticket}/prendre")
        await amal.submit(f"/mediation/{ticket}/clore", suite="reassured")
        await amal.submit(f"/mediation/{ticket}/rouvrir")
    async with runtime.store.session() as session:
        trail = (await session.exec(select(Audit).where(Audit.subject == f"ticket:{ticket}"))).all()
    acts = [row.action for row in sorted(trail, key=lambda row: row.id or 0)]
    assert acts == [
        "ticket.claim",
        "ticket.read",
        "ticket.write",
        "ticket.hand_back",
        "ticket.claim",
        "ticket.close",
        "ticket.reopen",
    ]
    assert "Bonjour" not in str(trail)
    assert "note" not in str([row.details for row in trail])


async def test_messages_that_come_in_while_a_mediator_acts_are_not_lost(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    """Family and staff lock the same rows in the same order: no deadlock, nothing overwritten."""
    person = district.people["fr"]
    await hears(runtime, person, "premier message")
    ticket = await ticket_for(runtime, person)
    async with browsing(app, AMAL) as amal:
        for _ in range(4):
            for act, held in (("prendre", True), ("rendre", False)):
                acting = asyncio.ensure_future(amal.submit(f"/mediation/{ticket}/{act}"))
                await asyncio.gather(*(hears(runtime, person, f"{act} {n}") for n in range(3)))
                assert (await acting).status_code == 303
                assert await _held(runtime, person) is held
        page = await amal.see(f"/mediation/{ticket}")
    assert page.count('class="message message--family') == 1 + 4 * 2 * 3


async def test_a_first_message_that_comes_in_while_a_mediator_claims_is_not_lost(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    """A ticket without any conversation (a failed delivery): both make it at once."""
    async with browsing(app, AMAL) as amal:
        for language in ("ar", "fr", "tr"):
            person = district.people[language]
            ticket = await ticket_for(runtime, person)
            acting = asyncio.ensure_future(amal.submit(f"/mediation/{ticket}/prendre"))
            await hears(runtime, person, "bonjour")
            assert (await acting).status_code == 303
            assert await _held(runtime, person)


async def test_a_thread_shows_both_sides_and_what_was_understood(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    person = district.people["ar"]
    await hears(runtime, person, "ابني خائف ولا يريد العودة إلى المدرسة")
    await runtime.dispatcher(owner=1).drain()
    ticket = await ticket_for(runtime, person)
    async with browsing(app, AMAL) as amal:
        page = await amal.see(f"/mediation/{ticket}")
    assert "ابني خائف" in page
    assert 'lang="ar"' in page
    assert "Ce que le robot a compris" in page
    assert "Réponse automatique" in page
    assert "Collège des Micocouliers, Montpellier" in page
    assert page.index("message--family") < page.index("message--bot")


async def test_a_failed_message_is_told_in_words(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    person = district.people["fr"]
    ticket = await ticket_for(runtime, person)
    async with browsing(app, AMAL) as amal:
        await amal.submit(f"/mediation/{ticket}/prendre")
        await amal.submit(f"/mediation/{ticket}/ecrire", texte="Bonjour", nonce="n" * 20)
        async with runtime.store.session() as session:
            row = (await session.exec(select(Outgoing))).one()
            row.state, row.error_code = "failed", "30003"
            session.add(row)
        page = await amal.see(f"/mediation/{ticket}")
    assert "échec : téléphone éteint ou hors de portée" in page


async def test_what_a_family_writes_is_never_markup(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    person = district.people["fr"]
    await hears(runtime, person, '<script>alert(1)</script><img src=x onerror="alert(2)">')
    ticket = await ticket_for(runtime, person)
    async with browsing(app, AMAL) as amal:
        for path in (f"/mediation/{ticket}", f"/simulateur?personne={person}"):
            page = await amal.see(path)
            assert "&lt;script&gt;alert(1)" in page
            assert "<img src=x" not in page


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        (" a\r\nb\rc ", "a\nb\nc"),
        ("e\u0301te\u0301", "été"),
        ("au secours\x00", "au secours\ufffd"),
        ("\u200f مرحبا", "\u200f مرحبا"),
    ],
)
def test_a_text_is_cleaned_without_loss(typed: str, sent: str) -> None:
    assert clean(typed) == sent
