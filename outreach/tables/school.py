"""Schools and the territories that mediators are responsible for."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class Territory(SQLModel, table=True):
    """A bassin of a département; every ticket and every mediator belongs to some."""

    __tablename__ = "territory"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    name: str
    departement: str = Field(index=True)


class School(SQLModel, table=True):
    """A school by its UAI code (seven digits and a letter)."""

    __tablename__ = "school"

    uai: str = Field(primary_key=True, max_length=8)
    name: str
    level: str
    commune: str
    commune_code: str = ""
    territory_id: int = Field(foreign_key="territory.id", index=True)
    priority_education: bool = False
