"""How Telegram's updates reach us: a webhook with a public address, long polling without one."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from telegram.error import TelegramError

from bot.runtime import Runtime
from bot.telegram_in import take_update
from outreach.channels.telegram import WEBHOOK_PATH, Telegram

log = structlog.get_logger(__name__)

RETRY_SECONDS = 30.0


async def feed_telegram(runtime: Runtime) -> None:
    """Set the webhook, or poll, until cancelled; just wait when Telegram is off.

    Called by the one live clock: there must be a single poller.
    """
    channel = runtime.channels.get("telegram")
    if isinstance(channel, Telegram):
        if runtime.settings.public_url:
            await _set_webhook(runtime, channel)
        else:
            await _poll(runtime, channel)
    await asyncio.Event().wait()


async def _set_webhook(runtime: Runtime, channel: Telegram) -> None:
    """Tell Telegram where we are; again later when it does not answer."""
    secret = runtime.settings.telegram_webhook_secret
    while True:
        try:
            await channel.set_webhook(
                f"{runtime.settings.public_url}{WEBHOOK_PATH}",
                secret.get_secret_value() if secret else "",
            )
        except TelegramError as error:
            log.error("telegram_webhook_not_set", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return


async def _poll(runtime: Runtime, channel: Telegram) -> None:
    async def handle(update: dict[str, Any]) -> None:
        await take_update(runtime, update)

    while True:
        try:
            await channel.poll(handle)
        except TelegramError as error:  # a wrong token: SMS must go on all the same
            log.error("telegram_polling_failed", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
