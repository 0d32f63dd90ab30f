"""Starts each vendor's simulator once, where a test asks for it, and hands it over clean."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.contract.conferencing.vendors import PexipVendor, Vendor

VENDORS = {"pexip": PexipVendor}


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """Return what hands out a vendor by its name."""
    started: dict[str, Vendor] = {}

    def clean(name: str) -> Vendor:
        if name not in started:
            started[name] = VENDORS[name](tmp_path_factory.mktemp(name) / "state.db")
        started[name].reset()
        return started[name]

    yield clean
    for one in started.values():
        one.stop()


@pytest.fixture(params=sorted(VENDORS))
def vendor(request: pytest.FixtureRequest, running: Callable[[str], Vendor]) -> Vendor:
    """Return each vendor in turn, for what all of them promise."""
    return running(request.param)


@pytest.fixture
def pexip(running: Callable[[str], PexipVendor]) -> PexipVendor:
    """Return Pexip, for what is its alone."""
    return running("pexip")
