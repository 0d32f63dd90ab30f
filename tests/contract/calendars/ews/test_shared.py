"""In whose calendars somebody may write, told by Exchange on premises: by the shortcuts of Outlook, and the rights."""

from __future__ import annotations

import base64

import pytest
from lxml import etree

from addin.sandbox import people
from addin.sandbox.exchange.ews import shortcuts
from addin.sandbox.exchange.ews.calls import Call
from addin.sandbox.exchange.ews.folder_operations import FolderOperations
from addin.sandbox.exchange.ews.shapes import Shape
from addin.sandbox.exchange.ews.soap import Failure
from addin.sandbox.people import Mailbox
from calendar_sync import ews_shared
from calendar_sync.calendar import (
    AccessDenied,
    CalendarUnavailable,
    CalendarUnreadable,
    MailboxMissing,
    NotUnderstood,
    Throttled,
)
from calendar_sync.ews import EwsCalendar
from tests.contract.calendars.ews.conftest import ANNA
from tests.contract.ews.on_premises import OnPremises

BO = people.BO.address
CARIN = people.CARIN.address
OPERATIONS = ("FindFolder", "FindItem", "ResolveNames", "GetFolder")
BUSY = {"fault": "refuse", "code": "ErrorServerBusy", "back_off": 4000}
MOVING = {"fault": "refuse", "code": "ErrorMailboxMoveInProgress"}
UNIT = "psykiatrimottagningen@region.example"


def operations(exchange: OnPremises) -> list[str]:
    return [name for name in exchange.schema.operations if not name.endswith("Response")]


def test_a_secretary_s_list_tells_whose_calendars_she_keeps(
    exchange: OnPremises, calendar: EwsCalendar
) -> None:
    assert calendar.shared_with(CARIN) == {ANNA, BO, UNIT}
    assert calendar.shared_with(people.EVA.address) == frozenset()
    assert exchange.schema.violations == []


def test_nothing_but_shortcuts_and_rights_is_asked_for(exchange: OnPremises, calendar: EwsCalendar) -> None:
    calendar.shared_with(CARIN)
    assert operations(exchange) == ["FindFolder", "FindItem", *["ResolveNames"] * 4, "GetFolder"]
    exchange.schema.operations.clear()
    calendar.shared_with(CARIN)
    assert operations(exchange) == ["FindFolder", "FindItem", "GetFolder"], "addresses are remembered"


def test_where_she_has_no_rights_any_more_nothing_is_told_of_it(
    exchange: OnPremises, calendar: EwsCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    carin, eva = exchange.mailbox(CARIN), exchange.mailbox(people.EVA.address)
    told = shortcuts.shortcuts

    def with_eva(owner: Mailbox, opened: list[Mailbox], shape: Shape) -> list[etree._Element]:
        return told(owner, [*opened, eva], shape)

    monkeypatch.setattr("addin.sandbox.exchange.ews.item_operations.shortcuts", with_eva)
    assert calendar.shared_with(carin.address) == {ANNA, BO, UNIT}


def test_a_colleague_s_server_that_is_down_says_nothing_of_her_rights(
    calendar: EwsCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No lever strikes the server of one mailbox alone.
    told = FolderOperations._opened

    def opened(operations: FolderOperations, call: Call, address: str) -> Mailbox:
        if address == BO:
            raise Failure("ErrorMailboxStoreUnavailable", "The mailbox database is temporarily unavailable.")
        return told(operations, call, address)

    monkeypatch.setattr(FolderOperations, "_opened", opened)
    with pytest.raises(CalendarUnavailable):
        calendar.shared_with(CARIN)


def test_who_has_left_is_left_out_and_so_is_whoever_was_moved_online(
    exchange: OnPremises, calendar: EwsCalendar
) -> None:
    exchange.mailboxes.change(exchange.mailbox(BO), {"home": "online"})
    exchange.mailboxes.change(exchange.mailbox(UNIT), {"exists": False})
    assert calendar.shared_with(CARIN) == {ANNA}


@pytest.mark.parametrize("entry", [b"", b"\x00" * 40, b"\xff" * 3, base64.b64decode("AAAA")])
def test_a_shortcut_that_names_nobody_is_passed_over(
    calendar: EwsCalendar, monkeypatch: pytest.MonkeyPatch, entry: bytes
) -> None:
    monkeypatch.setattr(shortcuts, "_LOCAL_USER", entry)
    assert calendar.shared_with(CARIN) == frozenset()


def test_what_cannot_be_read_is_told_by_its_kind(exchange: OnPremises, calendar: EwsCalendar) -> None:
    exchange.mailboxes.change(exchange.mailbox(CARIN), {"readable": False})
    with pytest.raises(AccessDenied):
        calendar.shared_with(CARIN)
    exchange.mailboxes.change(exchange.mailbox(CARIN), {"readable": True, "home": "online"})
    with pytest.raises(MailboxMissing):
        calendar.shared_with(CARIN)
    exchange.mailboxes.change(exchange.mailbox(CARIN), {"home": "on_premises"})


@pytest.mark.parametrize(
    ("operation", "trouble", "failure"),
    [
        *((operation, BUSY, Throttled) for operation in OPERATIONS),
        *((operation, MOVING, CalendarUnavailable) for operation in OPERATIONS),
        ("GetFolder", {"fault": "half"}, NotUnderstood),
    ],
)
def test_trouble_on_the_way_is_no_empty_list(
    exchange: OnPremises,
    calendar: EwsCalendar,
    operation: str,
    trouble: dict[str, object],
    failure: type[CalendarUnreadable],
) -> None:
    exchange.levers.switch(trouble | {"operation": operation})
    with pytest.raises(failure):
        calendar.shared_with(CARIN)
    exchange.levers.clear()
    assert calendar.shared_with(CARIN) == {ANNA, BO, UNIT}


def test_a_name_without_a_mailbox_hides_nobody_else(exchange: OnPremises, calendar: EwsCalendar) -> None:
    exchange.levers.switch(
        {"fault": "refuse", "code": "ErrorNameResolutionNoMailbox", "operation": "ResolveNames"}
    )
    assert calendar.shared_with(CARIN) == {BO, UNIT}


def test_a_list_that_takes_too_long_is_left_for_the_next_search(
    exchange: OnPremises, calendar: EwsCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ews_shared, "_PATIENCE_SECONDS", 0.0)
    with pytest.raises(CalendarUnavailable):
        calendar.shared_with(CARIN)
    assert operations(exchange) == ["FindFolder", "FindItem"]
