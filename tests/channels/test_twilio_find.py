"""After an unknown outcome, Twilio's list tells whether the message was taken: never twice."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from outreach.channels.contract import CannotTell, Found, NotFound, Unknown
from outreach.channels.twilio_sms import LISTED_AT_MOST, TRIAL_PREFIX, TwilioSms
from tests.channels.conftest import FAMILY, envelope
from tests.standins.twilio import TwilioStandIn

NONE: frozenset[str] = frozenset()


@pytest.mark.asyncio
async def test_a_message_taken_without_an_answer_is_found(
    sms: TwilioSms, twilio: TwilioStandIn
) -> None:
    lost = envelope()
    twilio.faults.next("drop", taken=True)
    assert isinstance(await sms.send(lost), Unknown)
    # Still queued at Twilio: it has no date of sending yet, and must be found all the same.
    assert twilio.messages[0].sent is None
    assert await sms.find(lost, NONE) == Found(twilio.messages[0].sid)


@pytest.mark.asyncio
async def test_a_message_that_was_not_taken_is_not_found(
    sms: TwilioSms, twilio: TwilioStandIn
) -> None:
    lost = envelope()
    twilio.faults.next("drop")
    assert isinstance(await sms.send(lost), Unknown)
    await sms.send(envelope(to="+33639980002"))
    await sms.send(envelope("autre texte"))
    assert await sms.find(lost, NONE) == NotFound()


@pytest.mark.asyncio
async def test_an_id_already_in_our_ledger_is_not_taken_twice(
    sms: TwilioSms, twilio: TwilioStandIn
) -> None:
    lost = envelope()
    await sms.send(lost)
    twilio.faults.next("hang", taken=True)
    await sms.send(lost)
    first, second = (message.sid for message in twilio.messages)
    assert await sms.find(lost, frozenset({first})) == Found(second)
    assert await sms.find(lost, frozenset({first, second})) == NotFound()


@pytest.mark.asyncio
async def test_yesterday_s_same_words_are_not_today_s(
    sms: TwilioSms, twilio: TwilioStandIn
) -> None:
    await sms.send(envelope())
    twilio.messages[0].created -= timedelta(days=1)
    assert await sms.find(envelope(), NONE) == NotFound()


@pytest.mark.asyncio
async def test_a_message_behind_many_newer_ones_is_found_on_a_later_page(
    sms: TwilioSms, twilio: TwilioStandIn
) -> None:
    lost = envelope()
    await sms.send(lost)
    for number in range(250):
        twilio.store.take(FAMILY, twilio.sender, f"autre {number}", None)
    assert await sms.find(lost, NONE) == Found(twilio.messages[0].sid)


@pytest.mark.asyncio
async def test_a_list_cut_short_proves_nothing(sms: TwilioSms, twilio: TwilioStandIn) -> None:
    for number in range(LISTED_AT_MOST + 1):
        twilio.store.take(FAMILY, twilio.sender, f"autre {number}", None)
    assert await sms.find(envelope(), NONE) == CannotTell()


@pytest.mark.asyncio
async def test_a_trial_account_s_prefix_does_not_hide_the_message(
    sms: TwilioSms, twilio: TwilioStandIn
) -> None:
    lost = envelope()
    message = twilio.store.take(FAMILY, twilio.sender, TRIAL_PREFIX + lost.text, None)
    assert await sms.find(lost, NONE) == Found(message.sid)


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["hang", "error", "throttle", "garbage"])
async def test_when_the_list_cannot_be_read_it_is_asked_for_again_later(
    sms: TwilioSms, twilio: TwilioStandIn, kind: str
) -> None:
    twilio.faults.next(kind)  # type: ignore[arg-type]  # parametrised
    assert await sms.find(envelope(), NONE) == CannotTell(for_now=True)


@pytest.mark.asyncio
async def test_without_the_time_of_the_call_nobody_can_tell(sms: TwilioSms) -> None:
    uncalled = dataclasses.replace(envelope(), called_at=None)
    assert await sms.find(uncalled, NONE) == CannotTell()


@pytest.mark.asyncio
async def test_a_small_difference_between_clocks_is_allowed(
    sms: TwilioSms, twilio: TwilioStandIn
) -> None:
    lost = dataclasses.replace(envelope(), called_at=datetime.now(UTC) + timedelta(seconds=45))
    await sms.send(lost)
    assert await sms.find(lost, NONE) == Found(twilio.messages[0].sid)
