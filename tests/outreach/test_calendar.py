"""When we may write first, and when people answer."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from outreach.calendar import next_service, quiet_until, ticket_due
from outreach.clock import PARIS


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2020-06-15 08:59", "2020-06-15 09:00"),  # before opening
        ("2020-06-15 09:00", None),
        ("2020-06-15 18:59", None),
        ("2020-06-15 19:00", "2020-06-16 09:00"),  # evening
        ("2020-06-16 03:00", "2020-06-16 09:00"),  # night
        ("2020-06-20 09:59", "2020-06-20 10:00"),  # Saturday opens later
        ("2020-06-20 16:59", None),
        ("2020-06-20 17:00", "2020-06-22 09:00"),  # Saturday evening to Monday
        ("2020-06-21 12:00", "2020-06-22 09:00"),  # Sunday
        ("2020-07-14 11:00", "2020-07-15 09:00"),  # the national holiday, a Tuesday
        ("2020-04-12 12:00", "2020-04-14 09:00"),  # Easter Sunday and Monday
        ("2020-12-24 19:30", "2020-12-26 10:00"),  # Christmas, then a Saturday
    ],
)
def test_nothing_unsolicited_goes_out_at_a_quiet_hour(moment: str, opens: str | None) -> None:
    until = quiet_until(paris(moment))
    assert until == (paris(opens) if opens else None)


@pytest.mark.parametrize("day", ["2020-03-29", "2020-10-25"])
def test_a_change_of_hour_moves_no_opening(day: str) -> None:
    """The clocks change on a Sunday night: Monday still opens at nine on the wall."""
    sunday = paris(f"{day} 02:30")
    until = quiet_until(sunday)
    assert until is not None
    assert until.astimezone(PARIS).strftime("%A %H:%M") == "Monday 09:00"


def test_every_minute_of_the_day_of_the_change_is_quiet() -> None:
    at = paris("2020-10-25 00:00").astimezone(tz=None)
    for _ in range(25 * 60):
        assert quiet_until(at) is not None
        at += timedelta(minutes=1)


def test_people_answer_on_working_days() -> None:
    assert next_service(paris("2020-06-15 10:00")) == paris("2020-06-15 10:00")
    assert next_service(paris("2020-06-19 18:00")) == paris("2020-06-22 09:00")


@pytest.mark.parametrize(
    ("priority", "opened", "due"),
    [
        ("P0", "2020-06-15 10:00", "2020-06-15 10:15"),
        ("P0", "2020-06-15 03:00", "2020-06-15 09:15"),
        ("P1", "2020-06-15 10:00", "2020-06-15 14:00"),
        ("P1", "2020-06-15 16:00", "2020-06-16 11:00"),
        ("P2", "2020-06-15 10:00", "2020-06-16 10:00"),
        ("P2", "2020-06-19 10:00", "2020-06-22 10:00"),
    ],
)
def test_a_ticket_is_due_in_service_hours(priority: str, opened: str, due: str) -> None:
    assert ticket_due(priority, paris(opened)) == paris(due)
