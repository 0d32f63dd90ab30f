"""Starts each vendor's simulator once and hands it to every test, clean."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.conferencing.vendors import PexipVendor

VENDORS = {"pexip": PexipVendor}


@pytest.fixture(scope="session", params=sorted(VENDORS))
def running_vendor(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PexipVendor]:
    folder: Path = tmp_path_factory.mktemp("vendor")
    vendor = VENDORS[request.param](folder / "state.db")
    yield vendor
    vendor.stop()


@pytest.fixture
def vendor(running_vendor: PexipVendor) -> PexipVendor:
    running_vendor.reset()
    return running_vendor


@pytest.fixture
def pexip(vendor: PexipVendor) -> PexipVendor:
    return vendor
