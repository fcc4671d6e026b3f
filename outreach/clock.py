"""The one source of time, so that a whole year can be rehearsed in seconds.

UTC in the database, Europe/Paris for people. Nothing else in Renouer asks the machine for the hour.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


class _Clock:
    """The machine's hour plus an offset, or a fixed hour when frozen."""

    def __init__(self) -> None:
        self.offset = timedelta(0)
        self.frozen: datetime | None = None

    def now(self) -> datetime:
        if self.frozen is not None:
            return self.frozen
        return datetime.now(UTC) + self.offset


_clock = _Clock()


def now() -> datetime:
    """The present hour, aware, UTC.

    >>> now().tzinfo is UTC
    True
    """
    return _clock.now()


def machine_now() -> datetime:
    """The machine's own hour, whatever hour is being played. For a rehearsal's bookkeeping only."""
    return datetime.now(UTC)


def start_at(moment: datetime | None) -> None:
    """Let the clock start from `moment` and run on; None is the machine's own hour."""
    _clock.frozen = None
    _clock.offset = timedelta(0) if moment is None else moment - datetime.now(UTC)


def set_to(moment: datetime) -> None:
    """Stop the clock at `moment` (tests and rehearsals)."""
    _clock.frozen = moment.astimezone(UTC)


def advance(by: timedelta) -> None:
    """Move a stopped clock on, or a running one ahead."""
    if _clock.frozen is not None:
        _clock.frozen += by
    else:
        _clock.offset += by
