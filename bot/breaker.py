"""A circuit breaker: what fails again and again is left alone for a while, then tried once."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from outreach import clock


class Breaker:
    """Closed while calls succeed. `limit` failures in a row open it for `seconds`, after which one
    call is let through as a trial. Whoever was allowed must report `succeeded` or `failed`.

    >>> breaker = Breaker(limit=1, seconds=30)
    >>> breaker.allows(), breaker.failed(), breaker.allows()
    (True, True, False)
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._pause = timedelta(seconds=seconds)
        self._lock = Lock()
        self._failures = 0
        self._opened: datetime | None = None
        self._trying = False

    @property
    def failures(self) -> int:
        """Failures since the last success."""
        return self._failures

    def allows(self) -> bool:
        """May a call be made now?"""
        with self._lock:
            if self._opened is None:
                return True
            if self._trying or self._waiting(self._opened):
                return False
            self._trying = True
            return True

    def succeeded(self) -> bool:
        """Note a success; True when it closes the breaker."""
        with self._lock:
            was_open = self._opened is not None
            self._failures, self._opened, self._trying = 0, None, False
            return was_open

    def failed(self) -> bool:
        """Note a failure; True when it opens the breaker, not when it stays open."""
        with self._lock:
            self._failures += 1
            if self._opened is None:
                if self._failures < self._limit:
                    return False
                self._opened = clock.now()
                return True
            if self._trying:  # else a call from before the opening, which tells nothing new
                self._opened, self._trying = clock.now(), False
            return False

    def _waiting(self, opened: datetime) -> bool:
        # A clock set back to an earlier hour, as in a rehearsal, must not hold it open for long.
        return opened <= clock.now() < opened + self._pause
