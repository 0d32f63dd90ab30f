"""A desk for the tests of the use cases: made once, empty for each."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.unit.meetings.calendar_desk import CalendarDesk, opened_calendar_desk
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


@pytest.fixture(scope="session")
def _office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalendarDesk]:
    with opened_calendar_desk(tmp_path_factory.mktemp("office")) as opened:
        yield opened


@pytest.fixture
def office(_office: CalendarDesk) -> CalendarDesk:
    """A desk with empty calendars on it that may be read and written."""
    _office.begins_anew()
    return _office


@pytest.fixture
def read_only(office: CalendarDesk) -> CalendarDesk:
    """The same, where nothing may be written."""
    office.rules = replace(office.rules, may_write=False)
    return office
