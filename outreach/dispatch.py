"""Dispatch: lease what is due, ask the gate, hand it to the provider, record what became of it.

The order makes a crash harmless. `called_at` is committed before the provider is called and the
session is closed; whoever finds a row with `called_at` and no outcome knows that it may have been
sent, marks it `unknown`, and never sends it blindly again.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog
from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from outreach import clock, gate, metrics
from outreach.channels.contract import (
    Accepted,
    Channel,
    Envelope,
    GiveUp,
    Outcome,
    Retry,
    StopAddress,
    Unknown,
)
from outreach.compose import Composed, compose
from outreach.ledger import move
from outreach.people import change_consent, human_first, opt_out
from outreach.store import Store, notify
from outreach.tables import (
    Address,
    AddressValue,
    Consent,
    Outgoing,
    OutgoingState as State,
    OutgoingText,
    Person,
)

log = structlog.get_logger(__name__)

Trouble: TypeAlias = Callable[[AsyncSession, Outgoing, str], Awaitable[None]]

BATCH = 40
MAX_ATTEMPTS = 6

# One statement, so that two workers never lease the same row. Replies go before bulk; two messages
# to one person never travel at once, so they arrive in order.
LEASE = text("""
update outgoing set state = 'leased', lease_owner = :owner, lease_until = :until
where id in (
  select o.id from outgoing o
  where o.state in ('planned', 'ready') and o.not_before <= :now
    and not exists (
      select 1 from outgoing before
      where before.person_id = o.person_id and before.state = 'leased'
    )
  order by o.bulk, o.not_before, o.id
  limit :batch
  for update skip locked
)
returning id, person_id
""")


class Dispatcher:
    """Sends everything that is due. One per process; safe beside any number of others."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        *,
        owner: int,
        on_trouble: Trouble,
        academie: str = "",
        lease_seconds: float = 60,
        timeout_seconds: float = 15,
        weekly_cap: int = 2,
        grace_seconds: float = 30,
    ) -> None:
        self.store = store
        self.channels = channels
        self.owner = owner
        self.on_trouble = on_trouble
        self.academie = academie
        self.lease = timedelta(seconds=lease_seconds)
        self.timeout = timeout_seconds
        self.weekly_cap = weekly_cap
        self.grace = timedelta(seconds=grace_seconds)  # a provider's list may lag behind

    async def drain(self) -> int:
        """Send until nothing is due; how many rows were taken up."""
        total = 0
        while batch := await self._lease():
            total += sum(map(len, batch.values()))
            await asyncio.gather(*(self._send_all(ids) for ids in batch.values()))
        return total

    async def _lease(self) -> dict[int, list[int]]:
        """Rows now ours, by person, oldest first."""
        now = clock.now()
        values = {"owner": self.owner, "until": now + self.lease, "now": now, "batch": BATCH}
        async with self.store.session() as session:
            rows = (await session.execute(LEASE, values)).all()
        by_person: dict[int, list[int]] = defaultdict(list)
        for row_id, person_id in sorted((r[0], r[1]) for r in rows):
            by_person[person_id].append(row_id)
        return by_person

    async def _send_all(self, ids: Sequence[int]) -> None:
        """One person's messages, one after the other."""
        for row_id in ids:
            target = await self._authorise(row_id)
            if target is not None:
                await self._settle(row_id, await self._call(*target))

    async def _authorise(self, row_id: int) -> tuple[str, Envelope] | None:
        """Ask the gate, fill in the words, and commit that the provider is about to be called."""
        now = clock.now()
        async with self.store.session() as session:
            row = await self._ours(session, row_id)
            if row is None or row.lease_until is None or row.lease_until <= now:
                return None
            person = await session.get(Person, row.person_id, with_for_update={"key_share": True})
            address = await session.get(Address, row.address_id)
            assert person is not None
            assert address is not None
            decision = gate.decide(await self._situation(session, row, person, address), now)
            metrics.GATE.labels(row.kind, type(decision).__name__).inc()
            match decision:
                case gate.Wait(until, reason):
                    row.not_before = until
                    await move(session, row, State.PLANNED, f"gate:{reason}")
                    return None
                case gate.Suppress(reason):
                    row.reason = reason
                    await move(session, row, State.SUPPRESSED, f"gate:{reason}")
                    await self._tell(session, row)
                    return None
            channel = self.channels[row.channel]
            composed = await compose(session, row, now, self.academie, buttons=channel.buttons)
            if not isinstance(composed, Composed):
                row.reason = composed
                await move(session, row, State.SUPPRESSED, composed)
                await self.on_trouble(session, row, composed)
                await self._tell(session, row)
                return None
            if composed.missing is not None:
                await self.on_trouble(session, row, f"fact:{composed.missing}")
            return channel.name, await self._seal(session, row, composed, now)

    async def _seal(
        self, session: AsyncSession, row: Outgoing, composed: Composed, now: datetime
    ) -> Envelope:
        """Keep the words as sent and mark the call; committed with the caller's transaction."""
        value = await session.get(AddressValue, row.address_id)
        words = await session.get(OutgoingText, row.id)
        assert value is not None
        assert words is not None
        assert row.id is not None
        words.text = composed.text
        row.language, row.segments = composed.language, composed.segments
        row.called_at, row.attempts = now, row.attempts + 1
        session.add(words)
        session.add(row)
        return Envelope(
            reference=row.id,
            to=value.value,
            text=composed.text,
            buttons=composed.buttons,
            called_at=now,
        )

    async def _situation(
        self, session: AsyncSession, row: Outgoing, person: Person, address: Address
    ) -> gate.Situation:
        """All that the gate looks at; the person's row is locked, so counts hold."""
        unsolicited = row.kind == "campaign"
        return gate.Situation(
            kind=row.kind,
            created_at=row.created_at,
            consent=Consent(address.consent),
            opted_out=person.opted_out_at is not None,
            urgent=row.urgent,
            channel_on=row.channel in self.channels,
            paused_until=person.paused_until,
            expires_at=row.expires_at,
            last_inbound_at=address.last_inbound_at,
            human_first=unsolicited and await human_first(session, row.person_id),
            recent=await self._recent(session, row) if unsolicited else (),
            weekly_cap=self.weekly_cap,
        )

    async def _recent(self, session: AsyncSession, row: Outgoing) -> tuple[datetime, ...]:
        """When unsolicited messages went, or may have gone, to this person in the last week."""
        sent = await session.exec(
            select(Outgoing.called_at).where(
                Outgoing.person_id == row.person_id,
                Outgoing.kind == "campaign",
                Outgoing.id != row.id,
                col(Outgoing.called_at) > clock.now() - gate.WEEK,
                Outgoing.state != State.FAILED.value,
            )
        )
        return tuple(at for at in sent if at is not None)

    async def _call(self, name: str, envelope: Envelope) -> Outcome:
        """The provider call, with no session open. Anything unforeseen is `unknown`."""
        outcome: Outcome
        try:
            async with asyncio.timeout(self.timeout):
                outcome = await self.channels[name].send(envelope)
        except TimeoutError:
            outcome = Unknown("timeout")
        except Exception as error:
            # A fault of ours after the request may have left: never "not sent".
            log.error("send_failed", channel=name, error=type(error).__name__)
            outcome = Unknown(type(error).__name__)
        metrics.OUTCOME.labels(name, type(outcome).__name__).inc()
        return outcome

    async def _settle(self, row_id: int, outcome: Outcome) -> None:
        """Record what became of a call."""
        async with self.store.session() as session:
            row = await session.get(Outgoing, row_id, with_for_update=True)
            if row is None or State(row.state) not in (State.LEASED, State.UNKNOWN):
                return  # a receipt was faster than we
            await settle(session, row, outcome, self.on_trouble)
            await self._tell(session, row)

    async def _ours(self, session: AsyncSession, row_id: int) -> Outgoing | None:
        row = await session.get(Outgoing, row_id, with_for_update=True)
        mine = row is not None and row.state == State.LEASED and row.lease_owner == self.owner
        return row if mine else None

    async def _tell(self, session: AsyncSession, row: Outgoing) -> None:
        await notify(session, "desk", f"person:{row.person_id}")


