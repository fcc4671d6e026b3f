"""The fictional district is whole, fictional, and loads twice without a trace."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import staff
from bot.demo import loading
from bot.demo.place import DemoPlace, NotADemoError
from bot.demo.resetting import DemoRunsError, forget
from bot.migrations import pending, upgrade
from outreach import clock
from outreach.facts import facts_for
from outreach.families.phones import phone
from outreach.owner import clock_lock
from outreach.people import find_address
from outreach.store import Store

TABLES = (
    "territory", "school", "fact", "person", "private.person_name", "young_person",
    "guardianship", "address", "private.address_value", "consent_event", "staff",
    "staff_territory", "labo_session",
)  # fmt: skip


async def snapshot(store: Store) -> dict[str, list[str]]:
    async with store.session() as session:
        return {
            table: sorted(map(str, (await session.execute(text(f"select * from {table}"))).all()))
            for table in TABLES
        }


async def count(store: Store, query: str) -> int:
    async with store.session() as session:
        return int((await session.execute(text(f"select count(*) from {query}"))).scalar_one())


async def test_loading_twice_changes_nothing(store: Store) -> None:
    assert not await loading.loaded(store)
    await loading.load(store)
    assert await loading.loaded(store)
    before = await snapshot(store)
    assert all(before.values())
    await loading.load(store)
    assert await snapshot(store) == before


async def test_the_district_has_what_it_promises(store: Store) -> None:
    await loading.load(store)
    assert await count(store, "territory") == 3
    assert await count(store, "(select distinct departement from territory) d") == 2
    assert await count(store, "school") == 2
    assert await count(store, "labo_session") == 1
    assert await count(store, "(select distinct language from person) l") == 11
    assert await count(store, "guardianship where guardian_type = 'ASE'") == 1
    assert await count(store, "person where kind = 'young'") == 1
    assert await count(store, "address where channel = 'voice'") == 1
    assert await count(store, "person where opted_out_at is not null") == 1
    assert await count(store, "young_person where human_first") == 1
    several = "(select person_id from guardianship group by 1 having count(*) > 1) p"
    assert await count(store, several) >= 3


def test_forty_families_all_fictional() -> None:
    with (loading.DATA / "families.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert len({row["guardian_phone_1"] for row in rows}) == 40
    given = [row[c] for row in rows for c in row if "phone" in c and row[c]]
    assert all(re.fullmatch(r"\+33(63998|19900)\d{4}", phone(n).e164) for n in given)
    accounts = [login.login for login in loading.logins()]
    assert all(login.endswith("@demo.example.org") for login in accounts)


def test_the_schools_codes_cannot_be_real() -> None:
    """A real UAI ends with the letter that its digits give."""
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
    with (loading.DATA / "schools.csv").open(encoding="utf-8", newline="") as file:
        codes = [row["uai"] for row in csv.DictReader(file, delimiter=";")]
    assert all(code[-1] != letters[int(code[:-1]) % 23] for code in codes)


async def test_the_printed_password_opens_every_account(store: Store) -> None:
    await loading.load(store)
    for login in loading.logins():
        token = await staff.sign_in(store, login.login, loading.password())
        assert token is not None
        async with store.session() as session:
            member = await staff.who(session, token)
        assert member is not None
        assert member.role.value == login.role


async def test_each_schools_families_have_their_schools_facts(store: Store) -> None:
    await loading.load(store)
    clock.set_to(loading.START)
    told = {}
    async with store.session() as session:
        for number in ("+33639980001", "+33639980005"):
            address = await find_address(session, "sms", number)
            assert address is not None
            facts = await facts_for(session, address.person_id, clock.now(), "Montpellier")
            told[number] = {
                topic: fact.value
                for topic in ("group_size", "canteen", "fever_threshold")
                if (fact := facts.resolve(topic, clock.now()))
            }
    assert told["+33639980001"]["group_size"] == 12
    assert told["+33639980005"]["canteen"] == "facts.canteen.distance"
    assert all(t["fever_threshold"] == 37.8 for t in told.values())


async def test_a_later_run_plays_on_after_the_last_message(store: Store) -> None:
    await loading.load(store)
    assert await loading.resume_at(store) == loading.START
    async with store.session() as session:
        address = await find_address(session, "sms", "+33639980001")
        assert address is not None
        await session.execute(
            text(
                "insert into inbound (channel, provider_id, person_id, address_id, received_at,"
                " stored_at, understanding, media) values ('sms', 'x', :p, :a, :t, :t, '{}', '[]')"
            ),
            {"p": address.person_id, "a": address.id, "t": loading.START + timedelta(hours=2)},
        )
    assert await loading.resume_at(store) == loading.START + timedelta(hours=2)


async def test_forgetting_starts_from_nothing_but_never_under_a_running_demo(
    store: Store, database_url: str
) -> None:
    await loading.load(store)
    async with clock_lock(store):
        with pytest.raises(DemoRunsError):
            await forget(database_url)
    assert await count(store, "person") > 0
    await forget(database_url)
    assert pending(database_url)
    upgrade(database_url)
    assert not await loading.loaded(store)
    assert await count(store, "person") == 0


def test_a_demo_never_takes_a_real_services_folder(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    with pytest.raises(NotADemoError):
        DemoPlace(tmp_path).claim()
    fresh = DemoPlace(tmp_path / "new")
    fresh.claim()
    (tmp_path / "new" / "postgres").mkdir()
    fresh.claim()  # its own folder, a second time


def test_commands_beside_the_demo_play_its_hour(tmp_path: Path) -> None:
    place = DemoPlace(tmp_path)
    assert place.present() is None
    place.claim()
    assert place.present() is None
    clock.start_at(None)
    place.play(loading.START)
    present = place.present()
    assert present is not None
    assert loading.START <= present < loading.START + timedelta(minutes=1)
