"""One sandbox for each file of tests, and a fresh region for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.sandbox.running import Sandbox


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    with Sandbox(folder / "state.db") as sandbox:
        yield sandbox


@pytest.fixture
def region(process: Sandbox) -> Iterator[Sandbox]:
    process.call("DELETE", "/sandbox/faults")
    process.call("DELETE", "/sandbox/log")
    yield process
    process.call("DELETE", "/sandbox/faults")
