"""What providers post: taken without loss, once, and only when it is theirs."""

from __future__ import annotations

import asyncio
from urllib.parse import quote_from_bytes

import httpx
import pytest
from prometheus_client import REGISTRY
from sqlmodel import select

from outreach.people import new_link
from outreach.tables import Address, InboundRow, OutgoingState, Person
from tests.bot.conftest import PUBLIC, Served
from tests.bot.support import PHONE, deliver, ledger, people, stored, tickets
from tests.standins.twilio import sid, sign

CHAT = 4242


async def test_a_signed_message_is_answered(served: Served) -> None:
    response = await served.twilio.deliver_inbound(served.url, PHONE, "c ki ?")
    assert (response.status_code, response.headers["content-type"]) == (
        200,
        "text/xml; charset=utf-8",
    )
    await deliver(served.runtime)
    [message] = served.twilio.messages
    assert message.to == PHONE
    assert "automatique" in message.body


async def test_the_same_webhook_five_times_twice_at_once_is_one_inbound_and_one_reply(
    served: Served,
) -> None:
    message = sid()
    for _ in range(2):
        responses = await asyncio.gather(
            *(
                served.twilio.deliver_inbound(served.url, PHONE, "bonjour", sid=message)
                for _ in range(2)
            )
        )
        assert {r.status_code for r in responses} == {200}
    await served.twilio.deliver_inbound(served.url, PHONE, "bonjour", sid=message)
    await deliver(served.runtime)
    assert len(await stored(served.runtime)) == 1
    assert len(served.twilio.messages) == 1


async def test_ten_first_messages_of_one_number_at_once_make_one_person(served: Served) -> None:
    await asyncio.gather(
        *(served.twilio.deliver_inbound(served.url, PHONE, f"bonjour {n}") for n in range(10))
    )
    assert len(await people(served.runtime)) == 1
    assert len(await stored(served.runtime)) == 10


@pytest.mark.parametrize("signature", ["bad", "none"])
async def test_a_wrong_signature_leaves_nothing_but_a_counter(
    served: Served, signature: str
) -> None:
    labels = {"channel": "twilio", "reason": "signature"}
    before = REGISTRY.get_sample_value("renouer_webhook_refused_total", labels) or 0
    response = await served.twilio.deliver_inbound(
        served.url,
        PHONE,
        "bonjour",
        signature=signature,  # type: ignore[arg-type]  # parametrised
    )
    assert response.status_code == 403
    assert response.content == b""
    assert REGISTRY.get_sample_value("renouer_webhook_refused_total", labels) == before + 1
    assert await stored(served.runtime) == []
    assert await people(served.runtime) == []


async def test_a_forged_host_does_not_help(served: Served) -> None:
    """Signed for the inner address instead of the public one: not Twilio's."""
    served.twilio.public_url = served.url
    response = await served.twilio.deliver_inbound(served.url, PHONE, "bonjour")
    assert response.status_code == 403


@pytest.mark.parametrize(
    ("body", "extra"),
    [
        ("", {}),
        ("x" * 1600, {}),
        ("é" * 1600, {"ChannelToAddress": "…", "UnknownField": "1"}),
        ("bonjour\x00", {}),
        ("\u202eabc\u200b", {}),
    ],
    ids=["empty", "1600", "unknown fields", "nul", "invisible"],
)
async def test_an_odd_form_is_taken_without_loss(
    served: Served, body: str, extra: dict[str, str]
) -> None:
    response = await served.twilio.deliver_inbound(served.url, PHONE, body, extra=extra)
    assert response.status_code == 200
    [(_row, text)] = await stored(served.runtime)
    assert text == body.replace("\x00", "\N{REPLACEMENT CHARACTER}")


async def test_several_media_are_kept(served: Served) -> None:
    media = [
        ("image/jpeg", "https://media.example.org/1"),
        ("audio/ogg", "https://media.example.org/2"),
    ]
    await served.twilio.deliver_inbound(served.url, PHONE, "", media=media)
    [(row, _text)] = await stored(served.runtime)
    assert [m["kind"] for m in row.media] == ["image", "audio"]
    assert len(await tickets(served.runtime)) == 1  # nobody but a person can open them


async def test_broken_utf8_is_taken_without_loss(served: Served) -> None:
    """Latin-1 on the wire: the family's words stay readable."""
    fields = served.twilio.inbound_fields(PHONE, "")
    body = "&".join(f"{k}={quote_from_bytes(v.encode('latin-1'))}" for k, v in fields.items())
    body = body.replace("Body=", "Body=enfant+malade+%E9t%E9")
    signed = fields | {"Body": "enfant malade été"}
    url = f"{PUBLIC}/webhooks/twilio/messages"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": sign(served.twilio.auth_token, url, signed.items()),
    }
    async with httpx.AsyncClient() as client:
        response = await client.post(
            f"{served.url}/webhooks/twilio/messages", content=body, headers=headers
        )
    assert response.status_code == 200
    [(_row, text)] = await stored(served.runtime)
    assert text == "enfant malade été"


