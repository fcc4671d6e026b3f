"""The ledger: every outgoing message is one row, and every move of a row is kept."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, text as sql
from sqlmodel import Field, SQLModel

from outreach.tables.columns import jsonb, one_of, text, utc


class OutgoingState(StrEnum):
    """Where an outgoing message stands; see `outreach/ledger.py` for the allowed moves."""

    PLANNED = "planned"
    READY = "ready"
    LEASED = "leased"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


class Campaign(SQLModel, table=True):
    """One outreach to many people: which message, to whom, since when."""

    __tablename__ = "campaign"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    message_key: str
    state: str = "draft"
    created_at: datetime = utc()


class Outgoing(SQLModel, table=True):
    """One outgoing message, reply or campaign.

    `kind` is reply (bot), mediator (a person) or campaign. One row per (person, campaign, step).
    `not_before` is when it is next due; `expires_at` after which it is dropped. A lease has an
    owner and an expiry; `called_at` is set, and committed, before the provider is called: a row
    found with it and without an outcome is `unknown`, never blindly sent again.
    """

    __tablename__ = "outgoing"
    __table_args__ = (
        UniqueConstraint("person_id", "campaign_id", "step", name="outgoing_once"),
        # A provider's id is unique for Twilio, within a chat for Telegram.
        UniqueConstraint("address_id", "provider_id", name="outgoing_provider_once"),
        one_of("state", OutgoingState, "outgoing_state"),
        one_of("kind", ("reply", "mediator", "campaign"), "outgoing_kind"),
        Index(
            "outgoing_due",
            "bulk",
            "not_before",
            postgresql_where=sql("state in ('planned', 'ready')"),
        ),
        Index(
            "outgoing_open",
            "lease_until",
            postgresql_where=sql("state in ('leased', 'unknown')"),
        ),
        Index("outgoing_by_person", "person_id", "created_at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    person_id: int = Field(foreign_key="person.id")
    address_id: int = Field(foreign_key="address.id")
    channel: str
    kind: str
    bulk: bool = False
    campaign_id: int | None = Field(default=None, foreign_key="campaign.id")
    step: int | None = None
    inbound_id: int | None = Field(default=None, foreign_key="inbound.id", sa_type=BigInteger)
    staff_id: int | None = None
    urgent: bool = False
    state: str = OutgoingState.READY.value
    reason: str | None = None
    not_before: datetime = utc()
    expires_at: datetime | None = utc(nullable=True)
    lease_owner: int | None = Field(default=None, sa_type=BigInteger)
    lease_until: datetime | None = utc(nullable=True)
    called_at: datetime | None = utc(nullable=True)
    attempts: int = 0
    provider_id: str | None = None
    error_code: str | None = None
    language: str | None = None
    segments: int | None = None
    created_at: datetime = utc()
    accepted_at: datetime | None = utc(nullable=True)
    delivered_at: datetime | None = utc(nullable=True)


class OutgoingText(SQLModel, table=True):
    """What the message says, restricted.

    `message` is what to say as keys (see `flows.wording`), or empty when a mediator wrote `text`.
    For the bot's messages `text` is filled at the moment of sending, with the facts valid then.
    """

    __tablename__ = "outgoing_text"
    __table_args__ = {"schema": "private"}

    outgoing_id: int = Field(foreign_key="outgoing.id", primary_key=True, sa_type=BigInteger)
    message: dict[str, Any] = jsonb()
    text: str | None = text(None, nullable=True)


class OutgoingMove(SQLModel, table=True):
    """One move of a ledger row, and why."""

    __tablename__ = "outgoing_move"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    outgoing_id: int = Field(foreign_key="outgoing.id", sa_type=BigInteger, index=True)
    before: str | None = None
    after: str
    why: str
    at: datetime = utc()
