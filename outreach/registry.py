"""The dated facts that come with the program, kept in the database; a repeat changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from flows.facts import Fact
from flows.registry import read_facts
from outreach.store import Store
from outreach.tables import FactRow

NATIONAL = "facts.yml"


@cache
def national_facts() -> tuple[Fact, ...]:
    """The facts of `outreach/data/facts.yml`: emergency numbers, regimes, pointers.

    >>> any(fact.topic == "phone_child" for fact in national_facts())
    True
    """
    text = files("outreach.data").joinpath(NATIONAL).read_text(encoding="utf-8")
    return read_facts(text, f"outreach/data/{NATIONAL}")


async def keep_facts(session: AsyncSession, facts: Iterable[Fact]) -> None:
    """Add facts, or bring the same ones (topic, level, scope, start) to their present wording."""
    for fact in facts:
        values = {
            "topic": fact.topic,
            "unit": fact.unit,
            "value": {"value": fact.value},
            "level": fact.level,
            "scope": fact.scope,
            "scope_value": fact.scope_value,
            "valid_from": fact.valid_from,
            "valid_to": fact.valid_to,
            "source": fact.source,
            "review_by": fact.review_by,
        }
        changing = {n: values[n] for n in ("unit", "value", "valid_to", "source", "review_by")}
        await session.execute(
            insert(FactRow)
            .values(values)
            .on_conflict_do_update(constraint="fact_once", set_=changing)
        )


async def first_facts(store: Store) -> None:
    """Give a database without any fact those that come with the program.

    Only then: what an operator has corrected since must not come back at the next start.
    """
    async with store.session() as session:
        if (await session.exec(select(FactRow.id).limit(1))).first() is None:
            await keep_facts(session, national_facts())
