"""When we may write first, and when people answer: hours of the day, weeks, French holidays.

Source: the domain file, telecom section (carriers refuse evenings, Sundays and public holidays for
traffic they take for marketing). Replies to an inbound are exempt; that is the gate's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache

import holidays

from outreach.clock import PARIS

Hours = Mapping[int, tuple[time, time]]

# Monday is 0. Sending: Mon-Fri 9-19, Sat 10-17. People: Mon-Fri 9-18.
SENDING: Hours = {d: (time(9), time(19)) for d in range(5)} | {5: (time(10), time(17))}
SERVICE: Hours = {d: (time(9), time(18)) for d in range(5)}
FAR = 30  # days; no run of closed days is longer


@cache
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("FR", years=year))


def is_holiday(day: date) -> bool:
    """True on a French public holiday.

    >>> is_holiday(date(2020, 7, 14))
    True
    """
    return day in _holidays(day.year)


def next_open(moment: datetime, hours: Hours) -> datetime:
    """`moment` itself when it lies within `hours`, else the next opening; aware, UTC.

    Computed on Paris wall time, so that a change of hour moves no opening.
    """
    local = moment.astimezone(PARIS)
    for ahead in range(FAR):
        day = local.date() + timedelta(days=ahead)
        if day.weekday() not in hours or is_holiday(day):
            continue
        opens, closes = (datetime.combine(day, t, PARIS) for t in hours[day.weekday()])
        if local < closes:
            return max(moment, opens.astimezone(moment.tzinfo))
    raise ValueError("no open day within a month")


def quiet_until(moment: datetime) -> datetime | None:
    """Until when nothing unsolicited may be sent; None when it may be sent now."""
    opening = next_open(moment, SENDING)
    return None if opening <= moment else opening


def next_service(moment: datetime) -> datetime:
    """When a person is next there to answer: now, or the next opening."""
    return next_open(moment, SERVICE)


def ticket_due(priority: str, moment: datetime) -> datetime:
    """By when a person should have looked: P0 15 minutes, P1 4 hours, else a working day.

    Counted from the next opening; what does not fit into a day goes on at the next opening.
    """
    left = {"P0": timedelta(minutes=15), "P1": timedelta(hours=4)}.get(priority, timedelta(hours=9))
    at = next_service(moment)
    while True:
        local = at.astimezone(PARIS)
        closes = datetime.combine(local.date(), SERVICE[local.weekday()][1], PARIS)
        room = closes - local
        if left <= room:
            return at + left
        left -= room
        at = next_service(closes.astimezone(moment.tzinfo) + timedelta(minutes=1))
