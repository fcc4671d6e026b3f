"""`renouer text`: what a text costs as SMS."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from bot.cli.base import put_json, read_json_lines, show
from bot.cli.errors import UserError

app = typer.Typer(help="Texts as SMS.", no_args_is_help=True)


@app.callback()
def text() -> None:
    """Texts as SMS."""


@app.command("segments")
def segments(
    text: Annotated[str | None, typer.Argument(help="One text.")] = None,
    batch: Annotated[
        str | None, typer.Option(help="JSON lines with text and id; « - » reads stdin.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Count the SMS that a text needs, or each line of a file with --json --batch FILE."""
    from flows.segments import segments as count

    if (text is None) == (batch is None):
        raise UserError("Donnez un texte, ou --batch FICHIER.")
    if batch is not None:
        for number, row in enumerate(read_json_lines(batch), start=1):
            if not isinstance(row.get("text"), str):
                raise UserError(f"{batch}, objet {number} : il manque « text ».")
            named = {"id": row["id"]} if "id" in row else {}
            put_json(named | asdict(count(row["text"])))
        return
    found = count(text or "")
    if json:
        put_json(asdict(found))
    else:
        show().print(f"{found.encoding}, {found.units} unités, {found.segments} SMS")
