"""Processes killed without warning: nothing is lost, nothing is sent twice."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bot.runtime import Runtime
from nlu import classify
from outreach import clock
from outreach.settings import Settings
from outreach.tables import OutgoingState
from tests.bot.conftest import provider_settings
from tests.bot.support import PHONE, ledger, says
from tests.standins.telegram import TelegramStandIn
from tests.standins.twilio import TwilioStandIn

RENOUER = Path(sys.executable).parent / "renouer"
QUICK = {"reconcile_seconds": 0.5, "sweep_seconds": 0.3, "provider_timeout_seconds": 30}
PATIENCE = 40  # seconds, for two processes that start on a busy machine


def environment(settings: Settings, url: str) -> dict[str, str]:
    """The settings as a process reads them."""
    values = settings.model_dump(exclude_none=True) | {"database_url": url}
    env = {k: v for k, v in os.environ.items() if not k.startswith("RENOUER_")}
    for name, value in values.items():
        plain = getattr(value, "get_secret_value", lambda v=value: v)()
        env[f"RENOUER_{name.upper()}"] = str(plain)
    env["RENOUER_DATA_DIR"] = str(classify.data_dir().parent)  # the model that this run has trained
    return env


@asynccontextmanager
async def process(env: dict[str, str], *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A `renouer` process of its own, gone at the end."""
    started = await asyncio.create_subprocess_exec(
        RENOUER, *words, env=env, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


async def until(condition: Callable[[], bool]) -> None:
    """Other processes' doing: there is no event to await, so look often."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.02)


async def until_settled(runtime: Runtime, state: OutgoingState) -> None:
    async with asyncio.timeout(PATIENCE):
        while {row.state for row in await ledger(runtime)} != {state}:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)


@asynccontextmanager
async def post_office(url: str, folder: Path) -> AsyncIterator[tuple[Runtime, TwilioStandIn]]:
    """A stand-in of Twilio and a runtime to look with; the clock is the machine's own."""
    clock.start_at(None)
    async with TwilioStandIn() as twilio, TelegramStandIn() as telegram:
        settings = provider_settings(twilio, telegram, folder, telegram_token=None, **QUICK)
        async with Runtime.open(settings, url) as runtime:
            yield runtime, twilio


@pytest.mark.timeout(180)
async def test_killed_between_commit_and_sending_the_reply_goes_out_once(
    database_url: str, tmp_path: Path, free_port: int, understanding: None
) -> None:
    async with post_office(database_url, tmp_path) as (runtime, twilio):
        twilio.public_url = runtime.settings.public_url
        env, url = environment(runtime.settings, database_url), f"http://127.0.0.1:{free_port}"
        async with process(env, "serve", "--only", "web", "--port", str(free_port)) as web:
            await answering(url)
            response = await twilio.deliver_inbound(url, PHONE, "bonjour")
            assert response.status_code == 200
            web.send_signal(signal.SIGKILL)
            await web.wait()
        assert twilio.messages == []
        async with process(env, "serve", "--port", str(free_port)):
            await until_settled(runtime, OutgoingState.ACCEPTED)
        assert len(twilio.messages) == 1


@pytest.mark.timeout(180)
@pytest.mark.parametrize("taken", [True, False])
async def test_killed_in_the_middle_of_the_call_it_is_sent_once(
    database_url: str, tmp_path: Path, taken: bool, understanding: None
) -> None:
    """Whether or not Twilio took it before the worker died, the family gets it exactly once."""
    async with post_office(database_url, tmp_path) as (runtime, twilio):
        env = environment(runtime.settings, database_url)
        twilio.faults.next("hang", taken=taken)
        await write_reply(runtime, twilio)
        async with process(env, "worker") as worker:
            await until(lambda: twilio.calls > 0)
            worker.send_signal(signal.SIGKILL)
            await worker.wait()
        [row] = await ledger(runtime)
        assert row.state == OutgoingState.LEASED
        async with process(env, "worker"), process(env, "clock"):
            await until_settled(runtime, OutgoingState.ACCEPTED)
        assert len(twilio.messages) == 1


async def write_reply(runtime: Runtime, twilio: TwilioStandIn) -> None:
    await says(runtime, "bonjour")
    assert twilio.messages == []


async def answering(url: str) -> None:
    """Until the web answers."""
    async with httpx.AsyncClient() as client, asyncio.timeout(PATIENCE):
        while True:
            try:
                if (await client.get(f"{url}/healthz")).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)
