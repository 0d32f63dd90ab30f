"""Regions whose service can be stopped at a commit, shared by the tests of one process."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.integration.kill.halts import Halts, launched
from tests.region import Region, running_region


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
    """A region that may be stopped at a commit, killed and restarted; it runs when the test begins."""
    if _halting.region.service is None:
        _halting.region.start()
    yield _halting
    _halting.halts.go_on()
    _halting.region.heal()
