"""Take back campaign messages that still wait, for people to whom they should no longer go."""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel.ext.asyncio.session import AsyncSession

from outreach.campaigns import left_out
from outreach.ledger import cancel_waiting


async def withdraw(session: AsyncSession, people: Collection[int]) -> int:
    """Cancel what waits for those of `people` whom a campaign would leave out; how many rows."""
    if not people:
        return 0
    return await cancel_waiting(session, await left_out(session, people), "import")
