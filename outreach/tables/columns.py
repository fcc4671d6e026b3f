"""Column helpers shared by all tables: UTC times, JSON, long text, and a check on state names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

UTC_TIME = DateTime(timezone=True)


def utc(*, nullable: bool = False, index: bool = False, **kwargs: Any) -> Any:
    """A time column: aware, UTC, microseconds."""
    default = None if nullable else ...
    return Field(default, sa_type=UTC_TIME, nullable=nullable, index=index, **kwargs)


def jsonb(factory: Any = dict) -> Any:
    """A JSONB column with an empty default."""
    return Field(default_factory=factory, sa_type=JSONB, nullable=False)


def text(default: Any = ..., *, nullable: bool = False) -> Any:
    """A text column without a length limit."""
    return Field(default, sa_type=Text, nullable=nullable)


def one_of(column: str, values: Iterable[str], name: str) -> CheckConstraint:
    """A check that `column` holds one of `values`."""
    listed = ", ".join(f"'{v}'" for v in values)
    return CheckConstraint(f"{column} in ({listed})", name=name)
