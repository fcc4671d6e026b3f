"""The HTTP client under the official Twilio library: aimed by a setting, silent, with time-outs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from aiohttp import ClientSession, ClientTimeout, encode_basic_auth
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

DEFAULT_PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(hours=1)
_log = logging.getLogger(__name__)


class ThrottledError(Exception):
    """Twilio answered 429: nothing was sent, come back after `after`."""

    def __init__(self, after: timedelta) -> None:
        super().__init__("too many requests")
        self.after = after


def retry_after(headers: Mapping[str, str]) -> timedelta:
    """How long a 429 asks us to wait: seconds or an HTTP date, within reason.

    >>> retry_after({"Retry-After": "7"})
    datetime.timedelta(seconds=7)
    """
    value = headers.get("Retry-After", "").strip()
    try:
        if value.isdecimal():
            asked = timedelta(seconds=int(value))
        else:
            # Both dates are the server's: our own clock does not come into it.
            asked = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):
        return DEFAULT_PAUSE
    return max(timedelta(seconds=1), min(asked, LONGEST_PAUSE))


class AimedHttpClient(AsyncHttpClient):  # type: ignore[misc]  # twilio ships no types
    """The HTTP side of Twilio's client, with its requests sent to `api_url`.

    Not the library's own aiohttp client: that one ignores its time-out, logs URLs (a list's URL
    holds a phone number) and drops the header that says when to come back after a 429.
    `timeout_seconds` is for a whole request; half of it at most for connecting, so that a time-out
    while connecting (nothing sent) is told from one while waiting (perhaps sent).
    """

    def __init__(self, api_url: str, timeout_seconds: float) -> None:
        super().__init__(_log, is_async=True, timeout=timeout_seconds)
        self._target = urlsplit(api_url.rstrip("/"))
        self._timeouts = ClientTimeout(total=timeout_seconds, connect=timeout_seconds / 2)
        self._session: ClientSession | None = None

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, str] | None = None,
        data: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature, it gives None
        allow_redirects: bool = False,
    ) -> Response:
        """Send to `api_url` what was meant for Twilio's host; raises `ThrottledError` on 429."""
        headers = dict(headers or {})
        if auth is not None:
            headers["Authorization"] = encode_basic_auth(*auth)
        async with self._open_session().request(
            method,
            self._aim(url),
            params=params,
            data=data,
            headers=headers,
            timeout=ClientTimeout(total=timeout) if timeout else self._timeouts,
            allow_redirects=allow_redirects,
        ) as response:
            text = await response.text(errors="replace")
        if response.status == 429:
            raise ThrottledError(retry_after(response.headers))
        return Response(response.status, text, response.headers)

    async def close(self) -> None:
        """Release connections."""
        if self._session:
            await self._session.close()

    def _open_session(self) -> ClientSession:
        """Made at the first request, not before: a session belongs to a running loop."""
        if self._session is None or self._session.closed:
            self._session = ClientSession()
        return self._session

    def _aim(self, url: str) -> str:
        asked = urlsplit(url)
        path = self._target.path + asked.path
        return asked._replace(
            scheme=self._target.scheme, netloc=self._target.netloc, path=path
        ).geturl()
