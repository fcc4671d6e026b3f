"""An SMS is handed over once, and every failure says truly whether it may have left."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Callable
from datetime import timedelta

import pytest

from outreach.channels.contract import (
    Accepted,
    GiveUp,
    Outcome,
    Retry,
    StopAddress,
    Unknown,
)
from outreach.channels.errors import TWILIO_FAILURES, twilio_failure
from outreach.channels.twilio_http import DEFAULT_PAUSE, LONGEST_PAUSE, retry_after
from outreach.channels.twilio_sms import TwilioSms
from tests.channels.conftest import FAMILY, PUBLIC_URL, envelope, sms_at
from tests.standins.twilio import TwilioStandIn


@pytest.mark.asyncio
async def test_an_sms_reaches_twilio_whole(sms: TwilioSms, twilio: TwilioStandIn) -> None:
    text = "Bonjour ! Le collège rouvre lundi. أهلا 👋 100 % & = +"
    outcome = await sms.send(envelope(text, reference=31))
    (message,) = twilio.messages
    assert outcome == Accepted(message.sid)
    assert (message.to, message.from_, message.body) == (FAMILY, twilio.sender, text)
    assert message.status_callback == f"{PUBLIC_URL}/webhooks/twilio/status?ref=31"


@pytest.mark.asyncio
async def test_without_a_public_url_no_receipts_are_asked_for(twilio: TwilioStandIn) -> None:
    async with sms_at(twilio.url, twilio) as sms:
        assert isinstance(await sms.send(envelope()), Accepted)
    assert twilio.messages[0].status_callback is None


@pytest.mark.asyncio
async def test_the_longest_text_passes_and_one_more_character_does_not(
    sms: TwilioSms, twilio: TwilioStandIn
) -> None:
    assert isinstance(await sms.send(envelope("a" * 1600)), Accepted)
    assert await sms.send(envelope("a" * 1601)) == GiveUp("21617")
    assert await sms.send(envelope("  ")) == GiveUp("21602")
    assert len(twilio.messages) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("prepare", "to", "expected"),
    [
        (lambda t: t.opted_out.add(FAMILY), FAMILY, StopAddress("21610", "opted_out")),
        (lambda t: None, "0639980001", StopAddress("21211", "unreachable")),
        (lambda t: None, "+33199000001", StopAddress("21614", "unreachable")),
        (lambda t: None, "+33639980000", StopAddress("21266", "unreachable")),
        (lambda t: setattr(t, "forbidden_regions", ("+33",)), FAMILY, GiveUp("21408")),
        (lambda t: t.senders.clear(), FAMILY, GiveUp("21606")),
        (lambda t: setattr(t, "auth_token", "changed"), FAMILY, GiveUp("20003")),
        (lambda t: setattr(t, "account_sid", "AC" + "6" * 32), FAMILY, GiveUp("20003")),
    ],
)
async def test_a_refusal_stops_the_right_thing(
    sms: TwilioSms,
    twilio: TwilioStandIn,
    prepare: Callable[[TwilioStandIn], None],
    to: str,
    expected: Outcome,
) -> None:
    prepare(twilio)
    assert await sms.send(envelope(to=to)) == expected
    assert twilio.messages == []


@pytest.mark.asyncio
async def test_after_an_english_stop_twilio_refuses_until_start(
    sms: TwilioSms, twilio: TwilioStandIn, closed_port: str
) -> None:
    for word, expected in (("stop", StopAddress), ("Start", Accepted)):
        with pytest.raises(Exception, match="connect"):  # no application listens in this test
            await twilio.deliver_inbound(closed_port, FAMILY, word)
        assert isinstance(await sms.send(envelope()), expected)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("hang", "timeout"),
        ("drop", "connection_lost"),
        ("error", "http_500"),
        ("garbage", "unreadable_answer"),
    ],
)
@pytest.mark.parametrize("taken", [True, False])
async def test_when_the_answer_is_lost_the_outcome_is_unknown_and_nothing_is_sent_again(
    sms: TwilioSms, twilio: TwilioStandIn, kind: str, code: str, taken: bool
) -> None:
    twilio.faults.next(kind, taken=taken)  # type: ignore[arg-type]  # parametrised
    assert await sms.send(envelope()) == Unknown(code)
    assert len(twilio.messages) == (1 if taken else 0)


@pytest.mark.asyncio
async def test_a_slow_answer_within_the_time_out_is_taken(
    sms: TwilioSms, twilio: TwilioStandIn
) -> None:
    twilio.faults.next("slow", seconds=0.2)
    assert isinstance(await sms.send(envelope()), Accepted)


@pytest.mark.asyncio
async def test_too_many_requests_waits_as_long_as_twilio_asks(
    sms: TwilioSms, twilio: TwilioStandIn
) -> None:
    twilio.faults.next("throttle", seconds=17)
    assert await sms.send(envelope()) == Retry("429", timedelta(seconds=17))
    twilio.faults.next("throttle")
    assert await sms.send(envelope()) == Retry("429", DEFAULT_PAUSE)
    assert twilio.messages == []


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "0"}, timedelta(seconds=1)),
        ({"Retry-After": "999999999999999999999"}, DEFAULT_PAUSE),
        ({"Retry-After": "86400"}, LONGEST_PAUSE),
        ({"Retry-After": "soon"}, DEFAULT_PAUSE),
        ({"Retry-After": "Mon, 15 Jun 2020 09:01:30 GMT"}, DEFAULT_PAUSE),
        (
            {
                "Retry-After": "Mon, 15 Jun 2020 09:01:30 GMT",
                "Date": "Mon, 15 Jun 2020 09:01:00 GMT",
            },
            timedelta(seconds=30),
        ),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: dict[str, str], expected: timedelta) -> None:
    assert retry_after(headers) == expected


@pytest.mark.asyncio
@pytest.mark.parametrize("url", ["refused", "http://nowhere.invalid"])
async def test_what_never_left_is_tried_again(
    url: str, closed_port: str, twilio: TwilioStandIn
) -> None:
    api_url = closed_port if url == "refused" else url
    async with sms_at(api_url, twilio) as sms:
        outcome = await sms.send(envelope())
    assert isinstance(outcome, Retry)
    assert outcome.code == "no_connection"


@pytest.mark.asyncio
async def test_a_connection_that_never_opens_is_tried_again(twilio: TwilioStandIn) -> None:
    # A listener whose queue is full and who never accepts: connecting waits for ever.
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with sms_at(url, twilio, timeout_seconds=0.6) as sms:
            outcome = await sms.send(envelope())
    assert isinstance(outcome, Retry)
    assert outcome.code == "connect_timeout"


@pytest.mark.asyncio
async def test_a_proxy_s_own_refusal_is_not_taken_for_twilio_s(
    sms: TwilioSms, twilio: TwilioStandIn
) -> None:
    twilio.faults.next("error", status=403)
    assert await sms.send(envelope()) == GiveUp("http_403")
    twilio.faults.next("error", status=408)
    assert await sms.send(envelope()) == Unknown("http_408")
    twilio.faults.next("error", status=302)
    assert await sms.send(envelope()) == Unknown("http_302")


@pytest.mark.asyncio
async def test_neither_number_nor_text_is_logged(
    sms: TwilioSms, twilio: TwilioStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await sms.send(envelope("un mot secret"))
    await sms.find(envelope("un mot secret"), frozenset())
    twilio.faults.next("error")
    await sms.send(envelope("un mot secret"))
    ours = [r for r in caplog.records if not r.name.startswith("uvicorn")]  # the stand-in's own
    logged = "".join(record.getMessage() for record in ours)
    assert FAMILY not in logged
    assert FAMILY[1:] not in logged
    assert "secret" not in logged
    assert twilio.auth_token not in logged


def test_only_codes_that_blame_the_number_stop_the_number() -> None:
    ours = {"20003", "21408", "21606", "21612", "21659", "30002", "30007", "63016"}
    assert not [c for c in ours if isinstance(twilio_failure(c).outcome, StopAddress)]
    assert all(failure.meaning for failure in TWILIO_FAILURES.values())
    assert twilio_failure("30005").outcome == StopAddress("30005", "unreachable")
    assert twilio_failure("30004").outcome == StopAddress("30004", "blocked")
    assert twilio_failure("12345").outcome == GiveUp("12345")


@pytest.mark.asyncio
async def test_an_api_url_may_have_a_path_and_a_bad_one_is_said(twilio: TwilioStandIn) -> None:
    # The stand-in serves nothing under /relay: that it says so shows where the request went.
    async with sms_at(f"{twilio.url}/relay/", twilio) as sms:
        assert await sms.send(envelope()) == GiveUp("http_404")
    async with sms_at("nonsense", twilio) as sms:
        assert await sms.send(envelope()) == GiveUp("bad_api_url")
