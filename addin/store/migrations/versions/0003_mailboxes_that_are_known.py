"""Mailboxes that are known: that of who booked, and an index for each way to know one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step. Meetings that are there keep no hash of it: it takes a key, and they are purged in time."""
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("actor_mailbox_hash", sa.LargeBinary(length=32), nullable=True))
        for name in ("behalf", "actor_mailbox"):
            batch_op.create_index(
                f"meetings_with_{name}",
                [f"{name}_hash"],
                unique=False,
                sqlite_where=sa.text(f"{name}_hash IS NOT NULL"),
                postgresql_where=sa.text(f"{name}_hash IS NOT NULL"),
            )
