"""What families wrote. The words themselves are in `private.inbound_text`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from outreach.tables.columns import jsonb, text, utc


class InboundRow(SQLModel, table=True):
    """One message received, once: (channel, provider id) is unique."""

    __tablename__ = "inbound"
    __table_args__ = (
        UniqueConstraint("channel", "provider_id", name="inbound_once"),
        Index("inbound_by_person", "person_id", "received_at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    channel: str
    provider_id: str
    person_id: int = Field(foreign_key="person.id")
    address_id: int = Field(foreign_key="address.id")
    received_at: datetime = utc()
    stored_at: datetime = utc()
    language: str | None = None
    intent: str | None = None
    confidence: float | None = None
    priority: str | None = None
    understanding: dict[str, Any] = jsonb()
    media: list[dict[str, Any]] = jsonb(list)


class InboundText(SQLModel, table=True):
    """The words of an inbound message, restricted."""

    __tablename__ = "inbound_text"
    __table_args__ = {"schema": "private"}

    inbound_id: int = Field(foreign_key="inbound.id", primary_key=True, sa_type=BigInteger)
    text: str = text()