async def settle(
    session: AsyncSession, row: Outgoing, outcome: Outcome, on_trouble: Trouble
) -> None:
    """Move a row by the provider's word; errors are values with a meaning."""
    now = clock.now()
    match outcome:
        case Accepted(provider_id):
            row.provider_id, row.accepted_at = provider_id, now
            await move(session, row, State.ACCEPTED, "provider")
        case Retry(code, after) if row.attempts < MAX_ATTEMPTS:
            row.error_code, row.not_before = code, now + after
            await move(session, row, State.READY, f"retry:{code}")
        case Retry(code) | GiveUp(code):
            row.error_code = code
            await move(session, row, State.FAILED, f"provider:{code}")
            await on_trouble(session, row, f"failed:{code}")
        case StopAddress(code, consent):
            row.error_code = code
            await move(session, row, State.FAILED, f"provider:{code}")
            await _stop(session, row, Consent(consent))
            if consent != Consent.OPTED_OUT:  # a STOP calls for nobody
                await on_trouble(session, row, f"failed:{code}")
        case Unknown(code):
            row.error_code = code
            if row.state != State.UNKNOWN:
                await move(session, row, State.UNKNOWN, f"provider:{code}")


async def _stop(session: AsyncSession, row: Outgoing, consent: Consent) -> None:
    """Take over what the provider knows of an address."""
    address = await session.get(Address, row.address_id)
    person = await session.get(Person, row.person_id)
    assert address is not None
    assert person is not None
    if consent is Consent.OPTED_OUT:
        await opt_out(session, person, how="provider")
    else:
        await change_consent(session, address, consent, how="provider")
