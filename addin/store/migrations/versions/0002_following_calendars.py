"""Following calendars: bindings, watches, hints, occurrences, copies, notices; notes on meetings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("calendar_notes", sa.String(length=200), nullable=True))

    op.create_table(
        "bindings",
        sa.Column("meeting_id", sa.String(length=32), nullable=False),
        sa.Column("backend", sa.String(length=20), nullable=True),
        sa.Column("mailbox_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("item_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_ask", sa.LargeBinary(), nullable=True),
        sa.Column("series", sa.Text(), nullable=True),
        sa.Column("series_answer", sa.String(length=20), nullable=True),
        sa.Column("ended_by_calendar", sa.Boolean(), nullable=False),
        sa.Column("gone_since", sa.BigInteger(), nullable=True),
        sa.Column("frozen", sa.String(length=30), nullable=True),
        sa.Column("frozen_since", sa.BigInteger(), nullable=True),
        sa.Column("held", sa.String(length=20), nullable=True),
        sa.Column("block_due", sa.Boolean(), nullable=False),
        sa.Column("tag_written", sa.Boolean(), nullable=False),
        sa.Column("look_tagged", sa.Boolean(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("hinted_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_number", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("meeting_id"),
    )
    with op.batch_alter_table("bindings", schema=None) as batch_op:
        batch_op.create_index("bindings_by_item", ["item_hash"], unique=False)
        batch_op.create_index("bindings_by_mailbox", ["mailbox_hash"], unique=False)
        batch_op.create_index(
            "bindings_due",
            ["backend", "due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )

    op.create_table(
        "watches",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("mailbox_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("backend", sa.String(length=20), nullable=True),
        sa.Column("subscription_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("pushes", sa.Boolean(), nullable=False),
        sa.Column("pulls", sa.Boolean(), nullable=False),
        sa.Column("writes", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("renew_at", sa.BigInteger(), nullable=True),
        sa.Column("scan_due_at", sa.BigInteger(), nullable=True),
        sa.Column("frozen", sa.String(length=30), nullable=True),
        sa.Column("frozen_since", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("hinted_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_number", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("mailbox_hash"),
        sa.UniqueConstraint("subscription_hash"),
    )
    with op.batch_alter_table("watches", schema=None) as batch_op:
        batch_op.create_index("watches_due", ["backend", "due_at"], unique=False)

    op.create_table(
        "hints",
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("watch_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("item_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )

    op.create_table(
        "occurrences",
        sa.Column("meeting_id", sa.String(length=32), nullable=False),
        sa.Column("original_start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("meeting_id", "original_start"),
    )

    op.create_table(
        "copies",
        sa.Column("meeting_id", sa.String(length=32), nullable=False),
        sa.Column("uid_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("copy_meeting_id", sa.String(length=32), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("meeting_id", "uid_hash"),
    )

    op.create_table(
        "notices",
        sa.Column("meeting_id", sa.String(length=32), nullable=False),
        sa.Column("about", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("reminded", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_number", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("meeting_id", "about"),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(
            "notices_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )

    op.create_table(
        "calendar_changes",
        sa.Column("found_by", sa.String(length=20), nullable=False),
        sa.Column("changes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("found_by"),
    )
