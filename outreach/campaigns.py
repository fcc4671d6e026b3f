"""Campaigns: whom a message concerns, one ledger row for each of them, and where it stands.

Who is left out, and why, is always said. The gate looks again at the moment of sending.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from flows.catalogue import SOURCE, supported
from flows.engine import opening
from flows.events import Ask, Event, Say
from flows.load import load_flows
from flows.wording import message_to_json
from outreach import clock, ledger
from outreach.tables import Campaign, OutgoingState

FIRST = "campaign.first"
STEP = 0
CHANNEL = "sms"

Prepare: TypeAlias = Callable[[AsyncSession, int, Sequence[Event]], Awaitable[str | None]]

# Everybody who stands around a pupil of some list, with all that decides whether to write to them.
# The number written to is the one last answered on, else the oldest.
_AROUND = """
with around as (
  select person_id, young_person_id from guardianship
  union
  select person_id, id from young_person where person_id is not null
)
select p.id, p.language, p.mode, p.opted_out_at, p.paused_until,
  exists (select 1 from around a join young_person y on y.id = a.young_person_id
          where a.person_id = p.id and y.human_first) as human_first,
  exists (select 1 from around a where a.person_id = p.id) as linked,
  exists (select 1 from address a where a.person_id = p.id and a.channel = 'sms') as has_sms,
  (select a.id from address a
   where a.person_id = p.id and a.channel = 'sms' and a.consent in ('unknown', 'allowed')
   order by a.last_inbound_at desc nulls last, a.id limit 1) as address_id,
  exists (select 1 from outgoing o
          where o.person_id = p.id and o.campaign_id = :campaign and o.step = :step) as planned
