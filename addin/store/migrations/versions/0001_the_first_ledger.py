"""The first ledger: meetings, rooms, idempotency keys, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "audit",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("tenant", sa.String(length=255), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("meeting_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("audit_by_meeting", ["meeting_id", "id"], unique=False)

    op.create_table(
        "idempotency",
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("meeting_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index("idempotency_by_age", ["created_at"], unique=False)

    op.create_table(
        "ledger_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("identity", sa.String(length=120), nullable=False),
        sa.Column("frozen_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "meetings",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=255), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("owner_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("behalf_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("item_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("join_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("start_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("variant", sa.String(length=60), nullable=False),
        sa.Column("unit", sa.String(length=60), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("previous_starts_at", sa.BigInteger(), nullable=True),
        sa.Column("previous_ends_at", sa.BigInteger(), nullable=True),
        sa.Column("previous_zone", sa.String(length=64), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("told", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attention", sa.String(length=40), nullable=True),
        sa.Column("unbound", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("host_started_at", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("purge_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("join_hash"),
        sa.UniqueConstraint("start_hash"),
    )
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.create_index("meetings_by_actor", ["tenant", "actor", "starts_at", "id"], unique=False)
        batch_op.create_index(
            "meetings_by_behalf",
            ["tenant", "behalf_hash", "starts_at", "id"],
            unique=False,
            sqlite_where=sa.text("behalf_hash IS NOT NULL"),
            postgresql_where=sa.text("behalf_hash IS NOT NULL"),
        )
        batch_op.create_index(
            "meetings_by_item",
            ["tenant", "item_hash"],
            unique=True,
            sqlite_where=sa.text("item_hash IS NOT NULL AND cancelled_at IS NULL"),
            postgresql_where=sa.text("item_hash IS NOT NULL AND cancelled_at IS NULL"),
        )
        batch_op.create_index("meetings_by_owner", ["tenant", "owner_hash", "starts_at", "id"], unique=False)
        batch_op.create_index("meetings_to_purge", ["purge_at"], unique=False)

    op.create_table(
        "purged",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("meetings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month", "type"),
    )
    op.create_table(
        "meeting_hosts",
        sa.Column("meeting_id", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.String(length=255), nullable=False),
        sa.Column("tenant", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("meeting_id", "object_id"),
    )
    with op.batch_alter_table("meeting_hosts", schema=None) as batch_op:
        batch_op.create_index("meeting_hosts_by_person", ["tenant", "object_id"], unique=False)

    op.create_table(
        "rooms",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("meeting_id", sa.String(length=32), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sealed_alias", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("wanted", sa.String(length=10), nullable=False),
        sa.Column("wanted_revision", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("applied_revision", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=True),
        sa.Column("verified_at", sa.BigInteger(), nullable=True),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.Column("must_look", sa.Boolean(), nullable=False),
        sa.Column("lookup_until", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_number", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    with op.batch_alter_table("rooms", schema=None) as batch_op:
        batch_op.create_index(
            "rooms_due",
            ["provider", "due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.create_index("rooms_of_meeting", ["meeting_id", "generation"], unique=False)
