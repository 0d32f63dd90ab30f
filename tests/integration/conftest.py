"""What the integration tests share: regions in real processes (`tests/region.py`) and a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.integration.kill.halts import Halts, launched
from tests.postgres import postgres, requires_postgres
from tests.region import Region, _shared_region, fresh_region, region, running_region
from tests.whole_application import whole_application

__all__ = ["_shared_region", "fresh_region", "postgres", "region", "requires_postgres", "whole_application"]


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


@pytest.fixture(scope="module")
def _halting_here(_halting: Halting) -> Iterator[Halting]:
    yield _halting
    # It looks for work twenty times a second, which other files' tests would pay for.
    _halting.region.stop()


@pytest.fixture
def halting(_halting_here: Halting) -> Iterator[Halting]:
    """A region that may be stopped at a commit, killed and restarted; it runs when the test begins.

    It is shared by the tests of one process, and its pauses are short, so that faults of the provider are over soon.
    """
    if _halting_here.region.service is None:
        _halting_here.region.start()
    yield _halting_here
    _halting_here.halts.go_on()
    _halting_here.region.heal()
    # What is still looked for would be looked at while the next test counts and kills.
    _halting_here.region.lands_nothing_more()


@pytest.fixture
def hasty(halting: Halting) -> Region:
    """The same region for tests that do not stop it."""
    return halting.region
