"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from bot import staff
from bot.tables import Role
from bot.web.access import (
    SIGN_IN,
    drop_session,
    keep_session,
    runtime_of,
    safe_next,
    session_token,
    signed_in,
)
from bot.web.pages import page

router = APIRouter(include_in_schema=False)


@router.get("/")
async def start(request: Request) -> Response:
    """Lead people to what they are here for."""
    member = await signed_in(request)
    if member is None:
        demo = runtime_of(request).settings.demo
        return RedirectResponse("/simulateur" if demo else SIGN_IN, 303)
    return RedirectResponse("/pilotage" if member.role is Role.COORDINATOR else "/mediation", 303)


@router.get(SIGN_IN)
async def form(request: Request, suite: str = "/") -> Response:
    """The sign-in page; someone signed in goes on at once."""
    if await signed_in(request) is not None:
        return RedirectResponse(safe_next(suite), 303)
    return page(request, "signin.html", {"suite": safe_next(suite), "failed": False, "login": ""})


@router.post(SIGN_IN)
async def sign_in(
    request: Request,
    login: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    suite: Annotated[str, Form(max_length=200)] = "/",
) -> Response:
    """Open a session, or say in one and the same way that it cannot be opened."""
    store = runtime_of(request).store
    token = await staff.sign_in(store, login, password, session_token(request))
    if token is None:
        values = {"suite": safe_next(suite), "failed": True, "login": login}
        return page(request, "signin.html", values, 401)
    response = RedirectResponse(safe_next(suite), 303)
    keep_session(request, response, token)
    return response


@router.post("/deconnexion")
async def sign_out(request: Request) -> Response:
    """Close the session here and in the database."""
    token = session_token(request)
    if token is not None:
        async with runtime_of(request).store.session() as session:
            await staff.sign_out(session, token)
    response = RedirectResponse(SIGN_IN, 303)
    drop_session(request, response)
    return response
