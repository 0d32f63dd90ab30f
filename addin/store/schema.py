"""Is the ledger's schema the one that this version needs, and how is it brought there."""

from __future__ import annotations

from sqlalchemy import Engine, inspect, text

from addin.store.migrations import HEAD


def schema_version(engine: Engine) -> str | None:
    """Return the newest step that the ledger has taken, or None for an empty database."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def is_current(engine: Engine) -> bool:
    """Whether the service may use this ledger."""
    return schema_version(engine) == HEAD


def migrate(engine: Engine) -> str | None:
    """Take every step up to the newest, and return the version that the ledger had before."""
    before = schema_version(engine)
    if before == HEAD:
        return before
    # Alembic costs a quarter of a second to load and is needed here only.
    from alembic import command
    from alembic.config import Config

    settings = Config()
    # By the package's name: in a path, such as that of a folder called `50%`, Alembic would read % as a reference.
    settings.set_main_option("script_location", f"{__package__}:migrations")
    with engine.begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
    return before
