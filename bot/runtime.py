"""What a running process has: settings, store, channels, flows, the queue's waker, an engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.tickets import delivery_trouble
from bot.understanding import Understander, understander
from flows.load import load_flows
from flows.schema import FlowSet
from outreach.channels.contract import Channel
from outreach.channels.registry import open_channels
from outreach.dispatch import Dispatcher
from outreach.jobs import Waker
from outreach.settings import Settings
from outreach.store import Store


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything that the edges need, made once."""

    settings: Settings
    store: Store
    channels: dict[str, Channel]
    flows: FlowSet
    waker: Waker
    understand: Understander = field(default_factory=Understander)

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings, url: str) -> AsyncIterator[Runtime]:
        """A runtime on one database, closed at the end."""
        async with Store.open(url) as store:
            channels, understand = open_channels(settings), understander(settings)
            try:
                yield cls(settings, store, channels, load_flows(), Waker(store), understand)
            finally:
                understand.close()
                for channel in channels.values():
                    await channel.close()

    def dispatcher(self, owner: int) -> Dispatcher:
        """A dispatcher under a worker's number."""
        return Dispatcher(
            self.store,
            self.channels,
            owner=owner,
            on_trouble=delivery_trouble,
            academie=self.settings.academie,
            lease_seconds=self.settings.lease_seconds,
            timeout_seconds=self.settings.provider_timeout_seconds,
            weekly_cap=self.settings.weekly_cap,
            grace_seconds=self.settings.reconcile_seconds,
        )
