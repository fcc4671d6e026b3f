"""Load the fictional pilot district; a second time changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import staff
from bot.tables import Role, Staff
from flows.registry import read_facts
from outreach.clock import PARIS
from outreach.families.importing import Progress, import_families
from outreach.families.schools import import_schools
from outreach.registry import keep_facts, national_facts
from outreach.store import Store
from outreach.tables import InboundRow, LaboSession, Outgoing, Territory

DATA = Path(__file__).parent / "data"
START = datetime(2020, 6, 15, 9, 0, tzinfo=PARIS)


@dataclass(frozen=True, slots=True)
class Login:
    """A demo account, to be printed."""

    login: str
    name: str
    role: str
    territories: tuple[str, ...]


class DemoDataError(Exception):
    """The demo's own files are wrong: a fault of ours."""


@cache
def district() -> dict[str, Any]:
    """The file `district.yml`."""
    loaded: dict[str, Any] = yaml.safe_load((DATA / "district.yml").read_text(encoding="utf-8"))
    return loaded


def logins() -> list[Login]:
    """All demo accounts; their password is `password()`."""
    return [
        Login(a["login"], a["name"], a["role"], tuple(a["territories"]))
        for a in district()["staff"]
    ]


def password() -> str:
    """The one password of all demo accounts."""
    return str(district()["password"])


async def load(store: Store, progress: Progress = lambda *_: None) -> None:
    """Load schools, facts, families (by the real importer), accounts and the LABO group.

    >>> async def twice(store: Store) -> None:
    ...     await load(store)
    ...     await load(store)  # changes nothing
    """
    async with store.session() as session:
        await _territories(session)
        await import_schools(session, DATA / "schools.csv")
        await keep_facts(session, national_facts())
        local = (DATA / "facts.yml").read_text(encoding="utf-8")
        await keep_facts(session, read_facts(local, "bot/demo/data/facts.yml"))
        await _labo(session)
    report = await import_families(store, DATA / "families.csv", progress=progress)
    if not report.kept:
        faults = ", ".join(f"{r.line} {r.column}: {r.reason}" for r in report.refusals)
        raise DemoDataError(faults)
    async with store.session() as session:
        await _staff(session)


async def loaded(store: Store) -> bool:
    """True when the district is there: its accounts are the last thing loaded."""
    async with store.session() as session:
        last = select(Staff.id).where(Staff.login == logins()[-1].login)
        return (await session.exec(last)).first() is not None


async def resume_at(store: Store) -> datetime:
    """The hour to play from: the demo's morning, or after the last message of an earlier run."""
    async with store.session() as session:
        seen = (await session.exec(select(func.max(InboundRow.stored_at)))).one()
        sent = (await session.exec(select(func.max(Outgoing.created_at)))).one()
    return max(moment for moment in (START, seen, sent) if moment is not None)


async def _territories(session: AsyncSession) -> None:
    for row in district()["territories"]:
        found = await _territory(session, row["code"])
        if found is None:
            session.add(Territory(**row))
    await session.flush()


async def _territory(session: AsyncSession, code: str) -> Territory | None:
    return (await session.exec(select(Territory).where(Territory.code == code))).first()


async def _staff(session: AsyncSession) -> None:
    known = set(await session.exec(select(Staff.login)))
    for account in district()["staff"]:
        if account["login"] not in known:
            await staff.add(
                session,
                login=account["login"],
                name=account["name"],
                password=password(),
                role=Role(account["role"]),
                territories=account["territories"],
                languages=account["languages"],
            )


async def _labo(session: AsyncSession) -> None:
    for row in district()["labo"]:
        territory = await _territory(session, row["territory"])
        if territory is None or territory.id is None:
            raise DemoDataError(f"labo: {row['territory']}")
        starts = _morning(row["starts_on"])
        same = select(LaboSession.id).where(
            LaboSession.site == row["site"], LaboSession.starts_on == starts
        )
        if (await session.exec(same)).first() is None:
            session.add(
                LaboSession(
                    site=row["site"],
                    territory_id=territory.id,
                    starts_on=starts,
                    ends_on=_morning(row["ends_on"]),
                    capacity_min=row["capacity_min"],
                    capacity_max=row["capacity_max"],
                    status=row["status"],
                )
            )
    await session.flush()


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(9), PARIS)
