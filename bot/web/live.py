"""Pages that change by themselves: one database listener per process, one stream per open page.

The stream says only that something changed. The page then asks for its part again, under the
rights that its reader has at that moment: no word and no name travels in a stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from sse_starlette import EventSourceResponse, ServerSentEvent

from outreach.store import Store, notify

log = structlog.get_logger(__name__)

TOPIC = "desk"
READY = "ready"  # our own notice, by which we know that we hear
AGAIN = 0.1  # seconds between two of them
RETRY = 2000  # milliseconds after which a browser that lost the stream comes back

Wants = Callable[[str], bool]


class _Reader:
    """One open page: `bell` rings when something that it wants has changed."""

    def __init__(self, wants: Wants) -> None:
        self.wants = wants
        self.bell = asyncio.Event()
        self.gone = False

    def hear(self, payload: str) -> None:
        if self.wants(payload):
            self.bell.set()

    def end(self) -> None:
        self.gone = True
        self.bell.set()


class Live:
    """The listener of one process; it listens while somebody reads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._readers: set[_Reader] = set()
        self._task: asyncio.Task[None] | None = None
        self._heard = asyncio.Event()
        self._starting = asyncio.Lock()

    def stream(self, wants: Wants) -> EventSourceResponse:
        """A response that sends the event `desk` at once, then each time `wants` says so.

        Several changes in a row may make one event. It ends when the database is lost; browsers
        come back by themselves.
        """
        return EventSourceResponse(self._events(wants), ping=15)

    async def _events(self, wants: Wants) -> AsyncIterator[ServerSentEvent]:
        async with self._reader(wants) as reader:
            reader.bell.set()  # what happened between the page and its stream
            while True:
                await reader.bell.wait()
                reader.bell.clear()
                if reader.gone:
                    return
                yield ServerSentEvent("change", event=TOPIC, retry=RETRY)

    @asynccontextmanager
    async def _reader(self, wants: Wants) -> AsyncIterator[_Reader]:
        reader = _Reader(wants)
        self._readers.add(reader)
        try:
            await self._listening()
            yield reader
        finally:
            self._readers.discard(reader)
            if not self._readers and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _listening(self) -> None:
        """Return once notices are certainly heard: our own has come back."""
        async with self._starting:
            if self._task is None or self._task.done():
                self._heard.clear()
                self._task = asyncio.create_task(self._listen())
            while not self._heard.is_set() and not self._task.done():
                async with self._store.session() as session:
                    await notify(session, TOPIC, READY)
                try:
                    async with asyncio.timeout(AGAIN):
                        await self._heard.wait()
                except TimeoutError:
                    continue

    async def _listen(self) -> None:
        """Ring the bells, until cancelled or the database is lost: then readers are sent home."""
        try:
            async for payload in self._store.listen(TOPIC):
                self._heard.set()
                if payload != READY:
                    for reader in tuple(self._readers):
                        reader.hear(payload)
        except Exception as error:
            log.warning("listener_lost", error=type(error).__name__)
        for reader in tuple(self._readers):
            reader.end()


def about(person_id: int, ticket_id: int | None = None) -> Wants:
    """Changes of one person, and of one ticket.

    >>> about(3, 7)("ticket:7"), about(3, 7)("person:4")
    (True, False)
    """
    wanted = {f"person:{person_id}", f"ticket:{ticket_id}"}
    return lambda payload: payload in wanted


def anything(_payload: str) -> bool:
    """Every change: the queue."""
    return True
