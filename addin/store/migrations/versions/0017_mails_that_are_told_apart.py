"""What tells one mail from another that is owed about the same, in the place of a revision that only counted on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step. A mail that is owed already keeps its Message-ID, in case it was sent and the answer was lost."""
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.alter_column(
            "revision",
            new_column_name="mail_id",
            existing_type=sa.Integer(),
            existing_nullable=False,
            type_=sa.String(length=16),
            postgresql_using="revision::text",
        )
