"""Server-rendered pages: the templates, what all of them know, and the error pages."""

from __future__ import annotations

import secrets
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, JSONResponse, Response

from bot.tables import Role
from bot.web import words
from bot.web.assets import asset
from outreach import clock

ERRORS = {
    400: ("Demande mal formée", "Revenez à la page d'avant et recommencez."),
    403: ("Accès refusé", "Cette page n'est pas ouverte à votre compte, ou elle a trop attendu."),
    404: ("Page introuvable", "Elle n'existe pas, ou elle n'est pas dans votre territoire."),
    405: ("Demande mal formée", "Revenez à la page d'avant et recommencez."),
    500: ("Le service a rencontré un problème", "Rien n'a été perdu. Recommencez dans un instant."),
    503: ("Service indisponible", "Recommencez dans un instant."),
}


class Signed(Protocol):
    """Who looks at the page, as templates use it."""

    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """True when they may do what `role` may."""
        ...


@cache
def templates() -> Environment:
    """The template engine: everything is escaped, and a name that is not there is an error."""
    env = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(asset=asset, word=words.word, section=words.section, Role=Role)
    env.filters.update(
        language=words.language,
        native=words.native,
        reason=words.reason,
        trouble=words.trouble,
        moment=words.moment,
        percent=words.percent,
    )
    return env


def page(
    request: Request, name: str, values: dict[str, Any] | None = None, status: int = 200
) -> HTMLResponse:
    """A rendered template, with what all templates know added."""
    now = clock.now()
    settings = request.app.state.runtime.settings
    known: dict[str, Any] = {
        "path": request.url.path,
        "member": getattr(request.state, "member", None),
        "csrf": token(request),
        "demo": settings.demo,
        "academie": settings.academie,
        # A page of ours inside our own simulator shows no header of its own.
        "framed": settings.demo and request.headers.get("sec-fetch-dest") == "iframe",
        "now": now,
        "age": partial(words.age, now=now),
        "hour": partial(words.hour, now=now),
        "nonce": secrets.token_urlsafe(16),
    }
    return HTMLResponse(templates().get_template(name).render(known | (values or {})), status)


def token(request: Request) -> str:
    """The form token of this browser; asking for it sets the cookie."""
    make = request.scope.get("csrftoken")
    return str(make()) if make is not None else ""


def error_page(request: Request, status: int) -> Response:
    """What went wrong, in general: nothing of the request is repeated."""
    title, advice = ERRORS.get(status, ERRORS[400 if status < 500 else 500])
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"detail": title}, status)
    return page(request, "error.html", {"title": title, "advice": advice}, status)


def wants_fragment(request: Request) -> bool:
    """True when htmx asks, and wants a part of a page."""
    return request.headers.get("hx-request") == "true"
