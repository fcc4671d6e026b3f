"""A channel without a network: in the demo it stands for SMS or Telegram."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import uuid4

from outreach.channels.contract import (
    Accepted,
    CannotTell,
    Channel,
    Envelope,
    Finding,
    Found,
    Outcome,
)


class SimulatedChannel(Channel):
    """Accepts everything at once. `on_sent(envelope, provider_id)` runs before `send` returns.

    It can make a receipt, or show the message on the demo's phone.

    >>> await SimulatedChannel("sms", buttons=False).send(Envelope(7, "+33639980001", "Bonjour"))
    Accepted(provider_id='sim-…')
    """

    def __init__(
        self,
        name: str,
        buttons: bool,
        on_sent: Callable[[Envelope, str], Awaitable[None]] | None = None,
    ) -> None:
        self.name = name
        self.buttons = buttons
        self._on_sent = on_sent
        self._taken: dict[int, str] = {}

    async def send(self, envelope: Envelope) -> Outcome:
        """Take the message."""
        provider_id = f"sim-{uuid4().hex}"
        self._taken[envelope.reference] = provider_id
        if self._on_sent:
            await self._on_sent(envelope, provider_id)
        return Accepted(provider_id)

    async def find(self, envelope: Envelope, known: frozenset[str]) -> Finding:
        """Found if this process took it; what another process took, it cannot tell."""
        provider_id = self._taken.get(envelope.reference)
        if provider_id is None or provider_id in known:
            return CannotTell()
        return Found(provider_id)

    async def close(self) -> None:
        """Nothing to release."""
