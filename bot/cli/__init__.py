"""The command `renouer`. Data goes to standard output, talk and progress to standard error."""

from __future__ import annotations

import typer

from bot.cli import campaign, database, demo, families, nlu, segments, serve, staff, talk
from bot.cli.errors import ClearErrors

main = typer.Typer(
    name="renouer",
    cls=ClearErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # it would print local variables: numbers, names
)


@main.callback()
def begin() -> None:
    """Reach the families and young people a school authority has lost sight of."""
    from bot import logs

    logs.configure("WARNING")  # on standard error, so that standard output stays data


main.command("demo")(demo.demo)
main.command("serve")(serve.serve)
main.command("worker")(serve.worker)
main.command("clock")(serve.clock)
main.command("talk")(talk.talk)
main.add_typer(database.app, name="db")
main.add_typer(families.app, name="import")
main.add_typer(campaign.app, name="campaign")
main.add_typer(nlu.app, name="nlu")
main.add_typer(staff.app, name="staff")
main.add_typer(segments.app, name="text")

__all__ = ["main"]
