"""A small district for the tests that need schools in the database."""

from __future__ import annotations

from outreach.store import Store
from outreach.tables import School, Territory
from tests.families.lists import COLLEGE, LP


async def two_schools(store: Store) -> dict[str, int]:
    """A college and a vocational school, each in its territory; territory ids by UAI."""
    async with store.session() as session:
        places = [
            Territory(code="34-a", name="Bassin A", departement="34"),
            Territory(code="30-b", name="Bassin B", departement="30"),
        ]
        session.add_all(places)
        await session.flush()
        found = {}
        for uai, level, place in ((COLLEGE, "college", places[0]), (LP, "lp", places[1])):
            assert place.id is not None
            session.add(
                School(uai=uai, name=uai, level=level, commune="Ici", territory_id=place.id)
            )
            found[uai] = place.id
    return found
