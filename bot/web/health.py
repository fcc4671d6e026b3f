"""Is it alive, is it ready, and how is it doing: for the operator's monitoring."""

from __future__ import annotations

import asyncio
from typing import cast

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlmodel import col, func, select

from bot.migrations import pending
from bot.runtime import Runtime
from bot.tables import Ticket, TicketState
from outreach import metrics
from outreach.tables import Outgoing, OutgoingState

router = APIRouter(include_in_schema=False)

READY_SECONDS = 5


def _runtime(request: Request) -> Runtime:
    return cast("Runtime", request.app.state.runtime)


@router.get("/healthz")
async def healthz() -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """Database up to date and understanding loaded; 503 with what is missing otherwise.

    Rasa out of reach is said, but is no fault: the embedded engine answers.
    """
    runtime = _runtime(request)
    checks: dict[str, str] = {}
    try:
        async with asyncio.timeout(READY_SECONDS), runtime.store.session() as session:
            await session.execute(text("select 1"))
        late = await asyncio.to_thread(pending, runtime.store.url)
        checks["database"] = "run « renouer db upgrade »" if late else "ok"
    except Exception as error:
        checks["database"] = type(error).__name__
    checks["understanding"] = await asyncio.to_thread(runtime.understand.state)
    checks["channels"] = ",".join(sorted(runtime.channels)) or "none"
    ready = checks["database"] == "ok" and checks["understanding"] != "loading"
    return JSONResponse(checks, status_code=200 if ready else 503)


@router.get("/metrics")
async def prometheus(request: Request) -> Response:
    """Prometheus metrics; the gauges are read from the database at each call."""
    async with _runtime(request).store.session() as session:
        unknown = select(func.count()).where(Outgoing.state == OutgoingState.UNKNOWN.value)
        metrics.UNKNOWN.set((await session.exec(unknown)).one())
        counts = await session.exec(
            select(Ticket.priority, func.count())
            .where(Ticket.state != TicketState.CLOSED.value)
            .group_by(col(Ticket.priority))
        )
        found = {str(priority): count for priority, count in counts}
    for priority in ("P0", "P1", "P2", "P3"):
        metrics.TICKETS.labels(priority).set(found.get(priority, 0))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
