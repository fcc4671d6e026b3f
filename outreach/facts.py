"""Dated facts from the database, as the values that `flows` resolves."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from flows.facts import Fact, Facts, Place
from outreach.calendar import next_service
from outreach.registry import national_facts
from outreach.tables import FactRow, Guardianship, School, YoungPerson


async def facts_for(
    session: AsyncSession, person_id: int, now: datetime, academie: str = ""
) -> Facts:
    """All facts that may concern one family now.

    Guardians of children in different schools get what is true for all: no school, no level. While
    the database holds no fact at all, those that come with the program count: an answer to danger
    must not depend on an operator's first step.
    """
    rows = await session.exec(
        select(FactRow).where(
            col(FactRow.valid_from) <= now,
            (col(FactRow.valid_to).is_(None)) | (col(FactRow.valid_to) > now),
        )
    )
    facts = tuple(map(_value, rows))
    if not facts and (await session.exec(select(FactRow.id).limit(1))).first() is None:
        facts = national_facts()
    place = await place_of(session, person_id, academie)
    return Facts(facts, place, next_service(now))


async def place_of(session: AsyncSession, person_id: int, academie: str = "") -> Place:
    """Level, school and commune that all the young people of a person share."""
    statement = (
        select(YoungPerson.level, School.uai, School.commune_code)
        .join(School, col(School.uai) == col(YoungPerson.uai))
        .outerjoin(Guardianship, col(Guardianship.young_person_id) == col(YoungPerson.id))
        .where(
            (col(Guardianship.person_id) == person_id) | (col(YoungPerson.person_id) == person_id)
        )
        .distinct()
    )
    found = (await session.exec(statement)).all()
    levels, schools, communes = ({row[i] for row in found} for i in range(3))
    return Place(
        level=levels.pop() if len(levels) == 1 else "all",
        school=schools.pop() if len(schools) == 1 else "",
        commune=communes.pop() if len(communes) == 1 else "",
        academie=academie,
    )


def _value(row: FactRow) -> Fact:
    return Fact(
        topic=row.topic,
        unit=row.unit,
        value=row.value["value"],
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        level=row.level,
        scope=row.scope,
        scope_value=row.scope_value,
        source=row.source,
        review_by=row.review_by,
    )
