"""Import a school's list: read, check, keep. All of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from outreach import clock
from outreach.families.checking import check_all
from outreach.families.reading import parse
from outreach.families.rows import FileError, Good, Notice, Refused, Rejected, details_of
from outreach.families.storing import Tally, keep
from outreach.store import Store
from outreach.tables import Audit, School

LOCK = 7_203_002  # two imports at once go one after the other

Progress: TypeAlias = Callable[[str, int, int | None], None]


@dataclass
class Report:
    """What became of a file. `rows` = good + refused + blank, always.

    `kept` tells whether the good lines are in the database. `refusals` may name a line more than
    once (one per fault); `refused` counts lines.
    """

    file: str
    dry_run: bool
    kept: bool = False
    rows: int = 0
    good: int = 0
    refused: int = 0
    blank: int = 0
    tally: Tally = field(default_factory=Tally)
    refusals: list[Refused] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """Plain JSON; no number, no name, no word of the list."""
        return {
            "file": self.file,
            "dry_run": self.dry_run,
            "kept": self.kept,
            "counts": {
                "rows": self.rows,
                "good": self.good,
                "refused": self.refused,
                "blank": self.blank,
            },
            "database": asdict(self.tally),
            "refused": [details_of(r) for r in self.refusals],
            "notices": [details_of(n) for n in self.notices],
        }


async def import_families(
    store: Store,
    path: Path,
    *,
    sheet: str | None = None,
    dry_run: bool = False,
    keep_good: bool = False,
    progress: Progress = lambda *_: None,
) -> Report:
    """Import the list at `path` and say what became of every line.

    With a refused line nothing is kept, unless `keep_good`. A dry run does all of it and takes it
    back, so that its figures are the real ones. FileError when the file as a whole is unreadable.

    >>> async def night(store: Store) -> bool:
    ...     return (await import_families(store, Path("liste.xlsx"), dry_run=True)).kept
    """
    try:
        return await _attempt(store, path, sheet, dry_run, keep_good, progress)
    except IntegrityError:
        # A family wrote for the first time, from a number of the list, while it was being kept.
        return await _attempt(store, path, sheet, dry_run, keep_good, progress)


async def _attempt(
    store: Store, path: Path, sheet: str | None, dry_run: bool, keep_good: bool, progress: Progress
) -> Report:
    async with store.session() as session:
        await session.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        schools = (await session.exec(select(School.uai, School.level, School.territory_id))).all()
        report = Report(path.name, dry_run)
        goods = _read(report, path, sheet, {uai: level for uai, level, _ in schools}, progress)
        if report.refused and not keep_good:
            return report
        territories = {uai: territory for uai, _, territory in schools}
        if dry_run:
            trial = await session.begin_nested()
            await _keep(session, report, goods, territories, progress)
            await trial.rollback()
            return report
        await _keep(session, report, goods, territories, progress)
        session.add(_act(report))
    report.kept = True  # said only once it is committed
    return report


def _read(
    report: Report,
    path: Path,
    sheet: str | None,
    schools: dict[str, str],
    progress: Progress,
) -> list[Good]:
    """Every line of the file, counted and checked."""
    table = parse(path, sheet)
    if table.unread:
        listed = ", ".join(table.unread)
        report.notices.append(Notice.about(0, "", "unread_columns", columns=listed))
    goods: list[Good] = []
    for found in check_all(table.rows, schools):
        report.rows += 1
        if found is None:
            report.blank += 1
        elif isinstance(found, Rejected):
            report.refused += 1
            report.refusals += found.faults
        else:
            report.notices += found.notices
            goods.append(found)
        progress("read", 1, None)
    report.good = len(goods)
    if report.rows == report.blank:
        raise FileError("no_rows")
    return goods


async def _keep(
    session: AsyncSession,
    report: Report,
    goods: Sequence[Good],
    territories: dict[str, int],
    progress: Progress,
) -> None:
    report.tally, notices = await keep(
        session, goods, territories, lambda done: progress("keep", done, len(goods))
    )
    report.notices += notices


def _act(report: Report) -> Audit:
    details = {"rows": report.rows, "good": report.good, "refused": report.refused}
    return Audit(
        at=clock.now(),
        actor="service",
        action="import.families",
        subject="families",
        details=details | asdict(report.tally),
    )
