"""What the commands share: settings, a store, output and progress."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from bot.cli.errors import UserError

if TYPE_CHECKING:  # else `renouer --help` waits for a database driver
    from outreach.settings import Settings
    from outreach.store import Store

T = TypeVar("T")


def talk() -> Console:
    """Where we talk to the person at the keyboard: standard error."""
    return Console(stderr=True)


def show() -> Console:
    """Where results go when they are for people: standard output."""
    return Console()


def put_json(value: object) -> None:
    """One JSON value, one line, on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine to its end."""
    return asyncio.run(work)


def data_settings() -> Settings:
    """The settings of a command that only works on the data.

    In a folder that `renouer demo` keeps, they are the demo's, with the demo's present hour. A
    command signs nothing, so it asks for no secret key.
    """
    from bot.demo.place import DemoPlace
    from outreach.settings import load_settings

    if not os.environ.get("RENOUER_DATABASE_URL"):
        place = DemoPlace(Path(os.environ.get("RENOUER_DATA_DIR") or ".renouer"))
        present = place.present()
        if present is not None:
            return load_settings(demo=True, now=present)
    if os.environ.get("RENOUER_SECRET_KEY"):
        return load_settings()
    return load_settings(secret_key=secrets.token_urlsafe(32))


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """The database of these settings, migrated where it is ours, with the clock set."""
    from bot.service import database
    from outreach import clock
    from outreach.store import Store

    url = await database(settings)
    clock.start_at(settings.now)
    async with Store.open(url) as store:
        yield store


def need_free(host: str, port: int) -> None:
    """UserError when something else listens there; better said before a minute's preparation."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            why = error.strerror or "adresse inconnue"
            raise UserError(f"{host}:{port} ne peut pas servir : {why}. Essayez --port.") from None


def read_lines(path: str) -> Iterator[str]:
    """The lines of a file, or of standard input for « - », without blank ones."""
    if path == "-":
        yield from (line for line in sys.stdin if line.strip())
        return
    try:
        with Path(path).open(encoding="utf-8-sig") as file:
            yield from (line for line in file if line.strip())
    except UnicodeDecodeError:
        raise UserError(f"{path} : ce n'est pas un texte UTF-8.") from None


def read_json_lines(path: str) -> Iterator[dict[str, Any]]:
    """JSON objects, one a line; a UserError names the line that is none."""
    for number, line in enumerate(read_lines(path), start=1):
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(f"{path}, objet {number} : JSON illisible ({error.msg}).") from None
        if not isinstance(value, dict):
            raise UserError(f"{path}, objet {number} : il faut un objet JSON {{…}}.")
        yield value


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar on standard error, gone when the work is done; nothing off a terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = talk()
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        yield bar


@contextmanager
def step(what: str) -> Iterator[None]:
    """One long step: a spinner on a terminal, and a line with its time in any case."""
    console, started = talk(), time.perf_counter()
    if not console.is_terminal:
        console.print(f"… {what}")
    with console.status(what):
        yield
    console.print(f"[green]✓[/green] {what} ({time.perf_counter() - started:.1f} s)")
