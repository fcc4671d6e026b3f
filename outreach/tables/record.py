"""The audit trail: who did what to which thing. Never a text or a number."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from outreach.tables.columns import jsonb, utc


class Audit(SQLModel, table=True):
    """One act of a member of staff or of the service itself (`actor` "service")."""

    __tablename__ = "audit"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    at: datetime = utc(index=True)
    actor: str
    staff_id: int | None = None
    action: str
    subject: str
    details: dict[str, Any] = jsonb()
