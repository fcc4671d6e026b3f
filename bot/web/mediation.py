"""The mediators' pages: the queue, a ticket, and what may be done with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Query, Request
from sqlmodel.ext.asyncio.session import AsyncSession
from sse_starlette import EventSourceResponse
from starlette.responses import RedirectResponse, Response

from bot import desk
from bot.desk import Done, File, Filters, Refused
from bot.desk.queue import VIEWS
from bot.staff import Member
from bot.tables import Role
from bot.web import words
from bot.web.access import LARGEST_ID, Mediator, require, runtime_of
from bot.web.live import about, anything
from bot.web.pages import page, wants_fragment
from flows.segments import GSM7_BASIC, GSM7_EXTENDED
from outreach import clock
from outreach.tables import Audit

router = APIRouter(prefix="/mediation", include_in_schema=False)


def _filters(
    vue: str = "active",
    territoire: str = "",
    langue: Annotated[str, Query(max_length=20)] = "",
    file: Annotated[str, Query(max_length=40)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Filters:
    """The filters of an address; what makes no sense is as if it were not there."""
    return Filters(
        view=vue if vue in VIEWS else "active",
        territory=int(territoire) if territoire.isdecimal() and len(territoire) < 9 else None,
        language=langue or None,
        queue=file or None,
        page=page,
    )


Chosen = Annotated[Filters, Depends(_filters)]
Text = Annotated[str, Form(max_length=20_000)]
TicketId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
InboundId = Annotated[int | None, Query(ge=0, le=2**62)]


@router.get("")
async def queue(request: Request, member: Mediator, filters: Chosen) -> Response:
    """The queue."""
    async with runtime_of(request).store.session() as session:
        values = await _listed(session, member, filters)
        values["choices"] = await desk.choices(session, member)
    return page(request, "mediation/queue.html", values)


@router.get("/liste")
async def queue_part(
    request: Request, member: Mediator, filters: Chosen, vu: InboundId = None
) -> Response:
    """The list alone, with what to announce since the message `vu`."""
    async with runtime_of(request).store.session() as session:
        values = await _listed(session, member, filters)
        values["news"] = None if vu is None else await desk.news(session, member, vu)
    return page(request, "mediation/_list.html", values)


@router.get("/evenements", dependencies=[Depends(require(Role.MEDIATOR))])
async def queue_events(request: Request) -> EventSourceResponse:
    """Rings when anything on the desk changes."""
    return _live(request, anything)


@router.get("/{ticket_id:int}")
async def ticket(
    request: Request, member: Mediator, ticket_id: TicketId, fait: str = ""
) -> Response:
    """One ticket; that it was opened is kept."""
    async with runtime_of(request).store.session() as session:
        values = await _opened(session, member, ticket_id)
        session.add(
            Audit(
                at=clock.now(),
                actor="staff",
                staff_id=member.id,
                action="ticket.read",
                subject=f"ticket:{ticket_id}",
            )
        )
    values["done"] = words.section("done").get(fait)
    return page(request, "mediation/ticket.html", values)


@router.get("/{ticket_id:int}/fil")
async def ticket_part(
    request: Request, member: Mediator, ticket_id: TicketId, vu: InboundId = None, etat: str = ""
) -> Response:
    """What may have changed on a ticket's page; the form only when somebody else has acted."""
    async with runtime_of(request).store.session() as session:
        values = await _opened(session, member, ticket_id)
    fresh = vu is not None and vu < values["row"].last_inbound
    values["news"] = values["row"].priority if fresh else None
    values["moved"] = etat != values["standing"]
    return page(request, "mediation/_changes.html", values)


@router.get("/{ticket_id:int}/evenements")
async def ticket_events(
    request: Request, member: Mediator, ticket_id: TicketId
) -> EventSourceResponse:
    """Rings when this ticket or its family's messages change."""
    async with runtime_of(request).store.session() as session:
        file = await _file(session, member, ticket_id)
    return _live(request, about(file.row.person_id, ticket_id))


@router.post("/{ticket_id:int}/prendre")
async def claim(request: Request, member: Mediator, ticket_id: TicketId) -> Response:
    """Take the ticket."""
    return await _act(request, member, ticket_id, "claim", {})


