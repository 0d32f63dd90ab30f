"""Another link: join codes that are to come or were replaced, and items that still bear an old one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("bindings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("block_old_from", sa.BigInteger(), nullable=True))

    op.create_table(
        "links",
        sa.Column("join_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("meeting_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("unit", sa.String(length=60), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=True),
        sa.Column("sealed_code", sa.LargeBinary(), nullable=True),
        sa.Column("keeps", sa.BigInteger(), nullable=True),
        sa.Column("made_outdated", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("join_hash"),
    )
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.create_index("links_of_meeting", ["meeting_id"], unique=False)
        batch_op.create_index(
            "links_to_come",
            ["meeting_id"],
            unique=True,
            sqlite_where=sa.text("state = 'coming'"),
            postgresql_where=sa.text("state = 'coming'"),
        )
