"""Dated facts as stored; `flows.facts` resolves which one is true here, now."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from outreach.tables.columns import jsonb, one_of, utc


class FactRow(SQLModel, table=True):
    """One dated fact; `value` is {"value": …}, its type given by `unit`."""

    __tablename__ = "fact"
    __table_args__ = (
        one_of("scope", ("national", "academie", "commune", "school"), "fact_scope"),
        UniqueConstraint("topic", "level", "scope", "scope_value", "valid_from", name="fact_once"),
    )

    id: int | None = Field(default=None, primary_key=True)
    topic: str = Field(index=True)
    unit: str
    value: dict[str, Any] = jsonb()
    level: str = "all"
    scope: str = "national"
    scope_value: str = ""
    valid_from: datetime = utc()
    valid_to: datetime | None = utc(nullable=True)
    source: str = ""
    approved_by: str = ""
    approved_at: datetime | None = utc(nullable=True)
    review_by: date | None = None
