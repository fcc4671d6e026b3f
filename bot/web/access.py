"""Who may see a page: each staff route states its role here, and nowhere else."""

from __future__ import annotations

from typing import Annotated, cast
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from bot import staff
from bot.runtime import Runtime
from bot.staff import Member
from bot.tables import Role
from bot.web.pages import wants_fragment
from bot.web.security import is_https

SIGN_IN = "/connexion"
LARGEST_ID = 2**31 - 1  # what a column of ids holds


class SignInNeeded(Exception):
    """Nobody is signed in."""


class Guard:
    """The dependency of a route open to one role and those above it."""

    def __init__(self, role: Role) -> None:
        self.role = role

    async def __call__(self, request: Request) -> Member:
        """Who is signed in. Raises SignInNeeded, or 403 for too low a role."""
        member = await signed_in(request)
        if member is None:
            raise SignInNeeded
        request.state.member = member
        if not member.may(self.role):
            raise HTTPException(403)
        return member


def require(role: Role) -> Guard:
    """State the role of a route: `member: Annotated[Member, Depends(require(Role.MEDIATOR))]`."""
    return Guard(role)


Mediator = Annotated[Member, Depends(require(Role.MEDIATOR))]


def runtime_of(request: Request) -> Runtime:
    """The runtime that the app was made with."""
    return cast(Runtime, request.app.state.runtime)


async def signed_in(request: Request) -> Member | None:
    """Who is signed in on this browser, or None."""
    token = session_token(request)
    if token is None:
        return None
    async with runtime_of(request).store.session() as session:
        return await staff.who(session, token)


def session_token(request: Request) -> str | None:
    """The browser's session token, or None."""
    return request.cookies.get(_cookie_name(request))


def keep_session(request: Request, response: Response, token: str) -> None:
    """Give the browser its session token: out of reach of scripts and other sites."""
    response.set_cookie(
        _cookie_name(request),
        token,
        max_age=int(staff.SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=is_https(runtime_of(request).settings),
    )


def drop_session(request: Request, response: Response) -> None:
    """Have the browser forget its session."""
    secure = is_https(runtime_of(request).settings)
    response.delete_cookie(_cookie_name(request), httponly=True, samesite="lax", secure=secure)


def _cookie_name(request: Request) -> str:
    """With https, the prefix by which browsers refuse a cookie set by a sibling host."""
    return "__Host-renouer" if is_https(runtime_of(request).settings) else "renouer"


async def ask_to_sign_in(request: Request, _error: Exception) -> Response:
    """Lead a browser to the sign-in page, and back afterwards."""
    if wants_fragment(request):
        return Response(status_code=401, headers={"HX-Redirect": SIGN_IN})
    if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
        return Response(status_code=401)
    return RedirectResponse(f"{SIGN_IN}?suite={quote(request.url.path)}", 303)


def safe_next(target: str) -> str:
    """A path of ours to go on to, or the start page.

    >>> safe_next("/mediation/7"), safe_next("//evil.example"), safe_next("/\\\\evil.example")
    ('/mediation/7', '/', '/')
    """
    plain = target.isascii() and target.isprintable() and "\\" not in target
    return target if plain and target.startswith("/") and not target.startswith("//") else "/"
