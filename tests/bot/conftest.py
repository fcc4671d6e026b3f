"""The whole service on this machine: real HTTP, real signatures, stand-ins of the providers."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.runtime import Runtime
from bot.web.app import create_app
from outreach.settings import Settings, load_settings
from tests.standins.server import LocalServer
from tests.standins.telegram import TelegramStandIn
from tests.standins.twilio import TwilioStandIn

PUBLIC = "https://renouer.example.org"
SECRET = "s3cret-of-the-webhook"


@dataclass
class Served:
    """A running service and the providers around it."""

    runtime: Runtime
    url: str
    twilio: TwilioStandIn
    telegram: TelegramStandIn


def provider_settings(
    twilio: TwilioStandIn, telegram: TelegramStandIn, data_dir: Path, **more: object
) -> Settings:
    """Settings that aim at the stand-ins; behind a proxy, the public URL is not the inner one."""
    values: dict[str, object] = {
        "secret_key": "k" * 40,
        "data_dir": data_dir,
        "public_url": PUBLIC,
        "twilio_account_sid": twilio.account_sid,
        "twilio_auth_token": twilio.auth_token,
        "twilio_sms_from": twilio.sender,
        "twilio_api_url": twilio.url,
        "telegram_token": telegram.token,
        "telegram_webhook_secret": SECRET,
        "telegram_api_url": telegram.url,
        "provider_timeout_seconds": 1,
    }
    return load_settings(**(values | more))


@pytest.fixture
async def served(database_url: str, tmp_path: Path, understanding: None) -> AsyncIterator[Served]:
    """The service behind a proxy, with Twilio and Telegram on."""
    async with TwilioStandIn(PUBLIC) as twilio, TelegramStandIn() as telegram:
        settings = provider_settings(twilio, telegram, tmp_path)
        async with (
            Runtime.open(settings, database_url) as runtime,
            LocalServer(create_app(runtime)) as server,
        ):
            telegram.updates.webhook_url = f"{server.url}/webhooks/telegram"
            telegram.updates.secret = SECRET
            yield Served(runtime, server.url, twilio, telegram)


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
