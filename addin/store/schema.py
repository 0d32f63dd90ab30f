"""Is the ledger's schema the one that this version needs, and how is it brought there."""

from __future__ import annotations

from sqlalchemy import Engine, inspect, text

from addin.store.migrations import HEAD


class SchemaDiffers(Exception):
    """The ledger's schema is not the one that this version needs; the sentence says what to do."""

    def __init__(self, at: str | None) -> None:
        super().__init__(
            f"The ledger is at {at}, of a newer version of the program than this one, which knows {HEAD}. Install that "
            "version again, or restore the backup that was made before the upgrade."
            if _is_newer(at)
            else "The ledger is not prepared for this version. Run: vardmote migrate"
        )


def _is_newer(at: str | None) -> bool:
    # Steps are numbered, all in four digits.
    return at is not None and at > HEAD


def schema_version(engine: Engine) -> str | None:
    """Return the newest step that the ledger has taken, or None for an empty database."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def refuse_other_schema(engine: Engine) -> None:
    """Raise SchemaDiffers unless the service may use this ledger."""
    at = schema_version(engine)
    if at != HEAD:
        raise SchemaDiffers(at)


def migrate(engine: Engine) -> str | None:
    """Take every step up to the newest, and return the version that the ledger had before.

    Raises SchemaDiffers when a newer version of the program has been here: steps back are not made.
    """
    before = schema_version(engine)
    if _is_newer(before):
        raise SchemaDiffers(before)
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