@router.post("/{ticket_id:int}/ecrire")
async def write(
    request: Request,
    member: Mediator,
    ticket_id: TicketId,
    nonce: Annotated[str, Form(min_length=8, max_length=60)],
    texte: Text = "",
) -> Response:
    """Write to the family."""
    wake = runtime_of(request).waker.wake
    return await _act(
        request, member, ticket_id, "write", {"text": texte, "nonce": nonce, "wake": wake}
    )


@router.post("/{ticket_id:int}/rendre")
async def hand_back(
    request: Request, member: Mediator, ticket_id: TicketId, note: Text = ""
) -> Response:
    """Let it go."""
    return await _act(request, member, ticket_id, "hand_back", {"note": note})


@router.post("/{ticket_id:int}/clore")
async def close(
    request: Request, member: Mediator, ticket_id: TicketId, suite: Text = "", note: Text = ""
) -> Response:
    """Close it with an outcome."""
    outcomes = frozenset(words.section("outcomes"))
    return await _act(
        request, member, ticket_id, "close", {"outcome": suite, "note": note, "outcomes": outcomes}
    )


@router.post("/{ticket_id:int}/rouvrir")
async def reopen(request: Request, member: Mediator, ticket_id: TicketId) -> Response:
    """Open it again."""
    return await _act(request, member, ticket_id, "reopen", {})


ACTS: dict[str, Callable[..., Awaitable[Done]]] = {
    "claim": desk.claim,
    "write": desk.write,
    "hand_back": desk.hand_back,
    "close": desk.close,
    "reopen": desk.reopen,
}


async def _act(
    request: Request, member: Member, ticket_id: TicketId, name: str, given: dict[str, Any]
) -> Response:
    """Do it, and show the ticket as it then stands; a refusal keeps what was typed."""
    store = runtime_of(request).store
    try:
        async with store.session() as session:
            done = await ACTS[name](session, member, ticket_id, **given)
    except desk.NotFound:
        raise HTTPException(404) from None
    except Refused as refused:
        return await _refusal(request, member, ticket_id, refused, given)
    if not wants_fragment(request):
        told = "" if done.again else f"?fait={name}"
        return RedirectResponse(f"/mediation/{ticket_id}{told}", 303)
    async with store.session() as session:
        values = await _opened(session, member, ticket_id)
    values["done"] = None if done.again else words.word("done", name)
    values["again"] = True
    return page(request, "mediation/_after.html", values)


async def _refusal(
    request: Request, member: Member, ticket_id: TicketId, refused: Refused, given: dict[str, Any]
) -> Response:
    async with runtime_of(request).store.session() as session:
        values = await _opened(session, member, ticket_id)
    message = words.word("refusals", refused.why.value)
    values["refusal"] = message.format(owner=refused.owner or "une autre personne")
    values["typed"] = given.get("text", "")
    values["noted"] = given.get("note", "")
    values["again"] = True
    name = "mediation/_after.html" if wants_fragment(request) else "mediation/ticket.html"
    return page(request, name, values, 409)


async def _listed(session: AsyncSession, member: Member, filters: Filters) -> dict[str, Any]:
    asked = {
        "vue": filters.view,
        "territoire": filters.territory,
        "langue": filters.language,
        "file": filters.queue,
    }
    return {
        "filters": filters,
        "listed": await desk.list_tickets(session, member, filters),
        "query": urlencode({name: value for name, value in asked.items() if value}),
        "news": None,
    }


async def _opened(session: AsyncSession, member: Member, ticket_id: TicketId) -> dict[str, Any]:
    """All that a ticket's page shows."""
    file = await _file(session, member, ticket_id)
    if file.owned_by(member):
        await desk.mark_seen(session, member, ticket_id)
    return {
        "file": file,
        "row": file.row,
        "mine": file.owned_by(member),
        "thread": await desk.thread_of(session, file.row.person_id),
        "standing": f"{file.row.state}-{file.row.owner_id or 0}",
        "done": None,
        "refusal": None,
        "typed": "",
        "noted": "",
        "news": None,
        "moved": False,
        "again": False,
        "gsm7": "".join(sorted(GSM7_BASIC)),
        "gsm7_extended": "".join(sorted(GSM7_EXTENDED)),
    }


async def _file(session: AsyncSession, member: Member, ticket_id: TicketId) -> File:
    file = await desk.open_file(session, member, ticket_id)
    if file is None:
        raise HTTPException(404)
    return file


def _live(request: Request, wants: Any) -> EventSourceResponse:
    response: EventSourceResponse = request.app.state.live.stream(wants)
    return response
