"""What goes wrong between us and a provider, on demand."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.standins.server import LocalServer

Kind = Literal["hang", "drop", "error", "garbage", "throttle", "slow"]
Answer = Callable[[], Awaitable[Response]]


@dataclass(frozen=True)
class Fault:
    """One mishap.

    `hang` never answers, `drop` closes the connection, `error` answers `status`, `garbage` answers
    200 with something unreadable, `throttle` answers 429 with `seconds`, `slow` answers well after
    `seconds`. With `taken`, the request has been carried out all the same; `garbage` is then its
    true answer, cut short.
    """

    kind: Kind
    taken: bool = False
    seconds: float = 0
    status: int = 500


class Faults:
    """The mishaps of the next requests, in order.

    >>> twilio.faults.next("hang", taken=True)
    """

    def __init__(self) -> None:
        self._queue: deque[Fault] = deque()
        self.over = asyncio.Event()

    def next(
        self, kind: Kind, *, taken: bool = False, seconds: float = 0, status: int = 500
    ) -> None:
        """Let this happen to the next request that has no mishap yet."""
        self._queue.append(Fault(kind, taken, seconds, status))

    async def apply(
        self, request: Request, server: LocalServer, answer: Answer, throttled: object
    ) -> Response:
        """Answer the request, or do what the next fault says. `throttled` is the body of a 429."""
        fault = self._queue.popleft() if self._queue else None
        if fault is None:
            return await answer()
        if fault.taken:
            carried_out = await answer()
            if fault.kind == "garbage":
                return PlainTextResponse(bytes(carried_out.body)[:-2], 200)
        return await self._happen(fault, request, server, answer, throttled)

    async def _happen(
        self,
        fault: Fault,
        request: Request,
        server: LocalServer,
        answer: Answer,
        throttled: object,
    ) -> Response:
        match fault.kind:
            case "hang":
                await self.over.wait()
            case "drop":
                server.cut(request)
            case "slow":
                await asyncio.sleep(fault.seconds)  # slowness itself is what is tested
                return await answer()
            case "throttle":
                headers = {"Retry-After": str(int(fault.seconds))} if fault.seconds else {}
                return JSONResponse(throttled, 429, headers)
            case "error":
                return PlainTextResponse("upstream error", fault.status)
            case "garbage":
                return PlainTextResponse("<html>", 200)
        return Response(status_code=503)
