"""What the last mail said that asked people to tell others, so that it is not said again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step. Of mails that were sent before nothing is known; what they said is said again."""
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("said", sa.String(length=64), nullable=True))
