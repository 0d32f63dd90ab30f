"""Starts one sandbox for each file of tests and gives each test a fresh region."""

from collections.abc import Iterator

import pytest

from tests.contract.sandbox.running import Sandbox


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    manifest = folder / "manifest.xml"
    manifest.write_text("<OfficeApp/>")
    with Sandbox(folder / "state.db", "--manifest", str(manifest)) as sandbox:
        yield sandbox


@pytest.fixture
def region(process: Sandbox) -> Iterator[Sandbox]:
    process.fresh()
    yield process
    process.call("DELETE", "/sandbox/faults")
