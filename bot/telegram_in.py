"""One Telegram update, by webhook or by polling: a message, a pressed button, or a block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from bot.conversation import receive
from bot.runtime import Runtime
from outreach import clock, metrics
from outreach.channels.contract import Inbound
from outreach.channels.errors import Malformed
from outreach.channels.telegram import Blocked, Telegram, parse_update
from outreach.people import change_consent, find_address
from outreach.tables import Consent

log = structlog.get_logger(__name__)


async def take_update(runtime: Runtime, update: Mapping[str, Any]) -> None:
    """Take one update in; returns once it is committed. A repeat changes nothing."""
    match parse_update(update, clock.now()):
        case Inbound() as inbound:
            await receive(runtime, inbound)
            channel = runtime.channels.get("telegram")
            if isinstance(channel, Telegram):
                await channel.acknowledge(update)  # nothing to do unless a button was pressed
        case Blocked(channel=name, address=value):
            await _blocked(runtime, name, value)
        case Malformed(reason):
            metrics.INBOUND.labels("telegram", "malformed").inc()
            log.warning("update_malformed", reason=reason)
        case None:
            pass


async def _blocked(runtime: Runtime, channel: str, value: str) -> None:
    async with runtime.store.session() as session:
        address = await find_address(session, channel, value)
        if address is not None:
            await change_consent(session, address, Consent.BLOCKED, how="provider")
