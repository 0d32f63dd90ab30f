"""Hands every test a running server and a mailbox that no other test has."""

from __future__ import annotations

import pytest

from calendar_sync.caldav import CalDavCalendar, CalDavSettings
from tests.calendar_servers.hand import Hand
from tests.calendar_servers.running import EVERY_SERVER, ServerOf
from tests.calendar_servers.server import SERVICE, CalendarServer

INSTANCE = "region-test"


@pytest.fixture(params=EVERY_SERVER)
def dav_server(request: pytest.FixtureRequest, calendar_servers: ServerOf) -> CalendarServer:
    """Each real CalDAV server."""
    return calendar_servers(request.param)


@pytest.fixture
def dav_calendar(dav_server: CalendarServer) -> CalDavCalendar:
    """The adapter for that server, in an installation called `region-test`."""
    username, password = SERVICE
    return CalDavCalendar(
        CalDavSettings(url=dav_server.url, username=username, password=password, instance=INSTANCE)
    )


@pytest.fixture
def anna(dav_server: CalendarServer) -> Hand:
    """A person with one empty calendar."""
    return Hand(dav_server.new_mailbox())