async def test_receipts_move_the_reply_on(served: Served) -> None:
    await served.twilio.deliver_inbound(served.url, PHONE, "bonjour")
    await deliver(served.runtime)
    [message] = served.twilio.messages
    for status in ("sent", "delivered", "delivered"):
        response = await served.twilio.post_status(served.url, message.sid, status)
        assert response.status_code == 204
    [row] = await ledger(served.runtime)
    assert row.state == OutgoingState.DELIVERED


async def test_a_forged_receipt_is_refused(served: Served) -> None:
    await served.twilio.deliver_inbound(served.url, PHONE, "bonjour")
    await deliver(served.runtime)
    [message] = served.twilio.messages
    response = await served.twilio.post_status(served.url, message.sid, "read", signature="bad")
    assert response.status_code == 403
    [row] = await ledger(served.runtime)
    assert row.state == OutgoingState.ACCEPTED


async def test_stop_is_twilios_too_and_is_not_answered_against_it(served: Served) -> None:
    """Twilio blocks a number that says STOP: our confirmation is refused, and we know why."""
    await served.twilio.deliver_inbound(served.url, PHONE, "STOP")
    await deliver(served.runtime)
    assert served.twilio.messages == []
    [row] = await ledger(served.runtime)
    assert (row.state, row.error_code) == (OutgoingState.FAILED, "21610")
    [person] = await people(served.runtime)
    assert person.opted_out_at is not None
    assert await tickets(served.runtime) == []  # a STOP calls for nobody


async def test_telegram_needs_its_secret(served: Served) -> None:
    served.telegram.updates.secret = "somebody else's"
    response = await served.telegram.says(CHAT, "bonjour")
    assert response is not None
    assert response.status_code == 403
    assert await stored(served.runtime) == []


async def test_telegram_answers_with_buttons_and_a_button_answers_the_menu(served: Served) -> None:
    await served.telegram.says(CHAT, "bonjour")
    await deliver(served.runtime)
    [menu] = served.telegram.sent
    labels = [label for row in menu.labels for label in row]
    assert len(labels) >= 3
    await served.telegram.presses(menu, labels[-1])  # the last is always a person
    await deliver(served.runtime)
    assert len(served.telegram.sent) == 2
    assert len(await tickets(served.runtime)) == 1


async def test_a_telegram_update_repeated_changes_nothing(served: Served) -> None:
    update = {"update_id": 7, "message": served.telegram.message(CHAT, "bonjour")}
    served.telegram.chats.started.add(CHAT)
    for _ in range(3):
        await served.telegram.deliver(update)
    await deliver(served.runtime)
    assert len(await stored(served.runtime)) == 1
    assert len(served.telegram.sent) == 1


async def linked_person(served: Served) -> tuple[int, str]:
    await served.twilio.deliver_inbound(served.url, PHONE, "bonjour")
    [person] = await people(served.runtime)
    assert person.id is not None
    async with served.runtime.store.session() as session:
        return person.id, await new_link(session, person.id)


async def owner_of_chat(served: Served) -> int | None:
    async with served.runtime.store.session() as session:
        rows = await session.exec(select(Address).where(Address.channel == "telegram"))
        return max((a.person_id for a in rows), default=None)


async def test_start_with_a_token_links_the_chat_to_the_person(served: Served) -> None:
    person_id, token = await linked_person(served)
    await served.telegram.start(CHAT, token)
    assert await owner_of_chat(served) == person_id


async def test_a_token_serves_once(served: Served) -> None:
    person_id, token = await linked_person(served)
    await served.telegram.start(CHAT, token)
    await served.telegram.start(CHAT + 1, token)
    async with served.runtime.store.session() as session:
        rows = await session.exec(select(Address).where(Address.person_id == person_id))
        assert sorted(a.channel for a in rows) == ["sms", "telegram"]


async def test_a_token_made_up_reveals_nothing(served: Served) -> None:
    await linked_person(served)
    await served.telegram.start(CHAT, "made-up-token")
    async with served.runtime.store.session() as session:
        found = (await session.exec(select(Person))).all()
    assert len(found) == 2  # a stranger, greeted like anybody
    await deliver(served.runtime)
    assert len(served.telegram.sent) == 1


async def test_who_blocks_the_bot_is_left_alone(served: Served) -> None:
    await served.telegram.says(CHAT, "bonjour")
    await served.telegram.blocks(CHAT)
    async with served.runtime.store.session() as session:
        [address] = (await session.exec(select(Address))).all()
    assert address.consent == "blocked"


async def test_an_update_that_is_not_json_is_refused_and_the_next_one_taken(served: Served) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": served.telegram.updates.secret}
    async with httpx.AsyncClient() as client:
        url = f"{served.url}/webhooks/telegram"
        for content in (b"", b"[1]", b"\xff\xfe", b"{" * 100):
            assert (await client.post(url, content=content, headers=headers)).status_code == 400
    await served.telegram.says(CHAT, "bonjour")
    async with served.runtime.store.session() as session:
        assert len((await session.exec(select(InboundRow))).all()) == 1
