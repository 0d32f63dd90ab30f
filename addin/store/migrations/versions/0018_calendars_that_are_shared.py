"""Whose calendars people who have to do with meetings may write in: a copy of an item may be put there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step. What is shared with whom is read when the mailbox is searched next, within the hour."""
    op.create_table(
        "shared_calendars",
        sa.Column("watch_id", sa.String(length=32), nullable=False),
        sa.Column("mailbox_hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["watch_id"], ["watches.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("watch_id", "mailbox_hash"),
    )
    op.create_index("shared_calendars_mailbox", "shared_calendars", ["mailbox_hash"])
