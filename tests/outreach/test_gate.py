"""The gate: who may be written to, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from outreach.calendar import quiet_until
from outreach.clock import PARIS
from outreach.gate import Send, Situation, Suppress, Wait, decide
from outreach.tables import Consent

MONDAY = datetime(2020, 6, 15, 10, 0, tzinfo=PARIS)
NIGHT = datetime(2020, 6, 15, 23, 0, tzinfo=PARIS)
MORNING_AFTER = datetime(2020, 6, 16, 9, 0, tzinfo=PARIS)


def campaign(**changes: object) -> Situation:
    return Situation(kind="campaign", created_at=MONDAY, **changes)  # type: ignore[arg-type]  # tests name fields freely


def test_a_campaign_goes_out_by_day() -> None:
    assert decide(campaign(), MONDAY) == Send()


def test_a_campaign_waits_for_the_morning() -> None:
    assert decide(campaign(), NIGHT) == Wait(MORNING_AFTER, "quiet_hours")


@pytest.mark.parametrize("consent", list(Consent))
def test_only_those_who_did_not_refuse_get_a_campaign(consent: Consent) -> None:
    decision = decide(campaign(consent=consent), MONDAY)
    if consent in (Consent.UNKNOWN, Consent.ALLOWED):
        assert decision == Send()
    else:
        assert decision == Suppress(consent.value)


def test_stop_is_personal_whatever_the_address_says() -> None:
    situation = campaign(consent=Consent.ALLOWED, opted_out=True)
    assert decide(situation, MONDAY) == Suppress("opted_out")


def test_where_a_person_goes_first_no_campaign_does() -> None:
    assert decide(campaign(human_first=True), MONDAY) == Suppress("human_first")


def test_two_unsolicited_messages_a_week_and_no_third() -> None:
    first, second = MONDAY - timedelta(days=5), MONDAY - timedelta(days=1)
    assert decide(campaign(recent=(first,)), MONDAY) == Send()
    third = decide(campaign(recent=(second, first)), MONDAY)
    assert third == Wait(first + timedelta(days=7), "weekly_cap")


def test_a_pause_holds_campaigns_back() -> None:
    back = MONDAY + timedelta(days=60)
    assert decide(campaign(paused_until=back), MONDAY) == Wait(back, "paused")
    assert decide(campaign(paused_until=MONDAY), MONDAY) == Send()


def test_a_message_whose_time_is_past_is_dropped() -> None:
    assert decide(campaign(expires_at=MONDAY), MONDAY) == Suppress("expired")


def test_a_channel_that_is_off_sends_nothing_even_urgent() -> None:
    assert decide(campaign(channel_on=False, urgent=True), MONDAY) == Suppress("channel_off")


def test_an_answer_goes_out_at_night_to_whom_has_just_written() -> None:
    assert decide(Situation(kind="reply", created_at=NIGHT), NIGHT) == Send()


def test_the_confirmation_of_a_stop_still_goes_out() -> None:
    stopped = Situation(kind="reply", created_at=NIGHT, consent=Consent.OPTED_OUT, opted_out=True)
    assert decide(stopped, NIGHT) == Send()


def test_an_answer_that_was_held_up_wakes_nobody() -> None:
    late = Situation(kind="reply", created_at=NIGHT - timedelta(hours=2))
    assert decide(late, NIGHT) == Wait(MORNING_AFTER, "quiet_hours")


def test_emergency_numbers_go_at_any_hour() -> None:
    late = Situation(kind="reply", created_at=NIGHT - timedelta(hours=2), urgent=True)
    assert decide(late, NIGHT) == Send()


def test_an_address_that_blocked_us_is_left_alone_even_then() -> None:
    gone = Situation(kind="reply", created_at=NIGHT, consent=Consent.BLOCKED, urgent=True)
    assert decide(gone, NIGHT) == Suppress("blocked")


def test_a_mediator_answers_at_once_in_a_dialogue_and_waits_otherwise() -> None:
    talking = Situation(
        kind="mediator", created_at=NIGHT, last_inbound_at=NIGHT - timedelta(hours=1)
    )
    assert decide(talking, NIGHT) == Send()
    cold = Situation(kind="mediator", created_at=NIGHT)
    assert decide(cold, NIGHT) == Wait(MORNING_AFTER, "quiet_hours")


def test_a_mediator_does_not_write_first_to_whom_said_stop() -> None:
    silent = Situation(kind="mediator", created_at=MONDAY, opted_out=True)
    assert decide(silent, MONDAY) == Suppress("opted_out")


MOMENTS = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(2027, 12, 31),  # noqa: DTZ001 - hypothesis wants naive bounds
    timezones=st.just(UTC),
)


@given(now=MOMENTS, recent=st.lists(MOMENTS, max_size=4), opted_out=st.booleans())
def test_no_campaign_is_ever_sent_in_quiet_hours_over_the_cap_or_after_stop(
    now: datetime, recent: list[datetime], opted_out: bool
) -> None:
    situation = campaign(recent=tuple(recent), opted_out=opted_out)
    if decide(situation, now) == Send():
        assert quiet_until(now) is None
        assert not opted_out
        assert sum(now - timedelta(days=7) < at for at in recent) < 2


@given(now=MOMENTS)
def test_waiting_always_ends_at_an_hour_when_the_message_may_go(now: datetime) -> None:
    match decide(campaign(), now):
        case Wait(until, _):
            assert until > now
            assert decide(campaign(), until) == Send()
        case decision:
            assert decision == Send()
