"""What was found of the limit of our rights to each calendar."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "calendar_rights",
        sa.Column("calendar", sa.String(length=20), nullable=False),
        sa.Column("found", sa.String(length=20), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("calendar"),
    )
