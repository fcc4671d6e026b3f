"""Fetching updates when no public URL exists: each is confirmed only once it has been handled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias

from telegram.error import InvalidToken, TelegramError

LongPoll: TypeAlias = Callable[[int | None], Awaitable[Sequence[dict[str, Any]]]]
Handler: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]

LONGEST_PAUSE: Final = 30.0
_log = logging.getLogger(__name__)


class Backlog:
    """Which updates may be confirmed. Asking for `offset` confirms everything before it.

    An update whose handling failed is neither confirmed nor allowed to hold up the others: it
    stays with Telegram (for up to 24 hours) and is tried again, while those after it go on.
    """

    def __init__(self) -> None:
        self.offset: int | None = None
        self._handled: set[int] = set()

    async def work_off(self, updates: Sequence[dict[str, Any]], handler: Handler) -> bool:
        """Handle what has not been handled yet; whether all of it went well."""
        failed: list[int] = []
        for update in updates:
            update_id = int(update["update_id"])
            if update_id in self._handled:
                continue
            try:
                await handler(update)
            except Exception as error:
                # The type only: the text of an error may quote the message.
                _log.warning("telegram update not handled: %s", type(error).__name__)
                failed.append(update_id)
            else:
                self._handled.add(update_id)
        self._advance(updates, failed)
        return not failed

    def _advance(self, updates: Sequence[dict[str, Any]], failed: list[int]) -> None:
        if not updates:
            # All is confirmed. Telegram may number anew after a quiet week: start without offset.
            self.offset = None
            self._handled.clear()
            return
        self.offset = min(failed, default=max(int(u["update_id"]) for u in updates) + 1)
        self._handled = {number for number in self._handled if number >= self.offset}


async def poll_updates(
    prepare: Callable[[], Awaitable[None]],
    fetch: LongPoll,
    handler: Handler,
    pause_seconds: float = 1.0,
) -> None:
    """Fetch and handle for ever; raises only `InvalidToken`, which the operator must mend.

    `prepare` runs first and after every failure to fetch (it removes a webhook, which would
    forbid fetching). After any failure there is a pause, doubled each time up to 30 seconds.
    """
    backlog, pause, prepared = Backlog(), pause_seconds, False
    while True:
        try:
            if not prepared:
                await prepare()
                prepared = True
            updates = await fetch(backlog.offset)
        except InvalidToken:
            raise
        except TelegramError as error:
            _log.warning("telegram updates not fetched: %s", type(error).__name__)
            well = prepared = False
        else:
            well = await backlog.work_off(updates, handler)
        if well:
            pause = pause_seconds
        else:
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
