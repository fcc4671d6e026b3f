"""The simulated channel takes everything, and remembers what it took."""

from __future__ import annotations

import pytest

from outreach.channels.contract import Accepted, CannotTell, Envelope, Found
from outreach.channels.simulator import SimulatedChannel
from tests.channels.conftest import FAMILY

MESSAGE = Envelope(7, FAMILY, "Bonjour")


@pytest.mark.asyncio
async def test_everything_is_taken_shown_and_found_again() -> None:
    shown: list[tuple[Envelope, str]] = []

    async def show(envelope: Envelope, provider_id: str) -> None:
        shown.append((envelope, provider_id))

    channel = SimulatedChannel("telegram", buttons=True, on_sent=show)
    outcome = await channel.send(MESSAGE)
    assert isinstance(outcome, Accepted)
    assert shown == [(MESSAGE, outcome.provider_id)]
    assert await channel.find(MESSAGE, frozenset()) == Found(outcome.provider_id)
    assert await channel.find(MESSAGE, frozenset({outcome.provider_id})) == CannotTell()
    assert (channel.name, channel.buttons) == ("telegram", True)
    await channel.close()


@pytest.mark.asyncio
async def test_what_it_did_not_take_it_cannot_tell() -> None:
    channel = SimulatedChannel("sms", buttons=False)
    assert await channel.find(MESSAGE, frozenset()) == CannotTell()
    first, second = await channel.send(MESSAGE), await channel.send(MESSAGE)
    assert first != second
