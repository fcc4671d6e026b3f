"""A list becomes families: a repeat changes nothing, a correction corrects, a crash leaves none."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from outreach import clock, ledger
from outreach.families import FileError
from outreach.families.importing import Report, import_families
from outreach.people import change_consent, find_address, opt_out, person_for
from outreach.store import Store
from outreach.tables import Audit, Campaign, Consent, Outgoing, Person
from tests.families.district import two_schools
from tests.families.lists import COLLEGE, COLUMNS, LP, csv_file, pupil

NAMED = (*COLUMNS, "guardian_name_1", "guardian_name_2", "pupil_phone")
A, B, C = "+33639980101", "+33639980102", "+33639980103"

EVERYTHING = (
    "select 'p', id::text, kind, language, mode, territory_id::text, opted_out_at::text"
    " from person",
    "select 'n', person_id::text, name, '', '', '', '' from private.person_name",
    "select 'y', id::text, uai || pupil_ref, level, category || coalesce(reason, ''),"
    " human_first::text, person_id::text from young_person",
    "select 'g', person_id::text, young_person_id::text, guardian_type, '', '', ''"
    " from guardianship",
    "select 'a', id::text, person_id::text, channel, consent, '', '' from address",
    "select 'v', address_id::text, channel, value, '', '', '' from private.address_value",
    "select 'c', id::text, person_id::text, change, how, '', '' from consent_event",
)


@pytest.fixture
async def district(store: Store) -> Store:
    await two_schools(store)
    return store


async def everything(store: Store) -> list[Any]:
    """All rows about people, to compare before and after."""
    async with store.session() as session:
        found = [(await session.execute(text(query))).all() for query in EVERYTHING]
    return sorted(tuple(map(str, row)) for rows in found for row in rows)


async def count(store: Store, query: str) -> int:
    async with store.session() as session:
        return int((await session.execute(text(f"select count(*) from {query}"))).scalar_one())


async def bring(store: Store, folder: Path, *rows: Mapping[str, str], **options: Any) -> Report:
    return await import_families(store, csv_file(folder, rows, NAMED), **options)


async def holder(store: Store, number: str, channel: str = "sms") -> Person:
    async with store.session() as session:
        address = await find_address(session, channel, number)
        assert address is not None
        person = await session.get(Person, address.person_id)
        assert person is not None
        return person


async def children(store: Store, number: str, channel: str = "sms") -> set[str]:
    person = await holder(store, number, channel)
    query = text(
        "select y.pupil_ref from young_person y join guardianship g on g.young_person_id = y.id "
        "where g.person_id = :id"
    )
    async with store.session() as session:
        return set((await session.execute(query, {"id": person.id})).scalars())


async def test_a_line_becomes_a_pupil_two_guardians_and_their_numbers(
    district: Store, tmp_path: Path
) -> None:
    row = pupil(guardian_phone_2="01 99 00 00 01", language_hint="arabe", guardian_name_1="Éva M.")
    report = await bring(district, tmp_path, row)
    assert report.kept
    assert (report.rows, report.good, report.refused, report.blank) == (1, 1, 0, 0)
    first, second = await holder(district, A), await holder(district, "+33199000001", "voice")
    assert (first.language, first.mode, second.mode) == ("ar", "text", "voice")
    assert await children(district, A) == {"A1"}
    assert await children(district, "+33199000001", "voice") == {"A1"}
    assert await count(district, "private.person_name where name = 'Éva M.'") == 1
    assert await count(district, "address where consent <> 'unknown'") == 0


async def test_importing_again_changes_nothing(district: Store, tmp_path: Path) -> None:
    rows = [
        pupil("A1", guardian_phone_2="0639980102", language_hint="ro", guardian_name_1="Ana"),
        pupil("A2", guardian_name_1="Ana"),
        pupil("A3", "0639980103", contact_restrictions="ne pas contacter"),
        pupil("A4", "0639980104", reason="psychologique"),
        pupil("A5", "0639980105", uai=LP, level="CAP", pupil_phone="0639980106"),
    ]
    await bring(district, tmp_path, *rows)
    before = await everything(district)
    again = await bring(district, tmp_path, *rows)
    assert await everything(district) == before
    assert (again.tally.created, again.tally.updated, again.tally.unchanged) == (0, 0, 5)


async def test_children_with_the_same_number_have_the_same_guardian(
    district: Store, tmp_path: Path
) -> None:
    report = await bring(
        district, tmp_path, pupil("A1"), pupil("A2"), pupil("A3", "+33 6 39 98 01 01")
    )
    assert await children(district, A) == {"A1", "A2", "A3"}
    assert (report.tally.people, report.tally.numbers) == (1, 1)
    await bring(district, tmp_path, pupil("A4"))
    assert await children(district, A) == {"A1", "A2", "A3", "A4"}
    assert await count(district, "person") == 1


async def test_someone_who_wrote_before_the_list_came_is_the_same_person(
    district: Store, tmp_path: Path
) -> None:
    async with district.session() as session:
        person, address = await person_for(session, "sms", A, clock.now())
        person.language = "tr"
        address.last_inbound_at = clock.now()
    await bring(district, tmp_path, pupil(language_hint="ar"))
    found = await holder(district, A)
    assert (found.id, found.kind) == (person.id, "guardian")
    assert found.language == "tr"  # what they wrote counts more than the list's hint
    assert found.territory_id is not None


async def test_a_corrected_number_replaces_the_old_one(district: Store, tmp_path: Path) -> None:
    await bring(district, tmp_path, pupil("A1"), pupil("A2"))
    report = await bring(district, tmp_path, pupil("A1", "0639980102"))
    assert await children(district, A) == {"A2"}
    assert await children(district, B) == {"A1"}
    assert (report.tally.updated, report.tally.unlinked) == (1, 1)
    assert any("ancien numéro" in n.note for n in report.notices)


async def test_a_corrected_level_and_category_update_the_same_pupil(
    district: Store, tmp_path: Path
) -> None:
    await bring(district, tmp_path, pupil(uai=LP, level="lycee"))
    await bring(district, tmp_path, pupil(uai=LP, level="CAP", category="b", reason="sociale"))
    assert await count(district, "young_person") == 1
    kept = "young_person where level = 'lp' and category = 'decrocheur_avant_fermeture'"
    assert await count(district, f"{kept} and reason = 'sociale'") == 1


async def test_do_not_contact_opts_everybody_of_the_line_out(
    district: Store, tmp_path: Path
) -> None:
    row = pupil(guardian_phone_2="0639980102", contact_restrictions="ne pas contacter")
    await bring(district, tmp_path, row)
    for number in (A, B):
        assert (await holder(district, number)).opted_out_at is not None
    assert await count(district, "address where consent = 'opted_out'") == 2
    assert await count(district, "consent_event where how = 'import' and change = 'opted_out'") == 2


async def test_do_not_contact_without_numbers_reaches_the_guardians_already_known(
    district: Store, tmp_path: Path
) -> None:
    await bring(district, tmp_path, pupil())
    await bring(district, tmp_path, pupil(phone="", contact_restrictions="ne pas contacter"))
    assert (await holder(district, A)).opted_out_at is not None
    assert await children(district, A) == {"A1"}


async def test_no_list_lifts_a_stop_or_a_person_first(district: Store, tmp_path: Path) -> None:
    await bring(district, tmp_path, pupil(reason="psychologique"))
    async with district.session() as session:
        person = await session.get(Person, (await holder(district, A)).id)
        assert person is not None
        await opt_out(session, person, how="inbound")
    report = await bring(district, tmp_path, pupil())
    assert (await holder(district, A)).opted_out_at is not None
    assert await count(district, "young_person where human_first") == 1
    assert len([n for n in report.notices if "cela reste" in n.note]) == 2


async def test_a_stop_follows_the_family_to_its_corrected_number(
    district: Store, tmp_path: Path
) -> None:
    await bring(district, tmp_path, pupil())
    async with district.session() as session:
        person = await session.get(Person, (await holder(district, A)).id)
        assert person is not None
        await opt_out(session, person, how="inbound")
    await bring(district, tmp_path, pupil(phone="0639980102"))
    assert (await holder(district, B)).opted_out_at is not None


async def test_a_wrong_number_is_told_to_the_school(district: Store, tmp_path: Path) -> None:
    await bring(district, tmp_path, pupil())
    async with district.session() as session:
        address = await find_address(session, "sms", A)
        assert address is not None
        await change_consent(session, address, Consent.WRONG_NUMBER, how="inbound")
    report = await bring(district, tmp_path, pupil())
    assert any("n'est pas celui de la famille" in n.note for n in report.notices)
    assert await count(district, "address where consent = 'wrong_number'") == 1


async def test_no_private_word_of_the_list_is_kept_anywhere(
    district: Store, tmp_path: Path
) -> None:
    columns = (*NAMED, "Observations")
    rows = [
        pupil(
            "A1", reason="zqreason", contact_restrictions="zqrestriction", Observations="zqcomment"
        )
    ]
    report = await import_families(district, csv_file(tmp_path, rows, columns))
    assert report.kept
    found = await everything(district)
    async with district.session() as session:
        found += list(await session.exec(select(Audit.details)))
    assert "zq" not in str(found)
    assert "zq" not in str(report.to_json())
    assert await count(district, "young_person where human_first") == 1


async def test_ase_is_kept_as_guardian_and_a_young_person_has_their_own_number(
    district: Store, tmp_path: Path
) -> None:
    row = pupil(contact_restrictions="ASE", pupil_phone="0639980102", uai=LP, level="CAP")
    await bring(district, tmp_path, row)
    assert await count(district, "guardianship where guardian_type = 'ASE'") == 1
    young = await holder(district, B)
    assert young.kind == "young"
    assert await count(district, f"young_person where person_id = {young.id}") == 1


async def test_with_a_refused_line_nothing_is_kept_unless_asked(
    district: Store, tmp_path: Path
) -> None:
    rows = [pupil("A1"), pupil("A2", "abc"), {}, pupil("A3", "0639980103")]
    report = await bring(district, tmp_path, *rows)
    assert not report.kept
    assert (report.rows, report.good, report.refused, report.blank) == (4, 2, 1, 1)
    assert await everything(district) == []
    report = await bring(district, tmp_path, *rows, keep_good=True)
    assert report.kept
    assert await count(district, "young_person") == 2
    assert [(r.line, r.column) for r in report.refusals] == [(3, "guardian_phone_1")]


async def test_a_dry_run_tells_the_real_figures_and_writes_nothing(
    district: Store, tmp_path: Path
) -> None:
    await bring(district, tmp_path, pupil("A1"))
    before = await everything(district)
    rows = [pupil("A1", "0639980102"), pupil("A2", contact_restrictions="ne pas contacter")]
    tried = await bring(district, tmp_path, *rows, dry_run=True)
    assert not tried.kept
    assert await everything(district) == before
    done = await bring(district, tmp_path, *rows)
    assert tried.tally == done.tally


async def test_a_crash_in_the_middle_leaves_nothing_half_done(
    district: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.families.storing.BATCH", 2)
    seen = []

    def crash(phase: str, done: int, _of: int | None) -> None:
        if phase == "keep":
            seen.append(done)
            if len(seen) == 2:
                raise RuntimeError("power cut")

    rows = [pupil(f"A{n}", f"06399801{n:02d}") for n in range(6)]
    with pytest.raises(RuntimeError):
        await bring(district, tmp_path, *rows, progress=crash)
    assert seen == [2, 2]
    assert await everything(district) == []
    assert await count(district, "audit") == 0


async def test_batches_know_each_others_people(
    district: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.families.storing.BATCH", 1)
    await bring(district, tmp_path, *[pupil(f"A{n}") for n in range(4)])
    assert await children(district, A) == {"A0", "A1", "A2", "A3"}


async def test_imports_at_once_make_no_duplicates_and_no_deadlock(
    district: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.families.storing.BATCH", 1)
    rows = [pupil(f"A{n}", f"06399801{n:02d}") for n in range(8)]
    (tmp_path / "back").mkdir()
    there, back = csv_file(tmp_path, rows), csv_file(tmp_path / "back", rows[::-1])
    reports = await asyncio.gather(*(import_families(district, p) for p in (there, back, there)))
    assert sorted(r.tally.created for r in reports) == [0, 0, 8]
    assert await count(district, "person") == 8


async def test_a_family_that_writes_while_the_list_is_kept_is_not_doubled(
    district: Store, tmp_path: Path
) -> None:
    """The number appears between the look-up and the insert: the import starts again."""
    written = []

    async def write_first() -> None:
        async with district.session() as session:
            await person_for(session, "sms", A, clock.now())

    import outreach.families.storing as storing

    real = storing.load

    async def late(session: Any, goods: Any) -> Any:
        known = await real(session, goods)
        if not written:
            written.append(True)
            await write_first()
        return known

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storing, "load", late)
        report = await bring(district, tmp_path, pupil())
    assert report.kept
    assert report.rows == 1
    assert await count(district, "person") == 1
    assert await children(district, A) == {"A1"}


async def test_waiting_campaign_messages_are_withdrawn_when_a_person_must_come_first(
    district: Store, tmp_path: Path
) -> None:
    await bring(district, tmp_path, pupil())
    person = await holder(district, A)
    async with district.session() as session:
        address = await find_address(session, "sms", A)
        campaign = Campaign(name="x", message_key="campaign.first", created_at=clock.now())
        session.add(campaign)
        await session.flush()
        assert person.id is not None
        assert address is not None
        assert address.id is not None
        await ledger.write(
            session,
            person_id=person.id,
            address_id=address.id,
            channel="sms",
            kind="campaign",
            campaign_id=campaign.id,
            step=0,
        )
    report = await bring(district, tmp_path, pupil(reason="psychologique"))
    assert report.tally.withdrawn == 1
    async with district.session() as session:
        (row,) = await session.exec(select(Outgoing))
        assert (row.state, row.reason) == ("cancelled", "human_first")


async def test_a_header_alone_is_an_error_not_an_empty_success(
    district: Store, tmp_path: Path
) -> None:
    with pytest.raises(FileError, match="aucun élève"):
        await bring(district, tmp_path)
    with pytest.raises(FileError, match="aucun élève"):
        await bring(district, tmp_path, {}, {})


async def test_the_audit_trail_says_how_many_and_nothing_else(
    district: Store, tmp_path: Path
) -> None:
    await bring(district, tmp_path, pupil())
    async with district.session() as session:
        (act,) = await session.exec(select(Audit))
    assert (act.action, act.details["good"], act.details["created"]) == ("import.families", 1, 1)
    assert COLLEGE not in str(act.details)
