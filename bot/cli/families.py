"""`renouer import`: lists from schools."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from bot.cli.base import data_settings, open_store, progress, put_json, run, show, talk
from bot.cli.errors import FAILED

if TYPE_CHECKING:
    from outreach.families.importing import Report
    from outreach.families.schools import SchoolsTally

SHOWN = 50  # lines of a table on screen; the report file has all

app = typer.Typer(help="Lists of schools and families.", no_args_is_help=True)


@app.command("families")
def families(
    file: Annotated[Path, typer.Argument(help="The list, CSV or XLSX.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only, keep nothing.")] = False,
    keep_good: Annotated[
        bool, typer.Option("--keep-good", help="Keep the good lines even if others are refused.")
    ] = False,
    sheet: Annotated[str | None, typer.Option(help="Worksheet, if there are several.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write refused lines to this CSV.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Import a school's list of families; every refused line is named, with what to do."""
    found = run(_import(file, sheet, dry_run, keep_good))
    if report is not None:
        write_report(found, report)
    if json:
        put_json(found.to_json())
    else:
        _show(found)
    if found.refused and not keep_good:
        raise typer.Exit(FAILED)


@app.command("schools")
def schools(
    file: Annotated[Path, typer.Argument(help="The schools, CSV.")],
    json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Import schools and their territories; needed once, before the families."""
    tally = run(_schools(file))
    if json:
        put_json({"created": tally.created, "updated": tally.updated})
    else:
        show().print(f"{tally.created} établissements ajoutés, {tally.updated} mis à jour.")


async def _import(file: Path, sheet: str | None, dry_run: bool, keep_good: bool) -> Report:
    from outreach.families.importing import import_families

    async with open_store(data_settings()) as store:
        with progress() as bar:
            tasks = {
                "read": bar.add_task("Lecture de la liste", total=None),
                "keep": bar.add_task("Enregistrement", total=None, visible=False),
            }

            def moved(phase: str, done: int, of: int | None) -> None:
                bar.update(tasks[phase], advance=done, total=of, visible=True)

            return await import_families(
                store, file, sheet=sheet, dry_run=dry_run, keep_good=keep_good, progress=moved
            )


async def _schools(file: Path) -> SchoolsTally:
    from outreach.families.schools import import_schools

    async with open_store(data_settings()) as store, store.session() as session:
        return await import_schools(session, file)


def write_report(found: Report, path: Path) -> None:
    """Every refusal as CSV that a French spreadsheet opens as it is."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["ligne", "colonne", "raison", "que_faire"])
        writer.writerows([r.line, r.column, r.reason, r.advice] for r in found.refusals)


def _show(found: Report) -> None:
    console = show()
    if found.refusals:
        table = Table("Ligne", "Colonne", "Raison", "Que faire", title="Lignes refusées")
        for r in found.refusals[:SHOWN]:
            table.add_row(str(r.line), r.column, r.reason, r.advice)
        console.print(table)
    if found.notices:
        table = Table("Ligne", "Colonne", "À savoir", title="À savoir")
        for n in found.notices[:SHOWN]:
            table.add_row(str(n.line or ""), n.column, n.note)
        console.print(table)
    hidden = max(0, len(found.refusals) - SHOWN) + max(0, len(found.notices) - SHOWN)
    if hidden:
        talk().print(f"{hidden} lignes de plus : voir --report FICHIER.csv ou --json.")
    console.print(_summary(found))


def _summary(found: Report) -> str:
    counted = (
        f"{found.rows} lignes : {found.good} bonnes, {found.refused} refusées, {found.blank} vides."
    )
    tally = found.tally
    done = (
        f"Élèves : {tally.created} ajoutés, {tally.updated} mis à jour, "
        f"{tally.unchanged} inchangés. {tally.people} personnes nouvelles."
    )
    if found.kept:
        return f"{counted}\n{done}"
    if found.dry_run and not (
        found.refused and not tally.created + tally.updated + tally.unchanged
    ):
        return f"{counted}\nEssai : rien n'est enregistré. Ce serait : {done}"
    return f"{counted}\nRien n'est enregistré. Corrigez la liste, ou ajoutez --keep-good."
