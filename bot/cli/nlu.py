"""`renouer nlu`: what the service understands of a text."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.table import Table

from bot.cli import evaluate
from bot.cli.base import progress, put_json, read_json_lines, show, step
from bot.cli.errors import UserError

app = typer.Typer(help="What the service understands of a text.", no_args_is_help=True)
app.command("test")(evaluate.measure)
app.command("compare")(evaluate.compare)


@app.command("parse")
def parse(
    text: Annotated[str | None, typer.Argument(help="One message.")] = None,
    batch: Annotated[
        str | None, typer.Option(help="JSON lines with text, id, language; « - » reads stdin.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="The contact's known language.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, in Rasa's format.")] = False,
) -> None:
    """Understand one message, or each line of a file with --json --batch FILE."""
    if (text is None) == (batch is None):
        raise UserError("Donnez un texte, ou --batch FICHIER.")
    import nlu

    if batch is not None:
        rows = list(read_json_lines(batch))
        for number, row in enumerate(rows, start=1):
            if not isinstance(row.get("text"), str):
                raise UserError(f"{batch}, objet {number} : il manque « text ».")
        with progress() as bar:
            for parsed in bar.track(nlu.parse_batch(rows), total=len(rows), description="Lecture"):
                put_json(parsed)
        return
    found = nlu.understand(text or "", stored_language=language).as_rasa()
    if json:
        put_json(found)
        return
    table = Table("Ce qui est compris", "", show_header=False)
    table.add_row("intention", f"{found['intent']['name']} ({found['intent']['confidence']:.2f})")
    table.add_row("langue", f"{found['language']['code']} ({found['language']['confidence']:.2f})")
    for name in ("priority", "optout", "escalate"):
        table.add_row(name, str(found[name]))
    table.add_row("raisons", ", ".join(found["reasons"]))
    show().print(table)


@app.command("train")
def train(
    refresh_vectors: Annotated[
        bool, typer.Option("--refresh-vectors", help="Encode the training sentences anew.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was trained as JSON.")] = False,
) -> None:
    """Train the model from the sentences and keep it in the data folder."""
    import nlu

    started = time.perf_counter()
    with step("Apprentissage"):
        model = nlu.train(refresh_vectors=refresh_vectors)
    seconds = round(time.perf_counter() - started, 1)
    if json:
        put_json(
            {"version": model.version, "labels": list(model.intents.names), "seconds": seconds}
        )
    else:
        show().print(f"{len(model.intents.names)} intentions, version {model.version}.")
