"""One ledger for all stories of a process, empty for each; and each kind of calendar in turn.

With ./test --all, each story on PostgreSQL as well; what is most likely to differ there stands in `test_on_postgresql`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.calendar_servers.running import EVERY_SERVER, ServerOf, calendar_servers
from tests.contract.calendars.conftest import process, region, stand_of
from tests.contract.ews.conftest import _running, exchange
from tests.integration.engine.office import RealOffice, real_office
from tests.postgres import Postgres
from tests.unit.meetings.desk import WEEK_BEFORE, Desk, desk_at, opened_desk

__all__ = ["_running", "calendar_servers", "exchange", "process", "region"]


@pytest.fixture(scope="session")
def postgresql_desk(postgres: Postgres) -> Iterator[Desk]:
    """A desk whose ledger is on PostgreSQL; the database's clock is moved with the service's."""
    url = postgres.new_ledger()
    clock = postgres.clock_of(url, WEEK_BEFORE)
    with desk_at(url, clock) as desk:
        yield desk
    clock.close()


@pytest.fixture(scope="session")
def _sqlite_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened_desk(tmp_path_factory.mktemp("engine")) as desk:
        yield desk


@pytest.fixture(
    scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow_servers)]
)
def _real_office(request: pytest.FixtureRequest) -> RealOffice:
    is_sqlite = request.param == "sqlite"
    return real_office(request.getfixturevalue("_sqlite_desk" if is_sqlite else "postgresql_desk"))


@pytest.fixture(params=["graph", "ews", *EVERY_SERVER])
def office(
    request: pytest.FixtureRequest, _real_office: RealOffice, calendar_servers: ServerOf
) -> RealOffice:
    """The service's own parts in front of a calendar that is not ours."""
    _real_office.sits_down_at(stand_of(request.param, request, calendar_servers))
    return _real_office
