"""A Starlette application served on 127.0.0.1 inside the test's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the test runner."""
        yield


class LocalServer:
    """`async with LocalServer(app) as server:` serves it at `server.url`.

    `server.cut(request)` closes that request's connection without an answer.
    """

    def __init__(self, app: Starlette) -> None:
        self._transports: dict[tuple[str, int], asyncio.Transport] = {}
        transports = self._transports

        class Cuttable(H11Protocol):
            def connection_made(self, transport: Any) -> None:
                transports[transport.get_extra_info("peername")[:2]] = transport
                super().connection_made(transport)

            def connection_lost(self, exc: Exception | None) -> None:
                transports.pop(self.transport.get_extra_info("peername")[:2], None)
                super().connection_lost(exc)

        config = uvicorn.Config(
            app,
            http=Cuttable,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._socket.listen()  # from here on connections are taken, served a moment later
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._server.should_exit = True
        for transport in list(self._transports.values()):
            transport.close()  # kept-alive connections would hold the server up
        if self._task:
            await self._task
        self._socket.close()

    def cut(self, request: Request) -> None:
        """Close the connection of this request at once."""
        assert request.client is not None
        self._transports[request.client.host, request.client.port].abort()
