"""Counts at once in how many items of a calendar no look succeeds, which each look at one of them asks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.create_index(
        "bindings_unread",
        "bindings",
        ["backend"],
        sqlite_where=sa.text("frozen IS NOT NULL"),
        postgresql_where=sa.text("frozen IS NOT NULL"),
    )
