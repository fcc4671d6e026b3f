"""The demo's phone: anyone can be any family, and see what the bot understood. Never outside it.

What is sent here takes the real way: an `Inbound` into `bot.conversation.receive`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from sse_starlette import EventSourceResponse
from starlette.responses import RedirectResponse, Response

from bot.conversation import receive
from bot.web.access import LARGEST_ID, runtime_of
from bot.web.live import about
from bot.web.pages import page, wants_fragment
from bot.web.phone import CHANNELS, Family, Phone, address_of, families, phone_of
from outreach import clock
from outreach.channels.contract import Inbound
from outreach.people import new_link

router = APIRouter(prefix="/simulateur", include_in_schema=False)

FIRST_CHAT = 9_000_000_000  # Telegram chats of the demo: this plus the person's id
LONGEST = 4096  # characters; Telegram's limit


def _channel(canal: str = "sms") -> str:
    return canal if canal in CHANNELS else "sms"


Channel = Annotated[str, Depends(_channel)]
PersonId = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]


@cache
def phrases() -> dict[str, list[str]]:
    """Sentences to try, by language."""
    path = Path(__file__).with_name("phrases.yml")
    loaded: dict[str, list[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


@router.get("")
async def simulator(request: Request, channel: Channel, personne: PersonId = None) -> Response:
    """The phone beside the queue."""
    return page(request, "simulator/page.html", await _values(request, personne, channel))


@router.get("/telephone")
async def screen(request: Request, channel: Channel, personne: PersonId = None) -> Response:
    """The phone's screen alone."""
    return page(request, "simulator/_screen.html", await _values(request, personne, channel))


@router.get("/evenements")
async def events(
    request: Request, personne: Annotated[int, Query(ge=1, le=LARGEST_ID)]
) -> EventSourceResponse:
    """Rings when something changes for this family."""
    response: EventSourceResponse = request.app.state.live.stream(about(personne))
    return response


@router.post("/envoyer")
async def send(
    request: Request,
    personne: Annotated[int, Form(ge=1, le=LARGEST_ID)],
    jeton: Annotated[str, Form(min_length=8, max_length=60, pattern=r"^[\w-]+$")],
    canal: Annotated[str, Form()] = "sms",
    texte: Annotated[str, Form(max_length=LONGEST)] = "",
    phrase: Annotated[str, Form(pattern=r"^([\w-]+:\d+)?$", max_length=20)] = "",
    choix: Annotated[int | None, Form(ge=0, le=9)] = None,
) -> Response:
    """Write as the family: typed, a phrase of the list, or a pressed button."""
    text, mark = texte.strip(), ""
    if phrase:
        text, mark = _phrase(phrase), f":{phrase}"
    elif choix is not None:
        text, mark = str(choix), f":{choix}"
    channel = _channel(canal)
    if text:
        await _write(request, personne, channel, text, f"{jeton}{mark}", choix)
    return await _answer(request, personne, channel)


@router.post("/lier")
async def link(
    request: Request,
    personne: Annotated[int, Form(ge=1, le=LARGEST_ID)],
    jeton: Annotated[str, Form(min_length=8, max_length=60, pattern=r"^[\w-]+$")],
) -> Response:
    """Open Telegram by a personal link, as a family does from an SMS."""
    runtime = runtime_of(request)
    async with runtime.store.session() as session:
        linked = await address_of(session, personne, "telegram")
        token = await new_link(session, personne) if linked is None else None
    if token is not None:
        inbound = Inbound(
            channel="telegram",
            provider_id=f"phone-{jeton}",
            address=str(FIRST_CHAT + personne),
            text="/start",
            received_at=clock.now(),
            link_token=token,
        )
        await receive(runtime, inbound)
    return await _answer(request, personne, "telegram")


def _phrase(code: str) -> str:
    """The sentence « language:number »; 404 for one that is not in the list."""
    language, _, number = code.rpartition(":")
    listed = phrases().get(language, [])
    if int(number) >= len(listed):
        raise HTTPException(404)
    return listed[int(number)]


async def _write(
    request: Request, person: int, channel: str, text: str, key: str, choice: int | None
) -> None:
    runtime = runtime_of(request)
    async with runtime.store.session() as session:
        address = await address_of(session, person, channel)
    if address is None:
        raise HTTPException(404)
    inbound = Inbound(
        channel=channel,
        provider_id=f"phone-{key}",
        address=address,
        text=text,
        received_at=clock.now(),
        choice=choice if channel == "telegram" else None,
    )
    await receive(runtime, inbound)


async def _answer(request: Request, person: int, channel: str) -> Response:
    if not wants_fragment(request):
        return RedirectResponse(f"/simulateur?personne={person}&canal={channel}", 303)
    return page(request, "simulator/_after.html", await _values(request, person, channel))


async def _values(request: Request, person: int | None, channel: str) -> dict[str, Any]:
    runtime = runtime_of(request)
    async with runtime.store.session() as session:
        everybody = await families(session)
        chosen = _choose(everybody, person)
        phone: Phone | None = None
        if chosen is not None:
            phone = await phone_of(session, chosen, channel, runtime.settings.academie)
    return {"families": everybody, "phone": phone, "phrases": phrases(), "channel": channel}


def _choose(everybody: tuple[Family, ...], person: int | None) -> Family | None:
    """Whose phone it is; somebody who does not read French first, since that is the point."""
    if person is not None:
        found = next((f for f in everybody if f.id == person), None)
        if found is None:
            raise HTTPException(404)
        return found
    return next((f for f in everybody if f.language == "ar"), next(iter(everybody), None))
