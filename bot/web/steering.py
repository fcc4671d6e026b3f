"""The coordinators' page: counts, never a name or a word."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bot import desk
from bot.tables import Role
from bot.web.access import require, runtime_of
from bot.web.pages import page
from outreach import clock

router = APIRouter(include_in_schema=False)


@router.get("/pilotage", dependencies=[Depends(require(Role.COORDINATOR))])
async def steering(request: Request) -> Response:
    """Tickets by priority and state, and how many people were reached."""
    async with runtime_of(request).store.session() as session:
        counts = await desk.steering(session, clock.now())
    return page(request, "steering.html", {"counts": counts})
