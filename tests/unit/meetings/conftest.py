"""A desk for the tests of the use cases: made once, empty for each."""

from collections.abc import Iterator

import pytest

from tests.unit.meetings.desk import WEEK_BEFORE, Desk, opened_desk
from tests.unit.meetings.unreliable_provider import UnreliableProvider


@pytest.fixture(scope="session")
def _desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened_desk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


@pytest.fixture
def desk(_desk: Desk) -> Desk:
    """Use cases over an empty ledger, a provider that does well until it is told otherwise, and a clock."""
    _desk.forget_everything()
    _desk.provider, _desk.clock.time = UnreliableProvider(), WEEK_BEFORE
    return _desk
