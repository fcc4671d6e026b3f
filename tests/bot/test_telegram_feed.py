"""Telegram reaches us with and without a public address."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.runtime import Runtime
from bot.telegram_feed import feed_telegram
from tests.bot.conftest import PUBLIC, SECRET, provider_settings
from tests.bot.support import deliver, stored
from tests.standins.telegram import TelegramStandIn
from tests.standins.twilio import TwilioStandIn

CHAT = 4242


async def test_without_a_public_address_updates_are_polled_and_answered(
    database_url: str, tmp_path: Path
) -> None:
    async with TwilioStandIn() as twilio, TelegramStandIn() as telegram:
        settings = provider_settings(
            twilio, telegram, tmp_path, public_url=None, twilio_account_sid=None
        )
        async with Runtime.open(settings, database_url) as runtime:
            await telegram.start(CHAT)
            feeding = asyncio.create_task(feed_telegram(runtime))
            async with asyncio.timeout(10):
                await telegram.updates.confirmed()
            feeding.cancel()
            await deliver(runtime)
            assert len(telegram.sent) == 1
            assert len(await stored(runtime)) == 1


async def test_with_a_public_address_the_webhook_is_set_with_its_secret(
    database_url: str, tmp_path: Path
) -> None:
    async with TwilioStandIn() as twilio, TelegramStandIn() as telegram:
        settings = provider_settings(twilio, telegram, tmp_path)
        async with Runtime.open(settings, database_url) as runtime:
            feeding = asyncio.create_task(feed_telegram(runtime))
            async with asyncio.timeout(10):
                while "setwebhook" not in [c.lower() for c in telegram.calls]:  # noqa: ASYNC110 - the stand-in has no event for it
                    await asyncio.sleep(0.02)
            feeding.cancel()
            assert telegram.webhook_params["url"] == f"{PUBLIC}/webhooks/telegram"
            assert telegram.webhook_params["secret_token"] == SECRET
