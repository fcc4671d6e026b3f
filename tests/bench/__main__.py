"""`make bench`: signed webhook to committed reply, start-up time, resident memory.

One process of ours (web, worker and clock) on the embedded PostgreSQL; the stand-in of Twilio and
the clients share the machine with it, so that the figures are those of a small machine at work.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from rich.console import Console
from rich.table import Table

from tests.standins.twilio import TwilioStandIn

MESSAGES = 400
CLIENTS = (1, 16)
TEXTS = (
    "c ki ?", "bonjour", "mon fils a 38,2 de fièvre depuis hier", "wldi mrid", "1", "0", "merci",
    "j'ai peur du virus pour ma fille", "أريد أن أعرف متى تفتح المدرسة", "okul ne zaman açılıyor",
    "nu avem calculator acasă", "my son wants to work, what can he do", "cuándo abre el colegio",
)  # fmt: skip
READY_SECONDS = 120
QUIET_SECONDS = 2  # nothing more is coming
RENOUER = Path(sys.executable).parent / "renouer"


@dataclass
class Figures:
    """What one load gave: clients, messages a second, and latencies in milliseconds."""

    clients: int
    rate: float
    p50: float
    p99: float


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(twilio: TwilioStandIn, folder: str, url: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("RENOUER_")}
    return clean | {
        "RENOUER_DATA_DIR": folder,
        "RENOUER_SECRET_KEY": "k" * 40,
        "RENOUER_PUBLIC_URL": url,
        "RENOUER_TWILIO_ACCOUNT_SID": twilio.account_sid,
        "RENOUER_TWILIO_AUTH_TOKEN": twilio.auth_token,
        "RENOUER_TWILIO_SMS_FROM": twilio.sender,
        "RENOUER_TWILIO_API_URL": twilio.url,
    }


@asynccontextmanager
async def _service(twilio: TwilioStandIn, folder: str) -> AsyncIterator[tuple[str, int, float]]:
    """The service's address and process id, and how long it took to be ready."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        RENOUER, "serve", "--port", str(port),
        env=_environment(twilio, folder, url), stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await _ready(url)
        yield url, process.pid, time.perf_counter() - begun
    finally:
        process.terminate()
        await process.wait()


async def _ready(url: str) -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(READY_SECONDS):
        while True:
            try:
                if (await client.get(f"{url}/readyz")).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.02)


async def _load(
    twilio: TwilioStandIn, url: str, clients: int, numbers: itertools.count[int]
) -> Figures:
    """`MESSAGES` messages of different families, `clients` at a time."""
    todo = iter(range(MESSAGES))
    took: list[float] = []

    async def client() -> None:
        for n in todo:
            number = f"+3363998{next(numbers) % 10_000:04}"
            begun = time.perf_counter()
            response = await twilio.deliver_inbound(url, number, TEXTS[n % len(TEXTS)])
            response.raise_for_status()
            took.append((time.perf_counter() - begun) * 1000)

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    rate = MESSAGES / (time.perf_counter() - begun)
    centiles = statistics.quantiles(took, n=100)
    return Figures(clients, rate, centiles[49], centiles[98])


async def _delivered(twilio: TwilioStandIn) -> float:
    """How long after the last webhook the last reply reached the stand-in."""
    begun = last = time.perf_counter()
    seen = len(twilio.messages)
    while time.perf_counter() - last < QUIET_SECONDS:
        await asyncio.sleep(0.02)
        if len(twilio.messages) > seen:
            seen, last = len(twilio.messages), time.perf_counter()
    return last - begun


def _commit() -> str:
    shown = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip() or "unknown"


async def measure() -> Table:
    """Run everything and draw the table."""
    numbers = itertools.count()
    table = Table(
        title=f"Renouer {_commit()} · {os.cpu_count()} cores · Python {platform.python_version()}"
    )
    table.add_column("figure")
    table.add_column("value", justify="right")
    async with TwilioStandIn() as twilio:
        with tempfile.TemporaryDirectory(prefix="renouer-bench-") as folder:
            async with _service(twilio, folder) as (_url, _pid, first):
                table.add_row("first start (empty database), s", f"{first:.1f}")
            async with _service(twilio, folder) as (url, pid, again):
                table.add_row("start, s", f"{again:.1f}")
                table.add_row("memory of the service at start, MB", f"{_megabytes(pid):.0f}")
                for clients in CLIENTS:
                    figures = await _load(twilio, url, clients, numbers)
                    name = f"webhook to committed reply, {clients} client{'s' * (clients > 1)}"
                    table.add_row(f"{name}, messages a second", f"{figures.rate:.0f}")
                    table.add_row(f"{name}, p50 / p99 ms", f"{figures.p50:.0f} / {figures.p99:.0f}")
                wait = await _delivered(twilio)
                table.add_row("replies taken by the provider", str(len(twilio.messages)))
                table.add_row("waiting for the last of them, s", f"{wait:.1f}")
                table.add_row("memory of the service afterwards, MB", f"{_megabytes(pid):.0f}")
    return table


def _megabytes(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 1e6


if __name__ == "__main__":
    Console().print(asyncio.run(measure()))
