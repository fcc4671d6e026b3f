"""The stand-in's store of messages, in the shape of Twilio's API 2010-04-01."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

VERSION = "2010-04-01"


def sid(prefix: str = "SM") -> str:
    """A new identifier as Twilio makes them."""
    return prefix + secrets.token_hex(16)


@dataclass
class StoredMessage:
    """One message at the provider."""

    sid: str
    to: str
    from_: str
    body: str
    created: datetime
    status: str = "queued"
    status_callback: str | None = None
    error_code: int | None = None
    sent: datetime | None = None

    def json(self, account_sid: str) -> dict[str, Any]:
        """The Message resource."""
        uri = f"/{VERSION}/Accounts/{account_sid}/Messages/{self.sid}"
        created = format_datetime(self.created)
        return {
            "account_sid": account_sid,
            "api_version": VERSION,
            "body": self.body,
            "date_created": created,
            "date_sent": format_datetime(self.sent) if self.sent else None,
            "date_updated": created,
            "direction": "outbound-api",
            "error_code": self.error_code,
            "error_message": None,
            "from": self.from_,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": str(len(self.body) // 153 + 1),
            "price": None,
            "price_unit": None,
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


@dataclass
class MessageStore:
    """Every message taken, oldest first."""

    account_sid: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    messages: list[StoredMessage] = field(default_factory=list)

    def take(self, to: str, from_: str, body: str, callback: str | None) -> StoredMessage:
        """Accept a message. Times have whole seconds, as Twilio's have."""
        created = self.now().replace(microsecond=0)
        message = StoredMessage(sid(), to, from_, body, created, status_callback=callback)
        self.messages.append(message)
        return message

    def get(self, message_sid: str) -> StoredMessage | None:
        """One message, or None."""
        return next((m for m in self.messages if m.sid == message_sid), None)

    def page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """One page of the list, newest first, with Twilio's filters and links."""
        matching = [m for m in reversed(self.messages) if _matches(m, query)]
        size = min(int(query.get("PageSize", "50")), 1000)
        number = int(query.get("Page", "0"))
        start = number * size
        shown = matching[start : start + size]

        def link(page: int) -> str:
            args = {**query, "PageSize": str(size), "Page": str(page)}
            return f"/{VERSION}/Accounts/{self.account_sid}/Messages.json?{urlencode(args)}"

        return {
            "first_page_uri": link(0),
            "end": max(start + len(shown) - 1, 0),
            "previous_page_uri": link(number - 1) if number else None,
            "messages": [m.json(self.account_sid) for m in shown],
            "uri": link(number),
            "page_size": size,
            "start": start,
            "next_page_uri": link(number + 1) if start + size < len(matching) else None,
            "page": number,
        }


def _matches(message: StoredMessage, query: Mapping[str, str]) -> bool:
    if query.get("To", message.to) != message.to:
        return False
    if query.get("From", message.from_) != message.from_:
        return False
    day = message.sent.date() if message.sent else None
    tests: dict[str, Callable[[date, date], bool]] = {
        "DateSent": lambda sent, asked: sent == asked,
        "DateSent<": lambda sent, asked: sent <= asked,
        "DateSent>": lambda sent, asked: sent >= asked,
    }
    return all(
        day is not None and test(day, datetime.fromisoformat(query[name]).date())
        for name, test in tests.items()
        if name in query
    )
