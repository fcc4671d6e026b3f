"""The tables of those who talk: conversations, tickets, staff and their sessions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, text as sql
from sqlmodel import Field, SQLModel

from outreach.tables.columns import jsonb, one_of, text, utc


class Role(StrEnum):
    """What a member of staff may do."""

    MEDIATOR = "mediator"
    COORDINATOR = "coordinator"
    ADMIN = "admin"


class TicketState(StrEnum):
    """A ticket is open (nobody), claimed (one person) or closed (with an outcome)."""

    OPEN = "open"
    CLAIMED = "claimed"
    CLOSED = "closed"


class Conversation(SQLModel, table=True):
    """The one conversation with a person; `state` is a `flows.session.Session`."""

    __tablename__ = "conversation"

    person_id: int = Field(foreign_key="person.id", primary_key=True)
    state: dict[str, Any] = jsonb()
    last_address_id: int | None = Field(default=None, foreign_key="address.id")
    updated_at: datetime = utc()


class Staff(SQLModel, table=True):
    """A member of staff; `login` is a functional mailbox."""

    __tablename__ = "staff"
    __table_args__ = (one_of("role", Role, "staff_role"),)

    id: int | None = Field(default=None, primary_key=True)
    login: str = Field(unique=True)
    name: str
    password_hash: str
    role: str = Role.MEDIATOR.value
    languages: list[str] = jsonb(list)
    active: bool = True
    failed_logins: int = 0
    locked_until: datetime | None = utc(nullable=True)
    created_at: datetime = utc()


class StaffTerritory(SQLModel, table=True):
    """A territory that a mediator looks after."""

    __tablename__ = "staff_territory"

    staff_id: int = Field(foreign_key="staff.id", primary_key=True)
    territory_id: int = Field(foreign_key="territory.id", primary_key=True)


class StaffSession(SQLModel, table=True):
    """A signed-in browser; only the hash of its token is kept."""

    __tablename__ = "staff_session"

    token_hash: str = Field(primary_key=True)
    staff_id: int = Field(foreign_key="staff.id", index=True)
    expires_at: datetime = utc()


class Ticket(SQLModel, table=True):
    """Something that needs a person. At most one not closed per person, at most one owner."""

    __tablename__ = "ticket"
    __table_args__ = (
        one_of("state", TicketState, "ticket_state"),
        one_of("priority", ("P0", "P1", "P2", "P3"), "ticket_priority"),
        Index(
            "ticket_one_open",
            "person_id",
            unique=True,
            postgresql_where=sql("state <> 'closed'"),
        ),
        Index("ticket_queue", "state", "priority", "opened_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    territory_id: int | None = Field(default=None, foreign_key="territory.id")
    queue: str = "mediation"
    priority: str = "P2"
    reason: str
    language: str | None = None
    state: str = TicketState.OPEN.value
    owner_id: int | None = Field(default=None, foreign_key="staff.id", index=True)
    inbound_id: int | None = Field(default=None, foreign_key="inbound.id", sa_type=BigInteger)
    opened_at: datetime = utc()
    due_at: datetime | None = utc(nullable=True)
    last_inbound_at: datetime | None = utc(nullable=True)
    unread: int = 0
    claimed_at: datetime | None = utc(nullable=True)
    closed_at: datetime | None = utc(nullable=True)
    outcome: str | None = None


class TicketNote(SQLModel, table=True):
    """What a mediator notes on closing or handing back, restricted."""

    __tablename__ = "ticket_note"
    __table_args__ = {"schema": "private"}

    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id", index=True)
    staff_id: int = Field(foreign_key="staff.id")
    text: str = text()
    at: datetime = utc()
