"""A desk for the tests of the use cases: made once, empty for each."""

from collections.abc import Iterator

import pytest

from tests.unit.meetings.desk import Desk, opened_desk


@pytest.fixture(scope="session")
def _desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened_desk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


@pytest.fixture
def desk(_desk: Desk) -> Desk:
    """Use cases over an empty ledger, providers that do well until they are told otherwise, and a clock."""
    _desk.begins_anew()
    return _desk
