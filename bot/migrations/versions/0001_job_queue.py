"""Procrastinate's own tables and functions, as its release 3.10 defines them."""

from __future__ import annotations

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the job queue."""
    # On the driver's own cursor: a script of many statements cannot be prepared.
    op.get_bind().connection.cursor().execute(SchemaManager.get_schema())


def downgrade() -> None:
    """The job queue goes with the database."""
