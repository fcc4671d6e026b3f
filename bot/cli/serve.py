"""`renouer serve`, `worker`, `clock`: the processes."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from bot.cli.base import need_free, run, talk


class Only(StrEnum):
    """A process of its own."""

    WEB = "web"
    WORKER = "worker"
    CLOCK = "clock"


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = 8000,
    only: Annotated[Only | None, typer.Option(help="Run only this part.")] = None,
) -> None:
    """Run the service: web, worker and clock in one process, or one of them with --only."""
    from bot import logs, service
    from outreach.settings import load_settings

    settings = load_settings()
    if only in (None, Only.WEB):
        need_free(host, port)
    logs.configure()

    def told(at: int) -> None:
        talk().print(f"Renouer écoute sur http://{host}:{at}")

    run(service.serve(settings, host, port, only.value if only else None, told))


def worker() -> None:
    """Run a worker: it delivers what is due. Start as many as needed, on any machine."""
    from bot import logs, service
    from outreach.settings import load_settings

    settings = load_settings()
    logs.configure()
    run(service.work(settings))


def clock() -> None:
    """Run the clock: reminders, expiries, reconciliation. One is enough; a second one waits."""
    from bot import logs, service
    from outreach.settings import load_settings

    settings = load_settings()
    logs.configure()
    run(service.tick(settings))
