"""Empty ledgers for tests: the schema is brought about once for each test process, and copied."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from addin.store.ledger import open_engine
from addin.store.schema import migrate


def prepare(url: str) -> None:
    """Bring the database at that address to the schema."""
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()


def new_ledger(folder: Path) -> str:
    """Put an empty ledger, `ledger.db`, into the folder and return its address."""
    path = folder / "ledger.db"
    path.write_bytes(_empty())
    return f"sqlite:///{path}"


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        prepare(f"sqlite:///{path}")
        return path.read_bytes()
