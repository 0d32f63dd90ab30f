"""One simulated Exchange on premises for all tests of a process; whatever breaks Microsoft's schema fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.ews.on_premises import OnPremises, on_premises


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory, requires_contracts: Path) -> Iterator[OnPremises]:
    with on_premises(tmp_path_factory.mktemp("exchange") / "state.db", requires_contracts) as running:
        yield running


@pytest.fixture
def exchange(_running: OnPremises) -> Iterator[OnPremises]:
    """An empty Exchange on premises."""
    _running.empty()
    _running.schema.violations.clear()
    yield _running
    assert _running.schema.violations == []
