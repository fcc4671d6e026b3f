"""A Telegram message is handed over once, with its buttons, and failures say what they mean."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from datetime import timedelta

import pytest

from outreach.channels.contract import (
    Accepted,
    Button,
    CannotTell,
    Envelope,
    GiveUp,
    Outcome,
    Retry,
    StopAddress,
    Unknown,
)
from outreach.channels.telegram import Telegram
from outreach.channels.telegram_http import DEFAULT_PAUSE
from tests.channels.conftest import CHAT, NOW
from tests.standins.telegram import TelegramStandIn

TO = str(CHAT)
MESSAGE = Envelope(7, TO, "Bonjour, c'est le collège.", (), NOW)


@pytest.mark.asyncio
async def test_a_message_reaches_the_chat_whole(
    telegram: Telegram, bot_api: TelegramStandIn
) -> None:
    text = "Le collège rouvre lundi. *_[ أهلا 👋 <b> & = +"
    outcome = await telegram.send(dataclasses.replace(MESSAGE, text=text))
    (message,) = bot_api.sent
    assert (message.chat_id, message.text, message.rows) == (CHAT, text, [])
    assert isinstance(outcome, Accepted)
    assert outcome.provider_id.startswith(f"m{message.message_id}.")


@pytest.mark.asyncio
async def test_a_menu_becomes_buttons_two_short_ones_a_row(
    telegram: Telegram, bot_api: TelegramStandIn
) -> None:
    labels = ["Oui", "Non", "Je ne sais pas encore, à voir", "Malade", "Une personne"]
    buttons = tuple(Button(number, label) for number, label in enumerate(labels))
    outcome = await telegram.send(dataclasses.replace(MESSAGE, buttons=buttons))
    assert isinstance(outcome, Accepted)
    (message,) = bot_api.sent
    assert message.labels == [["Oui", "Non"], [labels[2]], ["Malade", "Une personne"]]
    assert message.rows[-1][-1]["callback_data"] == "n:4"


@pytest.mark.asyncio
async def test_4096_characters_pass_and_one_more_does_not(
    telegram: Telegram, bot_api: TelegramStandIn
) -> None:
    whole = dataclasses.replace(MESSAGE, text="é" * 4096)
    assert isinstance(await telegram.send(whole), Accepted)
    longer = dataclasses.replace(MESSAGE, text="é" * 4097)
    assert await telegram.send(longer) == GiveUp("message_is_too_long")
    assert await telegram.send(dataclasses.replace(MESSAGE, text=" ")) == GiveUp(
        "message_text_is_empty"
    )
    assert len(bot_api.sent) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("prepare", "expected"),
    [
        (lambda t: t.chats.blocked.add(CHAT), StopAddress("blocked", "blocked")),
        (lambda t: t.chats.deactivated.add(CHAT), StopAddress("deactivated", "blocked")),
        (lambda t: t.chats.strangers.add(CHAT), StopAddress("never_started", "blocked")),
        (lambda t: t.chats.started.clear(), StopAddress("chat_not_found", "unreachable")),
        (lambda t: setattr(t, "token", "4200:changed"), GiveUp("invalid_token")),
    ],
)
async def test_a_refusal_stops_the_right_thing(
    telegram: Telegram,
    bot_api: TelegramStandIn,
    prepare: Callable[[TelegramStandIn], None],
    expected: Outcome,
) -> None:
    prepare(bot_api)
    assert await telegram.send(MESSAGE) == expected
    assert bot_api.sent == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("hang", "timeout"),
        ("drop", "connection_lost"),
        ("error", "http_502"),
        ("garbage", "unreadable_answer"),
    ],
)
@pytest.mark.parametrize("taken", [True, False])
async def test_when_the_answer_is_lost_only_a_person_can_tell(
    telegram: Telegram, bot_api: TelegramStandIn, kind: str, code: str, taken: bool
) -> None:
    bot_api.faults.next(kind, taken=taken, status=502)  # type: ignore[arg-type]  # parametrised
    assert await telegram.send(MESSAGE) == Unknown(code)
    assert len(bot_api.sent) == (1 if taken else 0)
    assert await telegram.find(MESSAGE, frozenset()) == CannotTell()


@pytest.mark.asyncio
async def test_too_many_messages_waits_as_long_as_telegram_asks(
    telegram: Telegram, bot_api: TelegramStandIn
) -> None:
    bot_api.faults.next("throttle")
    assert await telegram.send(MESSAGE) == Retry("429", timedelta(seconds=7))
    bot_api.faults.next("error", status=429)
    assert await telegram.send(MESSAGE) == Retry("429", DEFAULT_PAUSE)
    assert bot_api.sent == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("refused", "no_connection"),
        ("http://nowhere.invalid", "no_connection"),
        ("nonsense", "bad_api_url"),
    ],
)
async def test_what_never_left_is_never_unknown(
    url: str, expected: str, closed_port: str, bot_api: TelegramStandIn
) -> None:
    channel = Telegram(bot_api.token, api_url=closed_port if url == "refused" else url)
    outcome = await channel.send(MESSAGE)
    await channel.close()
    assert isinstance(outcome, GiveUp if expected == "bad_api_url" else Retry)
    assert outcome.code == expected


@pytest.mark.asyncio
async def test_neither_token_nor_chat_nor_text_is_logged(
    telegram: Telegram, bot_api: TelegramStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = dataclasses.replace(MESSAGE, text="un mot secret")
    for kind in (None, "garbage", "drop", "error"):
        if kind:
            bot_api.faults.next(kind, taken=True)
        await telegram.send(secret)
    assert len(bot_api.sent) == 4
    ours = [r for r in caplog.records if not r.name.startswith("uvicorn")]  # the stand-in's own
    logged = "".join(f"{record.getMessage()} {record.exc_text}" for record in ours)
    assert bot_api.token not in logged
    assert TO not in logged
    assert "secret" not in logged
