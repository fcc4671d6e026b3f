"""`renouer demo`: the whole service on a fictional school district, on this machine alone."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.panel import Panel
from rich.table import Table

from bot.cli.base import need_free, progress, run, step, talk
from bot.cli.errors import UserError

if TYPE_CHECKING:
    from outreach.settings import Settings
    from outreach.store import Store

ROLES = {"mediator": "médiation", "coordinator": "coordination", "admin": "administration"}


def demo(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = 8000,
    reset: Annotated[bool, typer.Option("--reset", help="Forget an earlier run first.")] = False,
    serve: Annotated[bool, typer.Option(help="Serve; else only prepare the data.")] = True,
) -> None:
    """Try everything on a fictional school district: simulator and mediators' queue."""
    from bot import logs, service
    from bot.demo.place import DemoPlace, NotADemoError
    from outreach.settings import load_settings

    if os.environ.get("RENOUER_DATABASE_URL"):
        talk().print("RENOUER_DATABASE_URL n'est pas utilisé : la démonstration a sa propre base.")
    settings = load_settings(demo=True, database_url=None)
    place = DemoPlace(settings.data_dir)
    try:
        place.claim()
    except NotADemoError as error:
        raise UserError(str(error)) from None
    if serve:
        need_free(host, port)
    start = run(_prepare(settings, reset))
    place.play(start)
    if not serve:
        return
    logs.configure("WARNING")

    def ready(at: int) -> None:
        talk().print(welcome(f"http://{host}:{at}", start, settings.data_dir))

    played = settings.model_copy(update={"now": start})
    run(service.serve(played, host, port, None, ready))


async def _prepare(settings: Settings, reset: bool) -> datetime:
    """Database, structure, data; the hour from which the demo should play."""
    import nlu
    from bot.demo import loading
    from bot.demo.resetting import DemoRunsError, forget
    from bot.migrations import upgrade
    from outreach import clock
    from outreach.embedded import embedded_url
    from outreach.store import Store

    with step("Base de données"):
        url = await asyncio.to_thread(embedded_url, settings.data_dir)
    if reset:
        with step("Oubli de la démonstration précédente"):
            try:
                await forget(url)
            except DemoRunsError as error:
                raise UserError(str(error)) from None
    with step("Structure de la base"):
        await asyncio.to_thread(upgrade, url)
    async with Store.open(url) as store:
        start = settings.now or await loading.resume_at(store)
        if not await loading.loaded(store):
            clock.start_at(start)
            try:
                await _load(store)
            finally:
                clock.start_at(None)
    with step("Compréhension des messages"):
        await asyncio.to_thread(nlu.load)
    return start


async def _load(store: Store) -> None:
    from bot.demo import loading

    talk().print("Chargement du district fictif")
    with progress() as bar:
        task = bar.add_task("Familles", total=None)
        await loading.load(store, lambda _, done, of: bar.update(task, advance=done, total=of))


def welcome(address: str, start: datetime, folder: Path) -> Panel:
    """Where to look, and with which accounts."""
    from bot.demo.loading import logins, password
    from outreach.clock import PARIS

    table = Table.grid(padding=(0, 2))
    table.add_row("Simulateur de téléphone", f"[link]{address}/simulateur[/link]")
    table.add_row("File des médiateurs", f"[link]{address}/mediation[/link]")
    table.add_row("")
    for login in logins():
        table.add_row(login.login, f"{ROLES[login.role]} {', '.join(login.territories)}")
    table.add_row("Mot de passe de tous", password())
    table.add_row("")
    table.add_row("Date jouée", start.astimezone(PARIS).strftime("%d/%m/%Y %H:%M"))
    table.add_row("Données", f"{folder} (renouer demo --reset pour recommencer)")
    table.add_row("Arrêter", "Ctrl-C")
    return Panel(table, title="Renouer, démonstration : familles et écoles inventées", expand=False)
