"""Schools and their territories from a CSV: without them no family's line is accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from outreach.families.checking import UAI
from outreach.families.csv_file import records
from outreach.families.vocabulary import fold, vocabulary
from outreach.tables import School, Territory

REQUIRED = ("uai", "name", "level", "commune", "territory", "territory_name", "departement")
OPTIONAL = ("commune_code", "priority_education")


class SchoolsError(Exception):
    """The file cannot be taken; one line per fault, each with its line number."""


@dataclass(frozen=True, slots=True)
class SchoolsTally:
    """Schools added and schools brought up to date."""

    created: int = 0
    updated: int = 0


async def import_schools(session: AsyncSession, path: Path) -> SchoolsTally:
    """Add or update the schools of a file, within the caller's transaction; all or none.

    Columns: uai, name, level, commune, territory (code), territory_name, departement, and
    optionally commune_code (INSEE), priority_education (« REP », « REP+ », « oui »).
    """
    rows = read_schools(path)
    created = updated = 0
    for row in rows:
        territory = await _territory(session, row)
        school = await session.get(School, row["uai"])
        values = _values(row, territory)
        if school is None:
            session.add(School(uai=row["uai"], **values))
            created += 1
        elif any(getattr(school, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(school, name, value)
            updated += 1
    await session.flush()
    return SchoolsTally(created, updated)


def read_schools(path: Path) -> list[dict[str, str]]:
    """The checked lines of a file; SchoolsError names every fault."""
    found = list(records(path))
    if not found:
        raise SchoolsError("Le fichier est vide.")
    titles = [fold(t).replace(" ", "_") for t in found[0][1]]
    missing = [name for name in REQUIRED if name not in titles]
    if missing:
        raise SchoolsError(f"Il manque la colonne {', '.join(missing)}.")
    rows, faults = [], []
    for line, cells in found[1:]:
        row = dict(zip(titles, (c.strip() for c in cells), strict=False))
        if not any(row.values()):
            continue
        fault = _fault(row)
        if fault:
            faults.append(f"Ligne {line} : {fault}")
        rows.append(row)
    if faults:
        raise SchoolsError("\n".join(faults))
    return rows


def _fault(row: Mapping[str, str]) -> str | None:
    empty = [name for name in REQUIRED if not row.get(name)]
    if empty:
        return f"{', '.join(empty)} : la cellule est vide."
    if not UAI.fullmatch(row["uai"]):
        return "uai : sept chiffres et une lettre."
    if fold(row["level"]) not in vocabulary().levels:
        return "level : maternelle, elementaire, college, lycee ou lp."
    return None


def _values(row: Mapping[str, str], territory: Territory) -> dict[str, Any]:
    return {
        "name": row["name"],
        "level": vocabulary().levels[fold(row["level"])][0],
        "commune": row["commune"],
        "commune_code": row.get("commune_code", ""),
        "territory_id": territory.id,
        "priority_education": fold(row.get("priority_education", ""))
        in ("rep", "oui", "1", "true"),
    }


async def _territory(session: AsyncSession, row: Mapping[str, str]) -> Territory:
    """The territory of a line, made or renamed as it says."""
    code = row["territory"]
    found = (await session.exec(select(Territory).where(Territory.code == code))).first()
    territory = found or Territory(code=code, name="", departement="")
    territory.name, territory.departement = row["territory_name"], row["departement"]
    session.add(territory)
    await session.flush()
    return territory
