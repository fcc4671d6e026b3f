"""Around every page: safe headers, no personal data in an error, and proof that a form is ours."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import structlog
from asgi_csrf import asgi_csrf
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outreach.settings import Settings

log = structlog.get_logger(__name__)

# Providers sign their calls themselves; probes and scrapers send no form.
OPEN_TO_MACHINES = ("/webhooks/", "/healthz", "/readyz", "/metrics", "/api/")

ErrorPage = Callable[[Request, int], Response]


def policy(*, framed: bool) -> str:
    """The content security policy: our own files only; `framed` lets our own pages frame ours."""
    ancestors, frames = ("'self'", "'self'") if framed else ("'none'", "'none'")
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
        f"base-uri 'none'; object-src 'none'; frame-src {frames}; frame-ancestors {ancestors}"
    )


class SafeHeaders:
    """Adds the security headers to every answer; pages are kept by no cache."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.headers = {
            "Content-Security-Policy": policy(framed=settings.demo),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "X-Robots-Tag": "noindex, nofollow",
        }
        if is_https(settings):
            self.headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self.headers)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, send_safely)


class QuietErrors:
    """Turns a fault of ours into a plain page, and logs where it was, never what it was about.

    A database error's message holds the values of the statement: names, numbers, words.
    """

    def __init__(self, app: ASGIApp, page: ErrorPage) -> None:
        self.app = app
        self.page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            log.error("page_failed", error=type(error).__name__, where=_where(error))
            if not started:
                await self.page(Request(scope), 500)(scope, receive, send)


def _where(error: BaseException) -> list[str]:
    """The last places of our own code, without the values in them."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames][-4:]


class _Everything:
    """A set that contains every path: a form needs its token even without any cookie."""

    def __contains__(self, _path: object) -> bool:
        return True


def protect_forms(app: ASGIApp, settings: Settings, page: ErrorPage) -> ASGIApp:
    """Refuse any POST without the token of the browser's own cookie (double submit, signed)."""

    async def refuse(scope: Scope, send: Send, _why: object) -> None:
        await page(Request(scope), 403)(scope, _nothing, send)

    protected: ASGIApp = asgi_csrf(
        app,
        signing_secret=settings.secret,
        always_protect=_Everything(),
        skip_if_scope=_by_machine,
        cookie_secure=is_https(settings),
        send_csrf_failed=refuse,
    )

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await protected(scope, receive, send)
        except Exception:
            # The application's own faults end in QuietErrors: this one is of a form so odd that
            # no browser made it (letters where a token stands, bytes that are no text).
            await refuse(scope, send, None)

    return guarded


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


def _by_machine(scope: dict[str, Any]) -> bool:
    return str(scope["path"]).startswith(OPEN_TO_MACHINES)


def is_https(settings: Settings) -> bool:
    """True when families' and staff's browsers come by https."""
    return (settings.public_url or "").startswith("https://")
