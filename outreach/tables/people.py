"""People we write to, the young people they care for, their addresses and their consent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, SQLModel

from outreach.tables.columns import jsonb, one_of, text, utc


class Consent(StrEnum):
    """What may be done with one address."""

    UNKNOWN = "unknown"
    ALLOWED = "allowed"
    OPTED_OUT = "opted_out"
    WRONG_NUMBER = "wrong_number"
    BLOCKED = "blocked"
    UNREACHABLE = "unreachable"


class Person(SQLModel, table=True):
    """Someone with whom we talk: a guardian, a young person, or a number not yet known.

    `opted_out_at` is personal: it covers every campaign and channel until an explicit START.
    `paused_until` holds campaigns back (abroad until a date).
    """

    __tablename__ = "person"
    __table_args__ = (
        one_of("kind", ("guardian", "young", "unknown"), "person_kind"),
        one_of("mode", ("text", "voice"), "person_mode"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str = "guardian"
    language: str | None = None
    mode: str = "text"
    territory_id: int | None = Field(default=None, foreign_key="territory.id", index=True)
    opted_out_at: datetime | None = utc(nullable=True)
    paused_until: datetime | None = utc(nullable=True)
    created_at: datetime = utc()


class PersonName(SQLModel, table=True):
    """A person's name, restricted."""

    __tablename__ = "person_name"
    __table_args__ = {"schema": "private"}

    person_id: int = Field(foreign_key="person.id", primary_key=True)
    name: str


class YoungPerson(SQLModel, table=True):
    """A pupil of an imported list. `category` and `reason` are Orquestra's.

    `human_first` marks those to whom no automatic message goes first. `person_id` is set when the
    young person has an address of their own.
    """

    __tablename__ = "young_person"
    __table_args__ = (UniqueConstraint("uai", "pupil_ref", name="young_person_ref"),)

    id: int | None = Field(default=None, primary_key=True)
    pupil_ref: str
    uai: str = Field(foreign_key="school.uai", index=True)
    level: str
    category: str
    reason: str | None = None
    human_first: bool = False
    person_id: int | None = Field(default=None, foreign_key="person.id")
    outcome: str | None = None
    outcome_at: datetime | None = utc(nullable=True)


class Guardianship(SQLModel, table=True):
    """Who answers for whom. `guardian_type` is parent, ASE, other."""

    __tablename__ = "guardianship"

    person_id: int = Field(foreign_key="person.id", primary_key=True)
    young_person_id: int = Field(foreign_key="young_person.id", primary_key=True, index=True)
    guardian_type: str = "parent"


class Address(SQLModel, table=True):
    """One way to reach one person. The value itself is in `private.address_value`."""

    __tablename__ = "address"
    __table_args__ = (one_of("consent", Consent, "address_consent"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    channel: str
    consent: str = Consent.UNKNOWN.value
    last_inbound_at: datetime | None = utc(nullable=True)
    created_at: datetime = utc()


class AddressValue(SQLModel, table=True):
    """The number or chat id of an address, restricted; unique within its channel."""

    __tablename__ = "address_value"
    __table_args__ = (
        UniqueConstraint("channel", "value", name="address_value_once"),
        {"schema": "private"},
    )

    address_id: int = Field(foreign_key="address.id", primary_key=True)
    channel: str
    value: str


class ConsentEvent(SQLModel, table=True):
    """A change of consent: when, how, by which message or which member of staff."""

    __tablename__ = "consent_event"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    address_id: int | None = Field(default=None, foreign_key="address.id")
    change: str
    how: str
    inbound_id: int | None = Field(default=None, foreign_key="inbound.id", sa_type=BigInteger)
    staff_id: int | None = None
    at: datetime = utc()


class LinkToken(SQLModel, table=True):
    """A single-use, expiring invitation to link a Telegram account; only its hash is kept."""

    __tablename__ = "link_token"

    token_hash: str = Field(primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    expires_at: datetime = utc()
    used_at: datetime | None = utc(nullable=True)


class LaboSession(SQLModel, table=True):
    """A LABO group at a place, for a period, with a number of seats."""

    __tablename__ = "labo_session"

    id: int | None = Field(default=None, primary_key=True)
    site: str
    territory_id: int = Field(foreign_key="territory.id")
    starts_on: datetime = utc()
    ends_on: datetime = utc()
    capacity_min: int = 8
    capacity_max: int = 10
    status: str = "draft"


class LaboApplication(SQLModel, table=True):
    """A young person's way through LABO; the states are those of the academic plan."""

    __tablename__ = "labo_application"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", unique=True)
    session_id: int | None = Field(default=None, foreign_key="labo_session.id")
    state: str = "interested"
    details: dict[str, Any] = jsonb()
    created_at: datetime = utc()
    note: str | None = text(None, nullable=True)
