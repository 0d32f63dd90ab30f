"""The ledger's tables, its migrations, a migrated database and `docs/data.md` say the same, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from addin.store import migrations, tables
from addin.store.ledger import open_engine
from addin.store.schema import migrate, refuse_other_schema, schema_version
from tests.architecture.tables import rows, sections

FORMS: Final = ("plain", "hashed", "sealed", "SHA-256")
ALEMBICS_OWN: Final = "alembic_version"


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Return an empty ledger that has taken every step."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'ledger.db'}"
    else:
        url = request.getfixturevalue("postgres").new_database()
    engine = open_engine(url)
    migrate(engine)
    yield engine
    engine.dispose()


def test_the_steps_lead_to_the_tables_that_the_code_writes_to(migrated: Engine) -> None:
    with migrated.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, tables.metadata) == []


def test_a_migrated_ledger_is_current_and_migrating_again_changes_nothing(migrated: Engine) -> None:
    refuse_other_schema(migrated)
    assert migrate(migrated) == schema_version(migrated) == migrations.HEAD


def test_the_newest_step_is_the_one_that_the_service_asks_for() -> None:
    settings = Config()
    settings.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(settings).get_heads() == [migrations.HEAD]


def test_every_table_and_column_is_described() -> None:
    described = {name: columns for name, columns in sections("data.md").items() if name in _tables()}
    assert described == _tables()


def test_a_migrated_ledger_holds_what_is_described_and_nothing_else(migrated: Engine) -> None:
    look = inspect(migrated)
    found = {
        name: sorted(column["name"] for column in look.get_columns(name))
        for name in look.get_table_names()
        if name != ALEMBICS_OWN
    }
    described = {name: sorted(columns) for name, columns in sections("data.md").items() if name in found}
    assert found == described


def test_every_column_says_its_form_its_purpose_and_when_it_goes() -> None:
    for name in _tables():
        for column, (form, purpose, goes) in rows("data.md", name):
            assert form.startswith(FORMS), f"{name}.{column}: {form}"
            assert len(purpose) > 5, f"{name}.{column}"
            assert goes, f"{name}.{column}"


def test_what_is_kept_as_bytes_is_hashed_or_sealed_and_the_rest_is_plain() -> None:
    for name in _tables():
        for column, (form, *_) in rows("data.md", name):
            kept_as_bytes = tables.metadata.tables[name].columns[column].type.python_type is bytes
            assert form.startswith("plain") != kept_as_bytes, f"{name}.{column}"


def _tables() -> dict[str, list[str]]:
    return {name: [column.name for column in table.columns] for name, table in tables.metadata.tables.items()}
