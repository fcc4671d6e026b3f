"""`renouer db`: the database's structure."""

from __future__ import annotations

import typer

from bot.cli.base import data_settings, run, step

app = typer.Typer(help="The database's structure.", no_args_is_help=True)


@app.callback()
def database() -> None:
    """The database's structure."""


@app.command("upgrade")
def upgrade() -> None:
    """Bring the database up to date, from empty too, with the program's dated facts."""
    from bot import migrations
    from outreach.embedded import embedded_url

    settings = data_settings()
    url = settings.database_url
    if url is None:
        with step("Démarrage de la base de données"):
            url = embedded_url(settings.data_dir)
    with step("Mise à jour de la base de données"):
        migrations.upgrade(url)
    with step("Faits datés du programme"):
        run(_facts(url))


async def _facts(url: str) -> None:
    from outreach.registry import keep_facts, national_facts
    from outreach.store import Store

    async with Store.open(url) as store, store.session() as session:
        await keep_facts(session, national_facts())
