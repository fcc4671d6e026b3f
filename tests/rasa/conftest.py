"""A Rasa stand-in, and the engine that asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.rasa import RasaEngine
from tests.standins.rasa import TOKEN, RasaStandIn

PATIENCE = 0.3


@pytest.fixture
async def rasa() -> AsyncIterator[RasaStandIn]:
    """A server that answers."""
    async with RasaStandIn() as server:
        yield server


@pytest.fixture
def engine(rasa: RasaStandIn) -> Iterator[RasaEngine]:
    """An engine with little patience."""
    made = RasaEngine(rasa.url, TOKEN, PATIENCE)
    yield made
    made.close()
