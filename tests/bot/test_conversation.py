"""A family writes: what is kept, what is answered, who is called."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import select

import bot.conversation
from bot.runtime import Runtime
from bot.tables import Conversation
from flows.session import Session
from outreach import clock
from outreach.channels.contract import Media
from outreach.clock import PARIS
from outreach.tables import LaboApplication, OutgoingState
from tests.bot.support import answers, asked, ledger, people, says, stored, tickets
from tests.outreach.support import write


async def test_stop_then_silence_then_start(runtime: Runtime) -> None:
    assert await asked(runtime, "STOP") != ""
    assert await asked(runtime, "stop") == ""  # confirmed once
    [person] = await people(runtime)
    assert person.opted_out_at is not None
    assert await asked(runtime, "START") != ""
    [person] = await people(runtime)
    assert person.opted_out_at is None


async def test_an_inbound_after_stop_does_not_lift_it(runtime: Runtime) -> None:
    await says(runtime, "STOP")
    assert await asked(runtime, "mon fils est malade") != ""  # a question is answered
    [person] = await people(runtime)
    assert person.opted_out_at is not None


async def test_danger_with_stop_is_both(runtime: Runtime) -> None:
    await says(runtime, "je veux mourir stop")
    [ticket] = await tickets(runtime)
    assert ticket.priority == "P0"
    [person] = await people(runtime)
    assert person.opted_out_at is not None


async def test_danger_is_answered_at_night(runtime: Runtime) -> None:
    clock.advance(timedelta(hours=17))  # 2:00
    assert await asked(runtime, "il me frappe") != ""
    [row] = await ledger(runtime)
    assert row.state == OutgoingState.ACCEPTED
    assert row.urgent


async def test_zero_always_means_a_person(runtime: Runtime) -> None:
    await says(runtime, "bonjour")
    await says(runtime, "0")
    [ticket] = await tickets(runtime)
    assert ticket.priority == "P2"


async def test_a_second_ticket_is_never_opened_beside_the_first(runtime: Runtime) -> None:
    await says(runtime, "0")
    await says(runtime, "je veux mourir")
    await says(runtime, "merci")
    [ticket] = await tickets(runtime)
    assert ticket.priority == "P0"
    assert ticket.unread == 3


async def hold(runtime: Runtime) -> None:
    async with runtime.store.session() as session:
        [person] = await people(runtime)
        conversation = await session.get(Conversation, person.id)
        assert conversation is not None
        state = Session.from_json(conversation.state).to_json()
        conversation.state = state | {"held": True}
        session.add(conversation)


async def test_the_bot_is_silent_while_a_mediator_holds_the_conversation(runtime: Runtime) -> None:
    await says(runtime, "0")
    await hold(runtime)
    assert await asked(runtime, "vous êtes là ?") == ""
    assert len(await stored(runtime)) == 2  # kept for the mediator all the same


async def test_but_not_for_danger_nor_stop(runtime: Runtime) -> None:
    await says(runtime, "0")
    await hold(runtime)
    assert await asked(runtime, "je veux mourir") != ""
    assert await asked(runtime, "STOP") != ""


async def test_two_unclear_messages_call_a_person(runtime: Runtime) -> None:
    first = await asked(runtime, "zzgrb fxx")
    assert "1 = " in first
    assert await tickets(runtime) == []
    await asked(runtime, "qsdf wxcv")
    assert len(await tickets(runtime)) == 1


async def test_an_image_without_words_goes_to_a_person(runtime: Runtime) -> None:
    await says(runtime, "", media=(Media("image", "image/jpeg", "ref"),))
    assert len(await tickets(runtime)) == 1


async def test_arabic_is_answered_in_arabic(runtime: Runtime) -> None:
    answer = await asked(runtime, "السلام عليكم، من أنتم؟")
    assert any("\u0600" <= c <= "\u06ff" for c in answer)


async def test_arabizi_is_answered_in_arabic_and_simple_french(runtime: Runtime) -> None:
    answer = await asked(runtime, "salam chkoun ntouma ?")
    assert any("\u0600" <= c <= "\u06ff" for c in answer)
    assert "automatique" in answer


async def test_no_fact_no_guess(runtime: Runtime) -> None:
    """Between two regimes no threshold is known: the school is asked, and a person is called."""
    clock.set_to(datetime(2020, 8, 3, 9, 0, tzinfo=PARIS))
    answer = await asked(runtime, "mon fils a 38,2 de fièvre")
    assert "école" in answer
    assert "38" not in answer
    assert len(await tickets(runtime)) == 1


async def test_a_fault_in_a_flow_loses_nothing(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(bot.conversation, "turn", broken)
    await says(runtime, "bonjour")
    assert [text for _, text in await stored(runtime)] == ["bonjour"]
    [ticket] = await tickets(runtime)
    assert ticket.reason == "service:turn_failed"


async def test_nothing_is_kept_when_the_database_fails_at_the_end(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All or nothing: no reply without its message, no message without its reply."""

    async def broken(*_args: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(bot.conversation, "notify", broken)
    with pytest.raises(ConnectionError):
        await says(runtime, "bonjour", provider_id="once")
    monkeypatch.undo()
    assert await stored(runtime) == []
    assert await answers(runtime) == []
    received = await says(runtime, "bonjour", provider_id="once")  # the provider tries again
    assert not received.repeat
    assert len(await answers(runtime)) == 1


async def test_no_text_and_no_number_in_what_is_kept_in_the_open(runtime: Runtime) -> None:
    await says(runtime, "appelez-moi au 06 39 98 12 34 je veux mourir")
    [(row, _)] = await stored(runtime)
    [ticket] = await tickets(runtime)
    seen = f"{row.understanding}{ticket.reason}"
    for secret in ("98 12", "mourir", "0639981234", "+33"):
        assert secret not in seen


async def test_a_valid_fact_is_told_with_its_figure(runtime: Runtime) -> None:
    answer = await asked(runtime, "mon enfant est malade il a de la fièvre")
    assert "37,8" in answer
    assert "15" in answer
    assert await tickets(runtime) == []


async def test_a_fact_that_ends_before_the_message_leaves_is_not_told(runtime: Runtime) -> None:
    """Valid at the moment of sending, or not at all: the school is asked, and a person answers."""
    clock.set_to(datetime(2020, 7, 4, 23, 30, tzinfo=PARIS))  # the rule ends at midnight
    await says(runtime, "mon enfant est malade il a de la fièvre")
    clock.advance(timedelta(minutes=31))
    assert await answers(runtime) == [""]  # late at night: it waits for Monday morning
    clock.set_to(datetime(2020, 7, 6, 9, 0, tzinfo=PARIS))
    [answer] = await answers(runtime)
    assert "37,8" not in answer
    assert "école" in answer
    [ticket] = await tickets(runtime)
    assert ticket.reason.startswith("delivery:fact:")


async def test_labo_taken_back_and_wished_again(runtime: Runtime) -> None:
    async def state() -> list[str]:
        async with runtime.store.session() as session:
            return [a.state for a in await session.exec(select(LaboApplication))]

    await says(runtime, "je veux participer au labo")
    await says(runtime, "2")  # 16 or 17 years old
    await says(runtime, "2")  # not at school
    assert await state() == ["interested"]
    await says(runtime, "je ne veux plus faire le labo")
    assert await state() == ["withdrawn"]


async def test_who_writes_gets_no_campaign_that_was_still_waiting(runtime: Runtime) -> None:
    await says(runtime, "bonjour")
    [reply] = await ledger(runtime)
    await write(
        runtime.store, (reply.person_id, reply.address_id), kind="campaign", campaign="juin"
    )
    await says(runtime, "merci")
    states = {row.kind: row.state for row in await ledger(runtime)}
    assert states["campaign"] == OutgoingState.CANCELLED
