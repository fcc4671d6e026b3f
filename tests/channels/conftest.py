"""The stand-ins and our channels aimed at them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from outreach.channels.contract import Envelope
from outreach.channels.telegram import Telegram
from outreach.channels.twilio_sms import TwilioSms
from tests.standins.telegram import TelegramStandIn
from tests.standins.twilio import TwilioStandIn

FAMILY = "+33639980001"
CHAT = 4242
PUBLIC_URL = "https://lien.example.org"
NOW = datetime(2020, 6, 15, 9, 0, tzinfo=UTC)


def envelope(
    text: str = "Bonjour, c'est le collège.", to: str = FAMILY, reference: int = 7
) -> Envelope:
    """A message that the dispatcher is calling the provider for, now."""
    return Envelope(reference, to, text, (), datetime.now(UTC))


@pytest_asyncio.fixture
async def twilio() -> AsyncIterator[TwilioStandIn]:
    async with TwilioStandIn() as stand_in:
        yield stand_in


@pytest_asyncio.fixture
async def sms(twilio: TwilioStandIn) -> AsyncIterator[TwilioSms]:
    channel = TwilioSms(
        twilio.account_sid,
        twilio.auth_token,
        twilio.sender,
        api_url=twilio.url,
        public_url=PUBLIC_URL,
        timeout_seconds=0.6,
    )
    yield channel
    await channel.close()


@asynccontextmanager
async def sms_at(
    api_url: str, twilio: TwilioStandIn, timeout_seconds: float = 3
) -> AsyncIterator[TwilioSms]:
    """An SMS channel aimed elsewhere, without a public URL."""
    channel = TwilioSms(
        twilio.account_sid,
        twilio.auth_token,
        twilio.sender,
        api_url=api_url,
        timeout_seconds=timeout_seconds,
    )
    yield channel
    await channel.close()


@pytest_asyncio.fixture
async def bot_api() -> AsyncIterator[TelegramStandIn]:
    async with TelegramStandIn() as stand_in:
        stand_in.chats.started.add(CHAT)
        yield stand_in


@pytest_asyncio.fixture
async def telegram(bot_api: TelegramStandIn) -> AsyncIterator[Telegram]:
    channel = Telegram(bot_api.token, api_url=bot_api.url, timeout_seconds=0.6)
    yield channel
    await channel.close()


@pytest.fixture
def closed_port(unused_tcp_port: int) -> str:
    """An address where nothing listens."""
    return f"http://127.0.0.1:{unused_tcp_port}"
