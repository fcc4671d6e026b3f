"""The HTTP client under python-telegram-bot: it keeps the token and people's words out of logs.

Telegram puts the token in every URL, httpx logs URLs at INFO, and the library itself logs whole
requests at DEBUG and unreadable answers at ERROR.
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any, Final

from telegram.error import NetworkError, TelegramError
from telegram.request import HTTPXRequest

DEFAULT_PAUSE: Final = timedelta(seconds=5)
_SAID_TOO_MUCH: Final = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "telegram": logging.WARNING,
    "telegram.request": logging.CRITICAL,
}


def silence_libraries() -> None:
    """Raise the levels of the loggers that would print the token, an address or a text."""
    for name, level in _SAID_TOO_MUCH.items():
        logger = logging.getLogger(name)
        logger.setLevel(max(level, logger.level))


class ThrottledError(TelegramError):
    """Telegram answered 429: nothing was sent, come back after `after`."""

    def __init__(self, after: timedelta) -> None:
        super().__init__("too many requests")
        self.after = after


class ServerFaultError(NetworkError):
    """Telegram, or something before it, answered 5xx: the request may have been carried out."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class QuietRequest(HTTPXRequest):
    """The library's own HTTP client, without retries, telling 429 and 5xx apart from the rest."""

    def __init__(self, timeout_seconds: float, connections: int = 64) -> None:
        silence_libraries()
        super().__init__(
            connection_pool_size=connections,
            read_timeout=timeout_seconds,
            write_timeout=timeout_seconds,
            connect_timeout=timeout_seconds / 2,
            pool_timeout=timeout_seconds,
        )

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """One request; raises `ThrottledError` for 429 and `ServerFaultError` for 5xx."""
        status, payload = await super().do_request(*args, **kwargs)
        if status == 429:
            raise ThrottledError(_retry_after(payload))
        if status >= 500:
            raise ServerFaultError(status)
        return status, payload


def _retry_after(payload: bytes) -> timedelta:
    """`parameters.retry_after` of Telegram's answer, in seconds."""
    try:
        seconds = int(json.loads(payload)["parameters"]["retry_after"])
    except (ValueError, TypeError, KeyError):
        return DEFAULT_PAUSE
    return timedelta(seconds=min(max(seconds, 1), 3600))
