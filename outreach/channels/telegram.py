"""Telegram: send with buttons, receive by webhook or by long polling."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
)

from outreach.channels.contract import (
    Accepted,
    Button,
    CannotTell,
    Channel,
    Envelope,
    Finding,
    GiveUp,
    Outcome,
    Retry,
    StopAddress,
    Unknown,
)
from outreach.channels.telegram_http import QuietRequest, ServerFaultError, ThrottledError
from outreach.channels.telegram_polling import Handler, poll_updates
from outreach.channels.telegram_updates import (
    ALLOWED_UPDATES,
    NAME,
    SECRET_HEADER,
    Blocked,
    parse_update,
    secret_valid,
)

__all__ = ["SECRET_HEADER", "WEBHOOK_PATH", "Blocked", "Telegram", "parse_update", "secret_valid"]

API_URL: Final = "https://api.telegram.org"
WEBHOOK_PATH: Final = "/webhooks/telegram"
UNREACHED_PAUSE: Final = timedelta(seconds=30)
LONG_POLL_SECONDS: Final = 25
SIDE_BY_SIDE: Final = 18  # characters: two longer labels in one row are cut on a small phone


class Telegram(Channel):
    """The Telegram channel. Menus become buttons.

    >>> telegram = Telegram("123:token")
    >>> await telegram.send(Envelope(7, "4242", "Bonjour"))
    Accepted(provider_id='m12.1592200800')
    """

    name = NAME
    buttons = True

    def __init__(
        self, token: str, *, api_url: str = API_URL, timeout_seconds: float = 10.0
    ) -> None:
        api_url = api_url.rstrip("/")
        self._request = QuietRequest(timeout_seconds)
        self._polling = QuietRequest(timeout_seconds, connections=2)
        self._timeout_seconds = timeout_seconds
        self._bot = Bot(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=self._request,
            get_updates_request=self._polling,
        )

    async def send(self, envelope: Envelope) -> Outcome:
        """Hand one message to Telegram; every refusal and failure is a value."""
        try:
            message = await self._bot.send_message(
                chat_id=envelope.to,
                text=envelope.text,
                reply_markup=keyboard(envelope.buttons),
                # A preview is fetched by machines, which would use up a single-use link.
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        except Exception as error:
            # Whatever went wrong, the message may have left: only outcome_of may say otherwise.
            return outcome_of(error)
        # Message numbers are promised to be unique within a chat only; the date makes up for it.
        return Accepted(f"m{message.message_id}.{int(message.date.timestamp())}")

    async def find(self, envelope: Envelope, known: frozenset[str]) -> Finding:
        """Telegram keeps no list that a bot can read, so a person must decide."""
        del envelope, known
        return CannotTell()

    async def acknowledge(self, update: Mapping[str, Any]) -> None:
        """Stop the waiting sign on a pressed button. Best effort: it only looks better."""
        query = update.get("callback_query")
        if not isinstance(query, Mapping) or "id" not in query:
            return
        try:
            await self._bot.answer_callback_query(str(query["id"]))
        except TelegramError:
            return

    async def poll(self, handler: Handler, pause_seconds: float = 1.0) -> None:
        """Fetch updates until cancelled; `handler` gets each raw one, and may get it again.

        For a service without a public URL: any webhook is removed. An update is confirmed only
        after `handler` has returned, so that a crash loses nothing; `handler` must therefore
        know a repeat by its `provider_id`. Raises `InvalidToken`.
        """
        await poll_updates(self.delete_webhook, self._fetch, handler, pause_seconds)

    async def set_webhook(self, url: str, secret: str) -> None:
        """Ask Telegram to post updates to `url` with our secret; raises `TelegramError`."""
        await self._bot.set_webhook(url, secret_token=secret, allowed_updates=ALLOWED_UPDATES)

    async def delete_webhook(self) -> None:
        """Stop the posting of updates, keeping those that wait; raises `TelegramError`."""
        await self._bot.delete_webhook(drop_pending_updates=False)

    async def close(self) -> None:
        """Release connections."""
        await self._request.shutdown()
        await self._polling.shutdown()

    async def _fetch(self, offset: int | None) -> list[dict[str, Any]]:
        """One long poll, answered as raw JSON.

        Not `Bot.get_updates`: one update that the library cannot parse would make it log the
        people's words and fail on the whole batch, for ever.
        """
        query: dict[str, Any] = {
            "timeout": LONG_POLL_SECONDS,
            "allowed_updates": json.dumps(ALLOWED_UPDATES),
        }
        if offset is not None:
            query["offset"] = offset
        updates = await self._polling.post(
            f"{self._bot.base_url}/getUpdates?{urlencode(query)}",
            read_timeout=LONG_POLL_SECONDS + self._timeout_seconds,
        )
        return [update for update in updates if isinstance(update, dict)]  # type: ignore[union-attr]  # the method's type covers every endpoint


def keyboard(buttons: tuple[Button, ...]) -> InlineKeyboardMarkup | None:
    """The menu under a message: two short labels a row, a long one alone.

    >>> keyboard(()) is None
    True
    """
    if not buttons:
        return None
    rows: list[list[InlineKeyboardButton]] = []
    room = False
    for button in buttons:
        short = len(button.label) <= SIDE_BY_SIDE
        key = InlineKeyboardButton(button.label, callback_data=f"n:{button.number}")
        if room and short:
            rows[-1].append(key)
            room = False
        else:
            rows.append([key])
            room = short
    return InlineKeyboardMarkup(rows)


def outcome_of(error: Exception) -> Outcome:
    """What an error while sending says about the message; in doubt, `Unknown`.

    >>> outcome_of(Forbidden("Forbidden: bot was blocked by the user"))
    StopAddress(code='blocked', consent='blocked')
    """
    match error:
        case ThrottledError():
            return Retry("429", error.after)
        case ServerFaultError():
            return Unknown(f"http_{error.status}")
        case InvalidToken():
            return GiveUp("invalid_token")
        case Forbidden():
            return StopAddress(_forbidden(error.message), "blocked")
        case BadRequest():
            return _refused(error.message)
        case Conflict() | ChatMigrated():
            return GiveUp(type(error).__name__.lower())
        case NetworkError():
            return _failed(error.__cause__)
        case _:
            return Unknown("unreadable_answer")


def _forbidden(message: str) -> str:
    if "deactivated" in message:
        return "deactivated"
    return "never_started" if "initiate" in message else "blocked"


def _refused(message: str) -> Outcome:
    code = re.sub(r"[^a-z]+", "_", message.lower()).strip("_")[:40]
    if code in ("chat_not_found", "peer_id_invalid", "user_id_invalid", "user_not_found"):
        return StopAddress(code, "unreachable")
    return GiveUp(code)


def _failed(cause: BaseException | None) -> Outcome:
    """A failure of the connection; httpx says whether the request had left."""
    match cause:
        case httpx.ConnectError() | httpx.ProxyError():
            return Retry("no_connection", UNREACHED_PAUSE)
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return Retry("connect_timeout", UNREACHED_PAUSE)
        case httpx.UnsupportedProtocol():
            return GiveUp("bad_api_url")
        case httpx.TimeoutException():
            return Unknown("timeout")
        case _:
            return Unknown("connection_lost")
