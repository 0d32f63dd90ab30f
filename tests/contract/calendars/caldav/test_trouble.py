"""A CalDAV server that is slow, broken, hostile or says no: nothing is ever gone because of it, and nothing leaks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from caldav.elements import dav

from bounded_http.password_access import PasswordAccess
from calendar_sync.caldav import CalDavCalendar, CalDavSettings
from calendar_sync.calendar import (
    AccessDenied,
    CalendarUnavailable,
    CalendarUnreadable,
    NotUnderstood,
    Throttled,
)
from calendar_sync.dav import DavServer, Patience, together
from calendar_sync.items import ItemRef, Tag, Unread, Unreadable
from tests.contract.conferencing.unruly import UnrulyServer, answer

ANNA = "anna@region.example"
ITEM = ItemRef(ANNA, "/anna/kalender/a.ics")
SECRET = "Uppföljning efter operationen"
XML = "Content-Type: application/xml; charset=utf-8"
HOME = (
    '<multistatus xmlns="DAV:"><response><href>/anna/</href><propstat><prop/><status>HTTP/1.1 200 OK</status>'
    "</propstat></response></multistatus>"
)


def listed(href: str, owner: str, *privileges: str) -> str:
    """Return a calendar as a server lists it among others."""
    rights = "".join(f"<privilege><{one}/></privilege>" for one in privileges)
    return (
        f"<response><href>{href}</href><propstat><prop><resourcetype><collection/><C:calendar/></resourcetype>"
        f"<owner><href>{owner}</href></owner><current-user-privilege-set>{rights}</current-user-privilege-set></prop>"
        "<status>HTTP/1.1 200 OK</status></propstat></response>"
    )


def person(href: str, *addresses: str) -> str:
    """Return a principal with its addresses."""
    told = "".join(f"<href>{one}</href>" for one in addresses)
    return (
        f"<response><href>{href}</href><propstat><prop><C:calendar-user-address-set>{told}"
        "</C:calendar-user-address-set></prop><status>HTTP/1.1 200 OK</status></propstat></response>"
    )


Unruly = Callable[..., UnrulyServer]


@pytest.fixture
def unruly() -> Iterator[Unruly]:
    started: list[UnrulyServer] = []

    def start(*pieces: bytes, gap: float = 0.0) -> UnrulyServer:
        started.append(UnrulyServer(pieces, gap))
        return started[-1]

    yield start
    for server in started:
        server.close()


def calendar(server: UnrulyServer, seconds: float = 10) -> CalDavCalendar:
    settings = CalDavSettings(
        url=server.base_url + "/{user}/",
        username="dienst",
        password="hemligt",
        instance="region-test",
        timeout_seconds=seconds,
        patience_seconds=seconds,
    )
    return CalDavCalendar(settings)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("401 Unauthorized", Unread.DENIED),
        ("403 Forbidden", Unread.DENIED),
        ("404 Not Found", Unread.MAILBOX_MISSING),
        ("429 Too Many Requests", Unread.THROTTLED),
        ("500 Internal Server Error", Unread.UNREACHABLE),
        ("502 Bad Gateway", Unread.UNREACHABLE),
        ("503 Service Unavailable", Unread.UNREACHABLE),
        ("302 Found", Unread.NOT_UNDERSTOOD),
        ("200 OK", Unread.NOT_UNDERSTOOD),
        ("405 Method Not Allowed", Unread.NOT_UNDERSTOOD),
    ],
)
def test_no_status_makes_an_item_gone(unruly: Unruly, status: str, reason: Unread) -> None:
    server = unruly(
        answer(status, SECRET.encode(), "Location: https://annat.example/", "Content-Type: text/html")
    )
    found = calendar(server).look([ITEM])[ITEM]
    assert isinstance(found, Unreadable)
    assert found.reason is reason


def test_a_redirect_is_not_followed_with_the_password(unruly: Unruly) -> None:
    other = unruly(answer("207 Multi-Status", HOME.encode(), XML))
    first = unruly(answer("307 Temporary Redirect", b"", f"Location: {other.base_url}/anna/"))
    calendar(first).look([ITEM])
    assert other.requests == []


@pytest.mark.parametrize("wait", ["120", "Thu, 02 Jan 2020 10:00:00 GMT"])
def test_a_busy_server_says_how_long_to_wait(unruly: Unruly, wait: str) -> None:
    busy = calendar(unruly(answer("503 Service Unavailable", b"", f"Retry-After: {wait}")))
    with pytest.raises(Throttled) as failure:
        busy.find_tagged(ANNA)
    assert failure.value.retry_after == (120 if wait == "120" else 0)


@pytest.mark.parametrize(
    "body",
    [
        f"<html>{SECRET}",
        f"<multistatus xmlns='DAV:'><response>{SECRET}</multistatus>",
        f"<multistatus xmlns='DAV:'><response><status>{SECRET}</status></response></multistatus>",
        "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/hostname'>]><multistatus xmlns='DAV:'>&a;</multistatus>",
        "",
    ],
)
def test_an_answer_that_is_not_understood_is_neither_believed_nor_repeated(
    unruly: Unruly, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = unruly(answer("207 Multi-Status", body.encode(), XML))
    found = calendar(server).look([ITEM])[ITEM]
    assert isinstance(found, Unreadable)
    with pytest.raises(CalendarUnreadable) as failure:
        calendar(server).find_tagged(ANNA)
    told = caplog.text + repr(failure.value) + str(failure.value)
    assert SECRET not in told
    assert ANNA not in told
    assert "hemligt" not in told


def test_a_server_that_drips_holds_nobody_longer_than_agreed(unruly: Unruly) -> None:
    head = b"HTTP/1.1 207 Multi-Status\r\nContent-Length: 100000\r\n\r\n"
    server = unruly(head, *[b"<"] * 1000, gap=0.1)
    found = calendar(server, seconds=0.5).look([ITEM])[ITEM]
    assert found == Unreadable(Unread.UNREACHABLE)


def test_an_answer_without_end_is_not_read_to_its_end(
    unruly: Unruly, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calendar_sync.dav.LARGEST_ANSWER_BYTES", 2000)
    server = unruly(answer("207 Multi-Status", HOME.encode() + b" " * 4000, XML))
    assert calendar(server).look([ITEM])[ITEM] == Unreadable(Unread.UNREACHABLE)


def test_a_connection_that_was_closed_while_idle_costs_one_more_call(unruly: Unruly) -> None:
    server = unruly(answer("207 Multi-Status", HOME.encode(), XML))
    server.hang_up_after_answer = True
    patient = calendar(server)
    for _ in range(2):
        with pytest.raises(CalendarUnreadable):
            patient.find_tagged(ANNA)
    assert server.connections >= 3


@pytest.mark.parametrize(
    "item_id",
    [
        # With the server's own name before it, that of another host.
        "a.elsewhere.example:/anna/kalender/a.ics",
        "/anna/kalender/../../bo/kalender/a.ics",
        "/anna/kalender/%2e%2E/a.ics",
    ],
)
def test_an_id_that_leads_elsewhere_is_not_gone_to(unruly: Unruly, item_id: str) -> None:
    server = unruly(answer("207 Multi-Status", HOME.encode(), XML))
    stray = ItemRef(ANNA, item_id)
    assert calendar(server).look([stray])[stray] == Unreadable(Unread.NOT_UNDERSTOOD)
    with pytest.raises(NotUnderstood):
        calendar(server).write_tag(stray, None, '"1"')
    asked = [line.split(b" ", 2)[1] for line in server.requests]
    assert {path for path in asked if path != b"/anna/"} <= {b"/anna/kalender/"}


def test_a_dead_server_is_an_answer_about_nothing(unruly: Unruly) -> None:
    server = unruly()
    server.close()
    dead = calendar(server)
    assert dead.look([ITEM])[ITEM] == Unreadable(Unread.UNREACHABLE)
    with pytest.raises(CalendarUnreadable):
        dead.write_tag(ITEM, Tag("region-test", "a" * 32), '"1"')


def test_a_password_is_not_sent_in_clear_text_to_another_machine() -> None:
    for url in ("http://caldav.region.example/{user}/", "https://caldav.region.example/alla/"):
        with pytest.raises(ValueError, match="url"):
            CalDavCalendar(CalDavSettings(url=url, username="x", password="y", instance="z"))


def test_whose_calendars_stand_beside_her_own_and_may_be_written_in_is_told(
    unruly: Unruly, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [
        person("/anna/", "mailto:anna@region.example", "/anna/"),
        listed("/anna/kalender/", "/anna/", "all"),
        listed("/anna/bo_kalender/", "/bo/", "read", "write-content"),
        listed("/anna/eva_kalender/", "/eva/", "read"),
        listed("/anna/nobody/", "/nobody/", "all"),
        listed("/anna/hidden/", "/hidden/", "all"),
        person("/bo/", "/bo/", "mailto:Bo@region.example", "mailto:bo.b@region.example"),
        person("/eva/", "mailto:eva@region.example"),
        person("/nobody/", "urn:uuid:0"),
    ]
    document = (
        f'<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">{"".join(told)}</multistatus>'
    )
    server = unruly(answer("207 Multi-Status", document.encode(), XML))
    ask = DavServer.propfind

    def propfind(dav_server: DavServer, href: str, *wish: Any) -> Any:
        if href == "/hidden/":
            raise AccessDenied
        return ask(dav_server, href, *wish)

    monkeypatch.setattr(DavServer, "propfind", propfind)
    assert calendar(server).shared_with(ANNA) == {"bo@region.example"}


def test_changes_that_are_told_in_parts_go_on_from_the_part_that_was_told(unruly: Unruly) -> None:
    changed = "<response><href>/anna/kalender/a.ics</href><status>HTTP/1.1 404 Not Found</status></response>"
    # RFC 6578, section 3.6: the collection itself is told with 507.
    more = (
        "<response><href>/anna/kalender/</href><status>HTTP/1.1 507 Insufficient Storage</status></response>"
    )
    told = f'<multistatus xmlns="DAV:">{changed}{more}<sync-token>next</sync-token></multistatus>'
    server = unruly(answer("207 Multi-Status", told.encode(), XML))
    dav_server = DavServer(
        PasswordAccess(base_url=server.base_url, username="dienst", password="hemligt", pool_size=1)
    )
    query, patience = together(dav.SyncCollection()), Patience.of(10)
    resources, token = dav_server.changes("/anna/kalender/", query, patience)
    assert ([one.href for one in resources], token) == ([ITEM.item_id], "next")
    with pytest.raises(CalendarUnavailable):
        dav_server.report("/anna/kalender/", query, 1, patience)
