"""A campaign writes to each person once, leaves out whom it must, and says why."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from bot.campaigns import expect_answer
from bot.conversation import receive
from bot.runtime import Runtime
from bot.tables import Conversation
from bot.tickets import open_or_raise
from flows.wording import message_from_json
from outreach import campaigns, clock
from outreach.campaigns import CampaignError, Plan
from outreach.channels.contract import Inbound
from outreach.families.importing import import_families
from outreach.people import change_consent, find_address, opt_out
from outreach.store import Store
from outreach.tables import Address, Consent, Outgoing, OutgoingText, Person
from tests.families.district import two_schools
from tests.families.lists import COLUMNS, LP, csv_file, pupil

NAMED = (*COLUMNS, "pupil_phone")
A, B = "+33639980101", "+33639980102"


@pytest.fixture
async def district(store: Store) -> Store:
    await two_schools(store)
    return store


async def listed(store: Store, folder: Path, *rows: dict[str, str]) -> None:
    report = await import_families(store, csv_file(folder, rows, NAMED))
    assert report.kept, report.refusals


async def plan(store: Store, name: str = "juin", **options: Any) -> Plan:
    async with store.session() as session:
        campaign = await campaigns.create(session, name)
        return await campaigns.plan(session, campaign, **options)


async def rows(store: Store) -> list[Outgoing]:
    async with store.session() as session:
        return list(await session.exec(select(Outgoing).order_by(Outgoing.id)))  # type: ignore[arg-type]  # a column, at run time


async def address_of(store: Store, number: str) -> tuple[Person, Address]:
    async with store.session() as session:
        address = await find_address(session, "sms", number)
        assert address is not None
        person = await session.get(Person, address.person_id)
        assert person is not None
        return person, address


async def test_each_person_gets_one_bulk_row_in_their_language(
    district: Store, tmp_path: Path
) -> None:
    await listed(
        district,
        tmp_path,
        pupil("A1", language_hint="arabe", guardian_phone_2="0639980102"),
        pupil("A2", language_hint="arabe"),
        pupil("A3", "0639980103", language_hint="bulgare"),
        pupil("A4", "0639980104", uai=LP, level="CAP", pupil_phone="0639980105"),
    )
    found = await plan(district)
    assert (found.planned, found.already, sum(found.left_out.values())) == (5, 0, 0)
    written = await rows(district)
    assert len({r.person_id for r in written}) == 5
    assert {(r.kind, r.bulk, r.step, r.state, r.channel) for r in written} == {
        ("campaign", True, 0, "ready", "sms")
    }
    async with district.session() as session:
        messages = [t.message for t in await session.exec(select(OutgoingText))]
    spoken = sorted(m["languages"][0] for m in messages)
    assert spoken == ["ar", "ar", "bg", "fr", "fr"]
    says, ask = message_from_json(messages[0])
    assert ask is not None
    assert ask.key == "campaign.first"
    assert says == ()


async def test_a_second_run_adds_only_who_is_new(district: Store, tmp_path: Path) -> None:
    await listed(district, tmp_path, pupil("A1"))
    await plan(district)
    first = await rows(district)
    again = await plan(district)
    assert (again.planned, again.already) == (0, 1)
    assert await rows(district) == first
    await listed(district, tmp_path, pupil("A2", "0639980102"))
    more = await plan(district)
    assert (more.planned, more.already) == (1, 1)


async def test_two_runs_at_once_write_each_person_once(district: Store, tmp_path: Path) -> None:
    await listed(district, tmp_path, *[pupil(f"A{n}", f"06399801{n:02d}") for n in range(10)])
    found = await asyncio.gather(*(plan(district) for _ in range(3)))
    assert sum(p.planned for p in found) == 10
    assert all(p.planned + p.already == 10 for p in found)
    assert len(await rows(district)) == 10


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"contact_restrictions": "ne pas contacter"}, "opted_out"),
        ({"reason": "psychologique"}, "human_first"),
        ({"contact_restrictions": "voir avec l'assistante sociale"}, "human_first"),
        ({"phone": "0199000001"}, "no_sms_number"),
        ({"contact_restrictions": "voix"}, "prefers_voice"),
    ],
)
async def test_who_must_not_be_written_to_is_left_out_with_the_reason(
    district: Store, tmp_path: Path, cells: dict[str, str], reason: str
) -> None:
    await listed(district, tmp_path, pupil("A1", **{"phone": "0639980101"} | cells))
    await listed(district, tmp_path, pupil("A2", "0639980102"))
    found = await plan(district)
    assert dict(found.left_out) == {reason: 1}
    (only,) = await rows(district)
    assert only.person_id == (await address_of(district, B))[0].id


async def test_one_child_for_whom_a_person_comes_first_is_enough(
    district: Store, tmp_path: Path
) -> None:
    await listed(district, tmp_path, pupil("A1"), pupil("A2", reason="psychologique"))
    assert dict((await plan(district)).left_out) == {"human_first": 1}


@pytest.mark.parametrize(
    ("consent", "reason"),
    [
        (Consent.WRONG_NUMBER, "number_refused"),
        (Consent.BLOCKED, "number_refused"),
        (Consent.UNREACHABLE, "number_refused"),
    ],
)
async def test_a_number_that_is_no_good_is_left_out(
    district: Store, tmp_path: Path, consent: Consent, reason: str
) -> None:
    await listed(district, tmp_path, pupil())
    async with district.session() as session:
        address = await find_address(session, "sms", A)
        assert address is not None
        await change_consent(session, address, consent, how="test")
    assert dict((await plan(district)).left_out) == {reason: 1}


async def test_a_stop_and_a_pause_are_respected(district: Store, tmp_path: Path) -> None:
    await listed(district, tmp_path, pupil("A1"), pupil("A2", "0639980102"))
    async with district.session() as session:
        stopped = await session.get(Person, (await address_of(district, A))[0].id)
        paused = await session.get(Person, (await address_of(district, B))[0].id)
        assert stopped is not None
        assert paused is not None
        await opt_out(session, stopped, how="inbound")
        paused.paused_until = clock.now() + timedelta(days=3)
    assert dict((await plan(district)).left_out) == {"opted_out": 1, "paused": 1}
    clock.advance(timedelta(days=4))
    assert (await plan(district)).planned == 1


async def test_a_number_that_no_list_holds_any_more_is_not_written_to(
    district: Store, tmp_path: Path
) -> None:
    await listed(district, tmp_path, pupil())
    await listed(district, tmp_path, pupil(phone="0639980102"))
    await plan(district)
    (only,) = await rows(district)
    assert only.person_id == (await address_of(district, B))[0].id


async def test_someone_with_an_open_ticket_is_left_to_the_mediator(
    district: Store, tmp_path: Path
) -> None:
    await listed(district, tmp_path, pupil())
    person, _ = await address_of(district, A)
    assert person.id is not None
    async with district.session() as session:
        await open_or_raise(
            session,
            person_id=person.id,
            priority="P2",
            queue="mediation",
            reason="test",
            language=None,
            inbound_id=None,
            now=clock.now(),
        )
    found = await plan(district, prepare=expect_answer)
    assert dict(found.left_out) == {"with_a_mediator": 1}
    assert await rows(district) == []


async def test_the_answer_to_the_campaigns_question_is_understood(
    runtime: Runtime, tmp_path: Path
) -> None:
    """« 1 » after the first message means its first choice, not « not understood »."""
    await two_schools(runtime.store)
    await listed(runtime.store, tmp_path, pupil())
    await plan(runtime.store, prepare=expect_answer)
    await receive(runtime, Inbound("sms", "SM1", A, "1", clock.now()))
    person, _ = await address_of(runtime.store, A)
    async with runtime.store.session() as session:
        conversation = await session.get(Conversation, person.id)
    assert conversation is not None
    assert (conversation.state["flow"], conversation.state["step"]) == ("campaign", "identity")
    assert person.mode == "voice"  # 1 = be called


async def test_a_campaign_keeps_its_one_message(district: Store) -> None:
    async with district.session() as session:
        await campaigns.create(session, "juin")
    with pytest.raises(CampaignError, match="déjà un autre message"):
        async with district.session() as session:
            await campaigns.create(session, "juin", "intro.service")
    with pytest.raises(CampaignError, match="Aucun message"):
        async with district.session() as session:
            await campaigns.create(session, "juillet", "no.such.key")


async def test_status_counts_every_row_by_state_and_reason(district: Store, tmp_path: Path) -> None:
    await listed(district, tmp_path, *[pupil(f"A{n}", f"06399801{n:02d}") for n in range(4)])
    await plan(district)
    ids = [r.id for r in await rows(district)]
    async with district.session() as session:
        for row, values in zip(
            ids,
            (
                "state = 'suppressed', reason = 'opted_out'",
                "state = 'failed', error_code = '30003'",
                "state = 'planned'",
            ),
            strict=False,
        ):
            await session.execute(text(f"update outgoing set {values} where id = {row}"))
        await session.execute(
            text(
                "insert into outgoing_move (outgoing_id, before, after, why, at) "
                f"values ({ids[2]}, 'leased', 'planned', 'gate:quiet_hours', now())"
            )
        )
        found = await campaigns.status(session, await campaigns.find(session, "juin"))
    assert found["total"] == 4
    assert {s: n for s, n in found["states"].items() if n} == {
        "ready": 1,
        "suppressed": 1,
        "failed": 1,
        "planned": 1,
    }
    assert found["reasons"] == {
        "suppressed": {"opted_out": 1},
        "failed": {"30003": 1},
        "planned": {"gate:quiet_hours": 1},
    }
    assert found["states"]["delivered"] == 0
