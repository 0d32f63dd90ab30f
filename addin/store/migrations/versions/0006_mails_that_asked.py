"""Mails that asked people to tell others: of which revision, so that what is undone can be called off."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step. Of mails that were sent before nothing is known; none of them is called off."""
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asked_revision", sa.Integer(), nullable=True))
