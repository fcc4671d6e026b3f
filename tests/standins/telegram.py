"""A stand-in for Telegram's Bot API: methods for the bot, updates from people."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.standins.faults import Faults
from tests.standins.server import LocalServer
from tests.standins.telegram_state import (
    BOT,
    Chats,
    RefusedError,
    SentMessage,
    Updates,
    chat_json,
    user_json,
)

TOKEN = "4200:stand-in-token"
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
Params = Mapping[str, str]
Method = Callable[[Params], Awaitable[Any]]


class TelegramStandIn:
    """`async with TelegramStandIn() as telegram:` then point the API URL at `telegram.url`.

    What a person does: `start`, `says`, `presses`, `edits`, `blocks`; each returns the answer of
    the webhook, or None while there is none and the update waits for getUpdates.
    """

    def __init__(self) -> None:
        self.token = TOKEN
        self.chats = Chats()
        self.updates = Updates()
        self.faults = Faults()
        self.calls: list[str] = []
        self.answered: list[str] = []
        self.webhook_params: dict[str, str] = {}
        self._queries: set[str] = set()
        self._update_ids = itertools.count(700_001)
        self._message_ids = itertools.count(1_000_001)
        routes = [
            Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
        ]
        self._server = LocalServer(Starlette(routes=routes))
        self.url = self._server.url
        self._methods: dict[str, Method] = {
            "getme": self._get_me,
            "sendmessage": self._send_message,
            "answercallbackquery": self._answer_callback_query,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._get_webhook_info,
            "getupdates": self._get_updates,
        }

    @property
    def sent(self) -> list[SentMessage]:
        """What the bot wrote, oldest first."""
        return self.chats.sent

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        self._http = httpx.AsyncClient(timeout=10, trust_env=False)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.faults.over.set()
        await self._http.aclose()
        await self._server.__aexit__(*exc_info)

    async def _call(self, request: Request) -> Response:
        params = await _params(request)
        name = request.path_params["method"]
        self.calls.append(name)

        async def answer() -> Response:
            try:
                if request.path_params["token"] != self.token:
                    raise RefusedError(401, "Unauthorized")
                method = self._methods.get(name.lower())
                if method is None:
                    raise RefusedError(404, "Not Found")
                return JSONResponse({"ok": True, "result": await method(params)})
            except RefusedError as refused:
                return JSONResponse(refused.json(), refused.status)

        throttled = RefusedError(429, "Too Many Requests: retry after 7", retry_after=7).json()
        return await self.faults.apply(request, self._server, answer, throttled)

    async def _get_me(self, params: Params) -> dict[str, Any]:
        return BOT

    async def _send_message(self, params: Params) -> dict[str, Any]:
        return self.chats.send(params)

    async def _answer_callback_query(self, params: Params) -> bool:
        query = params.get("callback_query_id", "")
        if query not in self._queries:
            raise RefusedError(
                400,
                "Bad Request: query is too old and response timeout expired or query ID is invalid",
            )
        self._queries.discard(query)
        self.answered.append(query)
        return True

    async def _set_webhook(self, params: Params) -> bool:
        url, secret = params.get("url", ""), params.get("secret_token", "")
        if secret and not _SECRET.fullmatch(secret):
            raise RefusedError(400, "Bad Request: secret token contains unallowed characters")
        # The real one takes HTTPS only; a test has no certificate for this machine.
        if url and urlsplit(url).scheme != "https" and urlsplit(url).hostname != "127.0.0.1":
            raise RefusedError(400, "Bad Request: bad webhook: An HTTPS URL must be provided")
        self.webhook_params = dict(params)
        await self.updates.set_webhook(url, secret)
        return True

    async def _delete_webhook(self, params: Params) -> bool:
        await self.updates.set_webhook("", "")
        if params.get("drop_pending_updates", "").lower() == "true":
            self.updates.pending.clear()
        return True

    async def _get_webhook_info(self, params: Params) -> dict[str, Any]:
        return {
            "url": self.updates.webhook_url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates.pending),
        }

    async def _get_updates(self, params: Params) -> list[dict[str, Any]]:
        offset = params.get("offset")
        limit, wait = int(params.get("limit", "100")), float(params.get("timeout", "0"))
        fetching = asyncio.ensure_future(
            self.updates.fetch(int(offset) if offset else None, limit, wait)
        )
        closing = asyncio.ensure_future(self.faults.over.wait())
        await asyncio.wait({fetching, closing}, return_when=asyncio.FIRST_COMPLETED)
        closing.cancel()
        if not fetching.done():
            fetching.cancel()
            raise RefusedError(502, "Bad Gateway")
        return fetching.result()

    async def start(self, chat_id: int, payload: str = "") -> httpx.Response | None:
        """A person opens the bot's link and presses « Start »."""
        return await self.says(chat_id, f"/start {payload}".strip())

    async def says(
        self, chat_id: int, text: str | None = None, **fields: Any
    ) -> httpx.Response | None:
        """A person writes; `fields` add parts of Telegram's Message (photo, location…)."""
        self.chats.started.add(chat_id)
        self.chats.blocked.discard(chat_id)
        return await self.push({"message": self.message(chat_id, text, **fields)})

    async def edits(self, chat_id: int, message_id: int, text: str) -> httpx.Response | None:
        """A person corrects a message."""
        edited = self.message(chat_id, text) | {"message_id": message_id}
        return await self.push({"edited_message": edited | {"edit_date": edited["date"] + 1}})

    async def presses(self, message: SentMessage, label: str) -> httpx.Response | None:
        """A person presses the button that shows this label."""
        data = next(b["callback_data"] for row in message.rows for b in row if b["text"] == label)
        query_id = str(9_000_000 + len(self._queries) + len(self.answered))
        self._queries.add(query_id)
        query = {
            "id": query_id,
            "from": user_json(message.chat_id),
            "message": self.chats.json(message),
            "chat_instance": "1",
            "data": data,
        }
        return await self.push({"callback_query": query})

    async def blocks(self, chat_id: int) -> httpx.Response | None:
        """A person blocks the bot."""
        self.chats.blocked.add(chat_id)
        member = {"user": BOT, "status": "member"}
        kicked = {"user": BOT, "status": "kicked", "until_date": 0}
        change = {
            "chat": chat_json(chat_id),
            "from": user_json(chat_id),
            "date": int(time.time()),
            "old_chat_member": member,
            "new_chat_member": kicked,
        }
        return await self.push({"my_chat_member": change})

    def message(self, chat_id: int, text: str | None = None, **fields: Any) -> dict[str, Any]:
        """A person's Message object."""
        return {
            "message_id": next(self._message_ids),
            "from": user_json(chat_id),
            "chat": chat_json(chat_id),
            "date": int(time.time()),
            **({} if text is None else {"text": text}),
            **fields,
        }

    async def push(self, content: Mapping[str, Any]) -> httpx.Response | None:
        """Give the bot an update: to its webhook, or to wait for getUpdates."""
        return await self.deliver({"update_id": next(self._update_ids), **content})

    async def deliver(self, update: dict[str, Any]) -> httpx.Response | None:
        """Deliver an update, perhaps for the second time. Kept if the webhook does not take it."""
        if not self.updates.webhook_url:
            await self.updates.add(update)
            return None
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.updates.secret}
        response = await self._http.post(
            self.updates.webhook_url, json=update, headers=headers if self.updates.secret else {}
        )
        if not response.is_success and update not in self.updates.pending:
            self.updates.pending.append(update)
        return response


async def _params(request: Request) -> dict[str, str]:
    """Parameters from the URL, a form or JSON, as Telegram takes them; values as JSON text."""
    params = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        given = json.loads(await request.body() or b"{}")
        params |= {k: v if isinstance(v, str) else json.dumps(v) for k, v in given.items()}
    elif request.method == "POST":
        params |= {k: str(v) for k, v in (await request.form()).items()}
    return params
