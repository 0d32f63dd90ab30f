"""One sandbox for each file of tests, a fresh region for each test, and a stand of each kind of calendar."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.calendar_servers.running import EVERY_SERVER, KINDS, ServerOf, calendar_servers
from tests.contract.calendars.dav_stand import DavStand
from tests.contract.calendars.ews_stand import EwsStand
from tests.contract.calendars.graph_stand import GraphStand
from tests.contract.calendars.stands import Stand
from tests.contract.ews.conftest import _running, exchange
from tests.contract.sandbox.running import Sandbox

__all__ = ["_running", "calendar_servers", "exchange"]


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    with Sandbox(folder / "state.db") as sandbox:
        yield sandbox


@pytest.fixture
def region(process: Sandbox) -> Iterator[Sandbox]:
    process.fresh()
    yield process
    process.call("DELETE", "/sandbox/faults")


@pytest.fixture(params=["graph", "graph-finds-deleted", "ews", *EVERY_SERVER])
def stand(request: pytest.FixtureRequest, calendar_servers: ServerOf) -> Stand:
    """Each kind of calendar; Exchange Online also as it would be if deleted items were still found by their ids."""
    return stand_of(request.param, request, calendar_servers)


def stand_of(kind: str, request: pytest.FixtureRequest, calendar_servers: ServerOf) -> Stand:
    """Return a new stand of that kind; starts no more than it needs."""
    if kind in KINDS:
        return DavStand(calendar_servers(kind))
    if kind == "ews":
        return EwsStand(request.getfixturevalue("exchange"))
    region: Sandbox = request.getfixturevalue("region")
    if kind == "graph-finds-deleted":
        region.lever("exchange/settings", {"finds_deleted": True})
    return GraphStand(region)
