"""What the Telegram stand-in remembers: chats, sent messages, updates not yet confirmed."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BOT = {
    "id": 4200,
    "is_bot": True,
    "first_name": "Renouer",
    "username": "renouer_essai_bot",
    "can_join_groups": False,
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
}


class RefusedError(Exception):
    """Telegram's answer when it refuses: a status, a description, perhaps parameters."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters

    def json(self) -> dict[str, Any]:
        """Telegram's error format."""
        body = {"ok": False, "error_code": self.status, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


@dataclass
class SentMessage:
    """A message from the bot, as the person's phone shows it."""

    message_id: int
    chat_id: int
    text: str
    rows: list[list[dict[str, Any]]]

    @property
    def labels(self) -> list[list[str]]:
        """The buttons as rows of labels."""
        return [[button["text"] for button in row] for row in self.rows]


@dataclass
class Updates:
    """The queue of getUpdates: kept until an offset beyond them is asked for."""

    pending: list[dict[str, Any]] = field(default_factory=list)
    webhook_url: str = ""
    secret: str = ""
    asking: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    asked: list[int | None] = field(default_factory=list)
    timed_out: int = 0

    async def add(self, update: dict[str, Any]) -> None:
        """Queue an update and wake who waits for one."""
        async with self.changed:
            self.pending.append(update)
            self.changed.notify_all()

    async def fetch(self, offset: int | None, limit: int, wait: float) -> list[dict[str, Any]]:
        """getUpdates: confirm what lies before `offset`, then wait for something to give."""
        self._check_free()
        self.asking += 1
        mine, wait_number = self.asking, self.timed_out
        async with self.changed:
            self.asked.append(offset)
            if offset is not None:
                self.pending = [u for u in self.pending if u["update_id"] >= offset]
            self.changed.notify_all()

            def ready() -> bool:
                changed = self.asking != mine or self.timed_out != wait_number
                return bool(self.pending) or changed or bool(self.webhook_url)

            try:
                await asyncio.wait_for(self.changed.wait_for(ready), wait)
            except TimeoutError:
                return []
            if self.asking != mine:
                raise RefusedError(409, "Conflict: terminated by other getUpdates request")
            self._check_free()
            return self.pending[:limit]

    async def confirmed(self) -> None:
        """Wait until every update has been confirmed."""
        async with self.changed:
            await self.changed.wait_for(lambda: not self.pending)

    async def time_out(self) -> None:
        """Answer the waiting getUpdates with nothing, as when its time is up."""
        async with self.changed:
            self.timed_out += 1
            self.changed.notify_all()

    async def until_asked(self, offset: int | None) -> None:
        """Wait until the last getUpdates came with this offset."""
        async with self.changed:
            await self.changed.wait_for(lambda: bool(self.asked) and self.asked[-1] == offset)

    async def set_webhook(self, url: str, secret: str) -> None:
        """Post updates from now on, or with an empty URL, no longer."""
        async with self.changed:
            self.webhook_url, self.secret = url, secret
            self.changed.notify_all()

    def _check_free(self) -> None:
        if self.webhook_url:
            raise RefusedError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )


@dataclass
class Chats:
    """Who may be written to, and what was written."""

    started: set[int] = field(default_factory=set)
    strangers: set[int] = field(default_factory=set)
    blocked: set[int] = field(default_factory=set)
    deactivated: set[int] = field(default_factory=set)
    sent: list[SentMessage] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def send(self, params: Mapping[str, str]) -> dict[str, Any]:
        """sendMessage, with what Telegram refuses."""
        chat = self._open_chat(params.get("chat_id", ""))
        text = params.get("text", "")
        if not text.strip():
            raise RefusedError(400, "Bad Request: message text is empty")
        if len(text) > 4096:
            raise RefusedError(400, "Bad Request: message is too long")
        rows = keyboard(params.get("reply_markup"))
        message = SentMessage(next(self.numbers), chat, text, rows)
        self.sent.append(message)
        return self.json(message)

    def json(self, message: SentMessage) -> dict[str, Any]:
        """The Message object of something sent."""
        markup = {"reply_markup": {"inline_keyboard": message.rows}} if message.rows else {}
        return {
            "message_id": message.message_id,
            "from": BOT,
            "chat": chat_json(message.chat_id),
            "date": int(time.time()),
            "text": message.text,
            **markup,
        }

    def _open_chat(self, chat_id: str) -> int:
        if not chat_id:
            raise RefusedError(400, "Bad Request: chat_id is empty")
        chat = int(chat_id) if chat_id.lstrip("-").isdecimal() else 0
        if chat in self.deactivated:
            raise RefusedError(403, "Forbidden: user is deactivated")
        if chat in self.blocked:
            raise RefusedError(403, "Forbidden: bot was blocked by the user")
        if chat in self.strangers:
            raise RefusedError(403, "Forbidden: bot can't initiate conversation with a user")
        if chat not in self.started:
            raise RefusedError(400, "Bad Request: chat not found")
        return chat


def chat_json(chat_id: int) -> dict[str, Any]:
    """A private chat."""
    return {"id": chat_id, "type": "private", "first_name": "Essai"}


def user_json(chat_id: int) -> dict[str, Any]:
    """The person of a private chat: same id."""
    return {"id": chat_id, "is_bot": False, "first_name": "Essai", "language_code": "fr"}


def keyboard(markup: str | None) -> list[list[dict[str, Any]]]:
    """The rows of an inline keyboard, checked as Telegram checks them."""
    if not markup:
        return []
    try:
        rows: list[list[dict[str, Any]]] = json.loads(markup)["inline_keyboard"]
    except (ValueError, KeyError, TypeError):
        raise RefusedError(400, "Bad Request: can't parse reply keyboard markup JSON") from None
    for button in itertools.chain.from_iterable(rows):
        if not button.get("text"):
            raise RefusedError(
                400, "Bad Request: text buttons are unallowed in the inline keyboard"
            )
        if not 1 <= len(str(button.get("callback_data", "")).encode()) <= 64:
            raise RefusedError(400, "Bad Request: BUTTON_DATA_INVALID")
    return rows
