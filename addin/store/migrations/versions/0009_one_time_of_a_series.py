"""Which followed item is one time of a series, in plain sight: such are looked at whatever id a calendar tells."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("bindings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("occurrence", sa.BigInteger(), nullable=True))
