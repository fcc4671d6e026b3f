"""Schools come from a file; it is taken whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from outreach.families.schools import SchoolsError, SchoolsTally, import_schools
from outreach.store import Store
from outreach.tables import School, Territory

TITLES = (
    "uai;name;level;commune;commune_code;territory;territory_name;departement;priority_education"
)
ONE = "0349901X;Collège Les Micocouliers;collège;Villeneuve;34999;34-a;Bassin A;34;REP+"
TWO = "0309902X;Lycée La Draille;lp;Saint-Elzéar;;30-b;Bassin B;30;"


def listed(folder: Path, *lines: str) -> Path:
    path = folder / "ecoles.csv"
    path.write_bytes("\r\n".join([TITLES, *lines, ""]).encode("cp1252"))
    return path


async def test_schools_and_territories_are_added_then_updated(store: Store, tmp_path: Path) -> None:
    path = listed(tmp_path, ONE, TWO)
    async with store.session() as session:
        assert await import_schools(session, path) == SchoolsTally(created=2)
    async with store.session() as session:
        assert await import_schools(session, path) == SchoolsTally()
    path = listed(tmp_path, ONE.replace("Villeneuve", "Villevieille"), TWO)
    async with store.session() as session:
        assert await import_schools(session, path) == SchoolsTally(updated=1)
        school = await session.get(School, "0349901X")
        assert school is not None
        assert (school.commune, school.level) == ("Villevieille", "college")
        assert school.priority_education
        codes = await session.exec(select(Territory.code).order_by(Territory.code))
        assert list(codes) == ["30-b", "34-a"]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (ONE.replace("0349901X", "034"), "uai"),
        (ONE.replace("collège", "fac"), "level"),
        (ONE.replace("Bassin A", ""), "territory_name"),
    ],
)
async def test_a_wrong_line_is_named_and_nothing_is_taken(
    store: Store, tmp_path: Path, line: str, word: str
) -> None:
    path = listed(tmp_path, TWO, line)
    with pytest.raises(SchoolsError, match=f"Ligne 3.*{word}"):
        async with store.session() as session:
            await import_schools(session, path)
    async with store.session() as session:
        assert (await session.exec(select(School))).first() is None
