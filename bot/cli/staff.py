"""`renouer staff`: accounts of mediators, coordinators, administrators."""

from __future__ import annotations

import secrets
from typing import Annotated, Literal, TypeAlias

import typer

from bot.cli.base import data_settings, open_store, put_json, run, show, talk
from bot.cli.errors import UserError

Role: TypeAlias = Literal["mediator", "coordinator", "admin"]  # those of `bot.tables.Role`

app = typer.Typer(help="Accounts of the staff.", no_args_is_help=True)


@app.callback()
def staff() -> None:
    """Accounts of the staff."""


@app.command("add")
def add(
    login: Annotated[str, typer.Argument(help="A functional mailbox, nobody's own name.")],
    role: Annotated[Role, typer.Option(help="What they may do.")] = "mediator",
    territory: Annotated[
        list[str] | None, typer.Option(help="Code of a territory they look after; repeatable.")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="Code of a language they speak; repeatable.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="How colleagues see them.")] = None,
    ask_password: Annotated[
        bool, typer.Option("--ask-password", help="Type the password; else one is made.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the account as JSON.")] = False,
) -> None:
    """Add an account; without --ask-password a password is made and printed once."""
    if "@" not in login.strip("@"):
        raise UserError("L'identifiant est une adresse électronique de fonction.")
    made = None if ask_password else secrets.token_urlsafe(12)
    password = made or typer.prompt(
        "Mot de passe", hide_input=True, confirmation_prompt=True, err=True
    )
    shown = name or login.partition("@")[0]
    run(_add(login, shown, password, role, territory or [], language or []))
    account = {"login": login.strip().lower(), "role": role, "territories": territory or []}
    if json:
        put_json(account | ({"password": made} if made else {}))
        return
    talk().print(f"Compte ajouté : {account['login']} ({role})")
    if made:
        show().print(f"Mot de passe (montré une seule fois) : {made}", highlight=False)


async def _add(
    login: str, name: str, password: str, role: Role, territories: list[str], languages: list[str]
) -> None:
    from bot import staff as accounts, tables

    async with open_store(data_settings()) as store, store.session() as session:
        await accounts.add(
            session,
            login=login,
            name=name,
            password=password,
            role=tables.Role(role),
            territories=territories,
            languages=languages,
        )
