"""Items that may bear a block from before its text left the time to the item: those that are there now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("bindings", schema=None) as batch_op:
        # True for the rows that are there; every new row says for itself.
        batch_op.add_column(
            sa.Column("block_tells_time", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    with op.batch_alter_table("bindings", schema=None) as batch_op:
        batch_op.alter_column("block_tells_time", server_default=None)
