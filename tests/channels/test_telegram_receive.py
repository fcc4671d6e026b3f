"""Updates come in by webhook or by long polling; a crash or a bad one loses nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram.error import InvalidToken

from outreach.channels.contract import Button, Envelope, Inbound
from outreach.channels.telegram import SECRET_HEADER, Telegram, parse_update, secret_valid
from tests.channels.conftest import CHAT, NOW
from tests.standins.server import LocalServer
from tests.standins.telegram import TelegramStandIn

SECRET = "un-secret_de-test"
MENU = Envelope(7, str(CHAT), "Tout va bien ?", (Button(1, "Oui"), Button(0, "Une personne")), NOW)


class Taken:
    """A handler that keeps what it gets, and fails on the texts it is told to."""

    def __init__(self, failing: set[str] | None = None) -> None:
        self.texts: list[str] = []
        self.failing = failing or set()
        self._changed = asyncio.Condition()

    async def __call__(self, update: dict[str, Any]) -> None:
        parsed = parse_update(update, NOW)
        assert isinstance(parsed, Inbound)
        async with self._changed:
            self.texts.append(parsed.text)
            self._changed.notify_all()
        if parsed.text in self.failing:
            raise RuntimeError("database away")

    async def until(self, ready: Callable[[list[str]], bool]) -> None:
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(lambda: ready(self.texts)), 10)


@asynccontextmanager
async def polling(
    telegram: Telegram, handler: Callable[[dict[str, Any]], Awaitable[None]]
) -> AsyncIterator[None]:
    """Poll until the block ends, as abruptly as a kill."""
    task = asyncio.create_task(telegram.poll(handler, pause_seconds=0.01))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.asyncio
async def test_polling_takes_what_waits_and_what_comes(
    telegram: Telegram, bot_api: TelegramStandIn
) -> None:
    await bot_api.says(CHAT, "avant")
    taken = Taken()
    async with polling(telegram, taken):
        await taken.until(lambda texts: "avant" in texts)
        await bot_api.says(CHAT, "pendant")
        await taken.until(lambda texts: "pendant" in texts)
        await asyncio.wait_for(bot_api.updates.confirmed(), 5)
    assert taken.texts == ["avant", "pendant"]


@pytest.mark.asyncio
async def test_polling_removes_a_webhook_that_would_forbid_it(
    telegram: Telegram, bot_api: TelegramStandIn
) -> None:
    await telegram.set_webhook("https://lien.example.org/webhooks/telegram", SECRET)
    assert json.loads(bot_api.webhook_params["allowed_updates"]) == [
        "message",
        "edited_message",
        "callback_query",
        "my_chat_member",
    ]
    taken = Taken()
    async with polling(telegram, taken):
        await asyncio.wait_for(bot_api.updates.until_asked(None), 5)
        await bot_api.says(CHAT, "enfin")
        await taken.until(lambda texts: texts == ["enfin"])


@pytest.mark.asyncio
async def test_an_update_is_confirmed_only_after_it_was_handled(
    telegram: Telegram, bot_api: TelegramStandIn
) -> None:
    started = asyncio.Event()

    async def killed_in_the_middle(update: dict[str, Any]) -> None:
        started.set()
        await asyncio.Event().wait()

    await bot_api.says(CHAT, "au secours")
    async with polling(telegram, killed_in_the_middle):
        await started.wait()
    taken = Taken()
    async with polling(telegram, taken):
        await taken.until(lambda texts: texts == ["au secours"])


@pytest.mark.asyncio
async def test_one_failing_update_is_kept_and_does_not_hold_up_the_others(
    telegram: Telegram, bot_api: TelegramStandIn
) -> None:
    taken = Taken(failing={"raté"})
    for text in ("premier", "raté", "dernier"):
        await bot_api.says(CHAT, text)
    async with polling(telegram, taken):
        await taken.until(lambda texts: texts.count("raté") >= 2 and "dernier" in texts)
        assert [u["message"]["text"] for u in bot_api.updates.pending] == ["raté", "dernier"]
        taken.failing.clear()
        await asyncio.wait_for(bot_api.updates.confirmed(), 5)
    assert (taken.texts.count("premier"), taken.texts.count("dernier")) == (1, 1)


@pytest.mark.asyncio
async def test_polling_survives_a_failing_network(
    telegram: Telegram, bot_api: TelegramStandIn
) -> None:
    for kind in ("drop", "error", "throttle", "garbage"):
        bot_api.faults.next(kind)
    taken = Taken()
    await bot_api.says(CHAT, "toujours là")
    async with polling(telegram, taken):
        await taken.until(lambda texts: texts == ["toujours là"])


@pytest.mark.asyncio
async def test_polling_starts_anew_when_telegram_numbers_anew(
    telegram: Telegram, bot_api: TelegramStandIn
) -> None:
    taken = Taken()
    async with polling(telegram, taken):
        await bot_api.says(CHAT, "juin")
        await taken.until(lambda texts: texts == ["juin"])
        await asyncio.wait_for(bot_api.updates.confirmed(), 5)
        await bot_api.updates.time_out()  # a quiet week
        await asyncio.wait_for(bot_api.updates.until_asked(None), 5)
        await bot_api.deliver({"update_id": 12, "message": bot_api.message(CHAT, "septembre")})
        await taken.until(lambda texts: texts == ["juin", "septembre"])


@pytest.mark.asyncio
async def test_a_wrong_token_ends_polling(telegram: Telegram, bot_api: TelegramStandIn) -> None:
    bot_api.token = "4200:changed"
    with pytest.raises(InvalidToken):
        await asyncio.wait_for(telegram.poll(Taken(), pause_seconds=0.01), 5)


@asynccontextmanager
async def webhook(bot_api: TelegramStandIn, telegram: Telegram) -> AsyncIterator[list[Any]]:
    """The least application with a webhook; yields what it has taken."""
    taken: list[Any] = []

    async def take(request: Request) -> Response:
        if not secret_valid(SECRET, request.headers.get(SECRET_HEADER)):
            return Response(status_code=403)
        update = await request.json()
        taken.append(parse_update(update, NOW))
        await telegram.acknowledge(update)
        return Response(status_code=200)

    app = Starlette(routes=[Route("/webhooks/telegram", take, methods=["POST"])])
    async with LocalServer(app) as server:
        await telegram.set_webhook(f"{server.url}/webhooks/telegram", SECRET)
        yield taken


@pytest.mark.asyncio
async def test_a_whole_exchange_by_webhook(telegram: Telegram, bot_api: TelegramStandIn) -> None:
    async with webhook(bot_api, telegram) as taken:
        await bot_api.start(CHAT, "jeton-unique")
        await telegram.send(MENU)
        answer = await bot_api.presses(bot_api.sent[0], "Une personne")
        await bot_api.blocks(CHAT)
    assert answer is not None
    assert answer.status_code == 200
    assert taken[0].link_token == "jeton-unique"
    assert (taken[1].choice, taken[1].address) == (0, str(CHAT))
    assert len(bot_api.answered) == 1  # the phone's waiting sign has stopped
    assert taken[2].address == str(CHAT)


@pytest.mark.asyncio
async def test_a_webhook_call_without_our_secret_is_refused_and_kept_by_telegram(
    telegram: Telegram, bot_api: TelegramStandIn
) -> None:
    async with webhook(bot_api, telegram) as taken:
        bot_api.updates.secret = "celui d'un autre"
        answer = await bot_api.says(CHAT, "bonjour")
        assert answer is not None
        assert answer.status_code == 403
        assert taken == []
    assert len(bot_api.updates.pending) == 1


@pytest.mark.asyncio
async def test_acknowledging_never_fails(
    telegram: Telegram, bot_api: TelegramStandIn, closed_port: str
) -> None:
    query = {"callback_query": {"id": "trop vieux"}}
    odd: list[dict[str, Any]] = [{}, {"callback_query": None}, {"callback_query": {}}, query]
    for update in odd:
        await telegram.acknowledge(update)
    bot_api.faults.next("drop")
    await telegram.acknowledge(query)
    assert bot_api.answered == []
