"""A stand-in for Rasa's server: `/model/parse` and `/status`, behind a token."""

from __future__ import annotations

from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.standins.faults import Faults
from tests.standins.server import LocalServer

TOKEN = "stand-in-rasa-token"
MODEL = "rasa-0123456789abcdef.tar.gz"


class RasaStandIn:
    """`async with RasaStandIn() as rasa:` then point the engine at `rasa.url`.

    `ranking` is what it makes of any text, `answer` replaces the whole answer, `texts` are the
    texts it was asked about, and `faults.next(...)` spoils requests to `/model/parse`.
    """

    def __init__(self) -> None:
        self.ranking: dict[str, float] = {"holiday_program": 0.91, "greeting": 0.05, "other": 0.04}
        self.answer: object = None
        self.model: object = MODEL
        self.texts: list[str] = []
        self.looked_up = 0  # how often the model's name was asked
        self.faults = Faults()
        routes = [
            Route("/model/parse", self._parse, methods=["POST"]),
            Route("/status", self._status),
        ]
        self._server = LocalServer(Starlette(routes=routes))
        self.url = self._server.url

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.faults.over.set()
        await self._server.__aexit__(*exc_info)

    async def _parse(self, request: Request) -> Response:
        text = (await request.json())["text"]
        self.texts.append(text)

        async def answer() -> Response:
            return self._denied(request) or JSONResponse(self.answer or self._parsed(text))

        return await self.faults.apply(request, self._server, answer, {})

    async def _status(self, request: Request) -> Response:
        self.looked_up += 1
        return self._denied(request) or JSONResponse({"model_file": self.model, "model_id": "m"})

    def _parsed(self, text: str) -> dict[str, Any]:
        rows = [{"name": name, "confidence": value} for name, value in self.ranking.items()]
        return {"text": text, "intent": rows[0], "entities": [], "intent_ranking": rows}

    def _denied(self, request: Request) -> Response | None:
        if request.query_params.get("token") == TOKEN:
            return None
        body = {"status": "failure", "reason": "NotAuthenticated", "code": 401}
        return JSONResponse(body, 401)
