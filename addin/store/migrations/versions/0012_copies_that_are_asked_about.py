"""Which item a copy is that somebody has been asked about, so that a notification of it is understood."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.add_column("copies", sa.Column("item_hash", sa.LargeBinary(length=32), nullable=True))
    op.create_index("copies_by_item", "copies", ["item_hash"])
