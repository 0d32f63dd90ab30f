"""Each question to a meeting's own people is a mail by itself: none takes the place of another one any more."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step. There was one question at most of each meeting."""
    op.execute("UPDATE notices SET about = kind WHERE about = 'question'")