from person p
where {who}
order by p.id
"""
_EVERYBODY = text(_AROUND.format(who="p.id in (select person_id from around)"))
_THESE = text(_AROUND.format(who="p.id = any(:people)"))

_STATUS = text("""
select o.state, coalesce(o.reason, o.error_code, waiting.why, '') as reason, count(*)
from outgoing o
left join lateral (
  select m.why from outgoing_move m where m.outgoing_id = o.id and o.state = 'planned'
  order by m.id desc limit 1
) waiting on true
where o.campaign_id = :campaign
group by 1, 2
""")


class CampaignError(ValueError):
    """A campaign cannot be made or found as asked; the message says why."""


@dataclass
class Plan:
    """What planning did: rows written now, rows that were there already, who is left out and why.

    `planned` + `already` + the sum of `left_out` is everybody whom the lists name. `languages`
    counts the rows written now.
    """

    planned: int = 0
    already: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: counts only."""
        return {
            "planned": self.planned,
            "already": self.already,
            "left_out": dict(self.left_out),
            "languages": dict(self.languages),
        }


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One person whom a list names; see `_AROUND`."""

    id: int
    language: str | None
    mode: str
    opted_out_at: datetime | None
    paused_until: datetime | None
    human_first: bool
    linked: bool
    has_sms: bool
    address_id: int | None
    planned: bool

    @property
    def writes_in(self) -> str:
        """The language of the message: theirs where we have the words, else French."""
        return self.language if self.language and supported(self.language) else SOURCE

    def reason(self, now: datetime) -> str | None:
        """Why a campaign leaves this person out, or None."""
        checks = (
            ("opted_out", self.opted_out_at is not None),
            ("not_in_a_list", not self.linked),
            ("human_first", self.human_first),
            ("no_sms_number", not self.has_sms),
            ("number_refused", self.address_id is None),
            ("prefers_voice", self.mode == "voice"),
            ("paused", self.paused_until is not None and self.paused_until > now),
        )
        return next((name for name, true in checks if true), None)


async def create(session: AsyncSession, name: str, message_key: str = FIRST) -> Campaign:
    """The campaign of this name, made if need be.

    CampaignError for an unknown message, or when the campaign has another one.

    >>> async def june(session: AsyncSession) -> str:
    ...     return (await create(session, "juin")).message_key
    """
    opening_of(message_key)
    values = {"name": name, "message_key": message_key, "state": "draft", "created_at": clock.now()}
    await session.execute(
        insert(Campaign).values(values).on_conflict_do_nothing(index_elements=["name"])
    )
    campaign = await find(session, name)
    if campaign.message_key != message_key:
        raise CampaignError(f"La campagne « {name} » a déjà un autre message.")
    return campaign


async def find(session: AsyncSession, name: str) -> Campaign:
    """The campaign of this name, or CampaignError."""
    campaign = (await session.exec(select(Campaign).where(Campaign.name == name))).first()
    if campaign is None:
        raise CampaignError(f"Aucune campagne « {name} ».")
    return campaign


async def plan(
    session: AsyncSession,
    campaign: Campaign,
    *,
    prepare: Prepare | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Plan:
    """Write one ledger row for each person whom the campaign may reach; a repeat adds nobody twice.

    `prepare` lets the conversation expect the answer (see `bot.campaigns`), or gives a reason to
    leave the person out. `progress` is told (done, of). Wake dispatch in the same transaction.
    """
    assert campaign.id is not None
    events = opening_of(campaign.message_key)
    made, chosen = await _choose(session, campaign.id)
    for done, candidate in enumerate(chosen, start=1):
        reason = await prepare(session, candidate.id, events) if prepare else None
        if reason is not None:
            made.left_out[reason] += 1
        elif await _write(session, campaign, candidate, events):
            made.planned += 1
            made.languages[candidate.writes_in] += 1
        else:
            made.already += 1
        progress(done, len(chosen))
    campaign.state = "running"
    session.add(campaign)
    await session.flush()
    return made


def opening_of(message_key: str) -> list[Event]:
    """What a campaign with this message says and then awaits; CampaignError for an unknown key.

    >>> opening_of("no.such.key")
    Traceback (most recent call last):
    ...
    outreach.campaigns.CampaignError: Aucun message « no.such.key ».
    """
    flows = load_flows()
    for flow in flows.flows.values():
        for step in flow.steps.values():
            if step.ask is not None and step.ask.key == message_key:
                return opening(flow.name, flows, step.name)
    if message_key not in flows.messages:
        raise CampaignError(f"Aucun message « {message_key} ».")
    return [Say(message_key)]


async def left_out(session: AsyncSession, people: Collection[int]) -> dict[int, str]:
    """Those of `people` to whom no campaign may write now, each with the reason."""
    values = {"campaign": None, "step": STEP, "people": list(people)}
    rows = await session.execute(_THESE, values)
    now = clock.now()
    reasons = ((c.id, c.reason(now)) for c in (_Candidate(*row) for row in rows))
    return {person_id: reason for person_id, reason in reasons if reason is not None}


async def status(session: AsyncSession, campaign: Campaign) -> dict[str, Any]:
    """Counts by ledger state and, within a state, by reason (of a wait, a refusal, a failure)."""
    states = dict.fromkeys((state.value for state in OutgoingState), 0)
    reasons: dict[str, dict[str, int]] = {}
    for state, reason, count in await session.execute(_STATUS, {"campaign": campaign.id}):
        states[state] += count
        if reason:
            reasons.setdefault(state, {})[reason] = count
    return {
        "name": campaign.name,
        "message": campaign.message_key,
        "state": campaign.state,
        "created_at": campaign.created_at.isoformat(),
        "total": sum(states.values()),
        "states": states,
        "reasons": reasons,
    }


async def _choose(session: AsyncSession, campaign_id: int) -> tuple[Plan, list[_Candidate]]:
    """Everybody whom the lists name: counted when left out or done, else chosen."""
    now, found, chosen = clock.now(), Plan(), []
    rows = await session.execute(_EVERYBODY, {"campaign": campaign_id, "step": STEP})
    for candidate in (_Candidate(*row) for row in rows):
        reason = candidate.reason(now)
        if candidate.planned:
            found.already += 1
        elif reason is not None:
            found.left_out[reason] += 1
        else:
            chosen.append(candidate)
    return found, chosen


async def _write(
    session: AsyncSession, campaign: Campaign, candidate: _Candidate, events: Sequence[Event]
) -> bool:
    assert candidate.address_id is not None
    says = [e for e in events if isinstance(e, Say)]
    ask = next((e for e in events if isinstance(e, Ask)), None)
    row = await ledger.write(
        session,
        person_id=candidate.id,
        address_id=candidate.address_id,
        channel=CHANNEL,
        kind="campaign",
        message=message_to_json(says, ask) | {"languages": [candidate.writes_in]},
        campaign_id=campaign.id,
        step=STEP,
    )
    return row is not None
