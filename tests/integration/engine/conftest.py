"""One ledger for all stories of a process, empty for each; and each kind of calendar in turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.calendar_servers.running import EVERY_SERVER, ServerOf, calendar_servers
from tests.contract.calendars.conftest import process, region, stand_of
from tests.contract.ews.conftest import _running, exchange
from tests.integration.engine.office import RealOffice, opened_real_office

__all__ = ["_running", "calendar_servers", "exchange", "process", "region"]


@pytest.fixture(scope="session")
def _real_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealOffice]:
    with opened_real_office(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


@pytest.fixture(params=["graph", "ews", *EVERY_SERVER])
def office(
    request: pytest.FixtureRequest, _real_office: RealOffice, calendar_servers: ServerOf
) -> RealOffice:
    """The service's own parts in front of a calendar that is not ours."""
    _real_office.sits_down_at(stand_of(request.param, request, calendar_servers))
    return _real_office
