"""The gate: may this message go to this person on this channel, now?

A pure function over values, asked at the moment of sending. No code path sends without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from outreach.calendar import quiet_until
from outreach.tables import Consent

WEEK = timedelta(days=7)
FRESH_REPLY = timedelta(minutes=30)  # an answer that comes later than this is a surprise at night
OPEN_DIALOGUE = timedelta(hours=24)

GONE = {Consent.BLOCKED, Consent.UNREACHABLE}
REFUSED = {Consent.OPTED_OUT, Consent.WRONG_NUMBER}


@dataclass(frozen=True, slots=True)
class Send:
    """It may go now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now; ask again at `until`."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Suppress:
    """Never: the row stays, with this reason."""

    reason: str


Decision: TypeAlias = Send | Wait | Suppress


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the gate looks at.

    `kind` is reply, mediator or campaign; `urgent` marks emergency numbers, `human_first` that a
    person must speak to them before any campaign. `last_inbound_at` is when they last wrote.
    `recent` are the times of unsolicited messages of the last week, over all campaigns, those on
    their way included.
    """

    kind: str
    created_at: datetime
    consent: Consent = Consent.UNKNOWN
    opted_out: bool = False
    human_first: bool = False
    urgent: bool = False
    channel_on: bool = True
    paused_until: datetime | None = None
    expires_at: datetime | None = None
    last_inbound_at: datetime | None = None
    recent: tuple[datetime, ...] = ()
    weekly_cap: int = 2


def decide(situation: Situation, now: datetime) -> Decision:
    """The decision for one message at `now`.

    >>> from datetime import UTC
    >>> now = datetime(2020, 6, 15, 9, 0, tzinfo=UTC)
    >>> decide(Situation(kind="campaign", created_at=now, opted_out=True), now)
    Suppress(reason='opted_out')
    """
    if situation.expires_at is not None and situation.expires_at <= now:
        return Suppress("expired")
    if not situation.channel_on:
        return Suppress("channel_off")
    if situation.consent in GONE:
        return Suppress(situation.consent.value)
    if situation.urgent:
        return Send()
    if situation.kind == "reply":
        return _reply(situation, now)
    if situation.kind == "mediator":
        return _mediator(situation, now)
    return _campaign(situation, now)


def _reply(situation: Situation, now: datetime) -> Decision:
    """A reply answers at once, at any hour; one that was held up does not wake anybody."""
    if now - situation.created_at <= FRESH_REPLY:
        return Send()
    return _quiet(now)


def _mediator(situation: Situation, now: datetime) -> Decision:
    """A person's message goes as a reply while the family is in dialogue, else with care."""
    last = situation.last_inbound_at
    if last is not None and now - last <= OPEN_DIALOGUE:
        return Send()
    if situation.opted_out or situation.consent in REFUSED:
        return Suppress("opted_out")
    return _quiet(now)


def _campaign(situation: Situation, now: datetime) -> Decision:
    if situation.consent in REFUSED:
        return Suppress(situation.consent.value)
    if situation.opted_out:
        return Suppress("opted_out")
    if situation.human_first:
        return Suppress("human_first")
    if situation.paused_until is not None and situation.paused_until > now:
        return Wait(situation.paused_until, "paused")
    recent = sorted(t for t in situation.recent if t > now - WEEK)
    if len(recent) >= situation.weekly_cap:
        return Wait(recent[-situation.weekly_cap] + WEEK, "weekly_cap")
    return _quiet(now)


def _quiet(now: datetime) -> Decision:
    until = quiet_until(now)
    return Send() if until is None else Wait(until, "quiet_hours")
