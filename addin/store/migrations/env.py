"""Alembic's entry: runs the steps on the connection that `addin.store.schema` hands in."""

from __future__ import annotations

from alembic import context

from addin.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter a column in place; Alembic then copies the table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
