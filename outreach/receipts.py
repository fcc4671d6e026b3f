"""Provider receipts move the same ledger row on, in whatever order they come."""

from __future__ import annotations

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from outreach.channels.contract import Receipt
from outreach.ledger import ALLOWED, move
from outreach.store import notify
from outreach.tables import Outgoing, OutgoingState as State


async def record(session: AsyncSession, receipt: Receipt) -> bool:
    """Apply a receipt; False when no row is meant. A late or repeated receipt changes nothing.

    A receipt can overtake the provider's answer: then the row is still leased or unknown, and is
    found by our own reference in the callback's address.
    """
    row = await _row(session, receipt)
    if row is None:
        return False
    row.provider_id = row.provider_id or receipt.provider_id
    if State(row.state) in (State.LEASED, State.UNKNOWN):
        row.accepted_at = receipt.at
        await move(session, row, State.ACCEPTED, "receipt")
    after = State(receipt.state)
    if after in ALLOWED[State(row.state)]:
        row.error_code = receipt.code or row.error_code
        if after in (State.DELIVERED, State.READ) and row.delivered_at is None:
            row.delivered_at = receipt.at
        await move(session, row, after, "receipt")
    session.add(row)
    await notify(session, "desk", f"person:{row.person_id}")
    return True


async def _row(session: AsyncSession, receipt: Receipt) -> Outgoing | None:
    statement = (
        select(Outgoing)
        .where(Outgoing.channel == receipt.channel, Outgoing.provider_id == receipt.provider_id)
        .with_for_update()
    )
    row = (await session.exec(statement)).first()
    if row is None and receipt.reference is not None:
        row = await session.get(Outgoing, receipt.reference, with_for_update=True)
        if row is not None and (row.channel != receipt.channel or row.provider_id is not None):
            return None
    return row
