"""Where the service's rights to calendars end is tried until it is known, and too wide rights are never overlooked."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from itertools import count
from typing import Final

import pytest

from addin.meetings.calendar_ledger_port import RightsLimit
from addin.meetings.rights import AGAIN, TOO_WIDE_AGAIN, ProveRights, try_limit
from calendar_sync.calendar import (
    CalendarUnreadable,
    Capabilities,
    ConsentMissing,
    CredentialsRefused,
    Throttled,
)
from calendar_sync.items import Unread
from tests.unit.meetings.calendar_desk import CalendarDesk
from tests.unit.meetings.office_calendar import OfficeCalendar

ONLINE: Final = "diarium@region.example"
ON_PREMISES: Final = "arkivet@region.example"
HELD, TOO_WIDE, UNPROVEN = RightsLimit.HELD, RightsLimit.TOO_WIDE, RightsLimit.UNPROVEN
Log = pytest.LogCaptureFixture


@pytest.fixture
def guarded(office: CalendarDesk) -> CalendarDesk:
    """A region whose calendars deny the one mailbox in each that must not be read."""
    office.online.unreadable = {ONLINE: Unread.DENIED, ON_PREMISES: Unread.MAILBOX_ELSEWHERE}
    office.on_premises.unreadable = {ONLINE: Unread.MAILBOX_MISSING, ON_PREMISES: Unread.DENIED}
    for calendar in (office.online, office.on_premises):
        calendar.mailboxes |= {ONLINE, ON_PREMISES}
    return office


def starts(office: CalendarDesk, *outside: str) -> ProveRights:
    """Start the service, as far as this is concerned."""
    desk = office.desk
    proves = ProveRights(desk.ledger, office.calendars, outside or (ONLINE, ON_PREMISES), desk.clock)
    proves()
    return proves


def noted(office: CalendarDesk) -> Mapping[str, RightsLimit]:
    return office.desk.ledger.read(lambda reading: reading.rights())


def told(log: Log) -> list[tuple[str, str, str | None]]:
    """Return what was logged since this was asked last: level, event, calendar."""
    records = [one for one in log.records if one.name == "addin.meetings.rights"]
    lines = [(one.levelname, one.message, getattr(one, "calendar", None)) for one in records]
    for one in records:
        assert not {ONLINE, ON_PREMISES} & set(vars(one).values()), "a mailbox is named in the log"
        assert "@" not in getattr(one, "reason", "")
    log.clear()
    return lines


def after(office: CalendarDesk, proves: ProveRights, wait: timedelta) -> None:
    office.desk.clock.time += wait
    proves()


def test_a_denial_in_each_calendar_proves_the_limit_and_is_told_once(
    guarded: CalendarDesk, caplog: Log
) -> None:
    caplog.set_level(logging.INFO)
    proves = starts(guarded)
    assert noted(guarded) == {"graph": HELD, "ews": HELD}
    assert told(caplog) == [("INFO", "rights_held", "graph"), ("INFO", "rights_held", "ews")]
    after(guarded, proves, 3 * AGAIN)
    assert (noted(guarded), told(caplog)) == ({"graph": HELD, "ews": HELD}, [])


def test_too_wide_rights_are_an_error_at_each_start_and_each_day(guarded: CalendarDesk, caplog: Log) -> None:
    del guarded.on_premises.unreadable[ON_PREMISES]
    for _ in range(2):
        proves = starts(guarded)
        assert ("ERROR", "rights_too_wide", "ews") in told(caplog)
    for hours in range(24):
        assert ("ERROR", "rights_too_wide", "ews") not in told(caplog), f"again after {hours} h"
        after(guarded, proves, TOO_WIDE_AGAIN)
    assert told(caplog) == [("ERROR", "rights_too_wide", "ews")]
    assert noted(guarded) == {"graph": HELD, "ews": TOO_WIDE}


def test_rights_that_widen_are_found_within_a_day_and_a_limit_that_is_set_within_the_hour(
    guarded: CalendarDesk, caplog: Log
) -> None:
    caplog.set_level(logging.INFO)
    proves = starts(guarded)
    told(caplog)
    del guarded.online.unreadable[ONLINE]
    after(guarded, proves, AGAIN)
    assert (noted(guarded)["graph"], told(caplog)) == (TOO_WIDE, [("ERROR", "rights_too_wide", "graph")])
    guarded.online.unreadable[ONLINE] = Unread.DENIED
    after(guarded, proves, TOO_WIDE_AGAIN)
    assert (noted(guarded)["graph"], told(caplog)) == (HELD, [("INFO", "rights_held", "graph")])


def test_a_calendar_that_does_not_answer_is_asked_until_it_does(guarded: CalendarDesk, caplog: Log) -> None:
    caplog.set_level(logging.INFO)
    guarded.online.unreadable = {ONLINE: Unread.UNREACHABLE, ON_PREMISES: Unread.DENIED}
    proves = starts(guarded)
    assert noted(guarded) == {"graph": UNPROVEN, "ews": HELD}
    assert ("WARNING", "rights_unproven", "graph") in told(caplog)
    for seconds in (5, 10, 20):
        after(guarded, proves, timedelta(seconds=seconds))
    assert (noted(guarded)["graph"], told(caplog)) == (UNPROVEN, [])
    guarded.online.unreadable[ONLINE] = Unread.DENIED
    after(guarded, proves, timedelta(seconds=40))
    assert (noted(guarded)["graph"], told(caplog)) == (HELD, [("INFO", "rights_held", "graph")])


def test_a_calendar_that_asks_for_another_pause_each_time_is_told_of_once(
    guarded: CalendarDesk, caplog: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = count(30.0)

    def refuses(_calendar: OfficeCalendar, _mailbox: str) -> None:
        raise Throttled(next(pauses))

    monkeypatch.setattr(OfficeCalendar, "probe", refuses)
    proves = starts(guarded)
    assert [line[:2] for line in told(caplog)] == [("WARNING", "rights_unproven")] * 2
    asked = next(pauses)
    after(guarded, proves, timedelta(minutes=1))
    assert next(pauses) > asked + 1
    assert told(caplog) == []


def test_a_fault_of_ours_with_one_calendar_keeps_nobody_from_trying_the_other(
    guarded: CalendarDesk, caplog: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = OfficeCalendar.probe

    def stumbles(calendar: OfficeCalendar, mailbox: str) -> Capabilities:
        if calendar.name == "graph":
            raise ZeroDivisionError
        return original(calendar, mailbox)

    monkeypatch.setattr(OfficeCalendar, "probe", stumbles)
    proves = starts(guarded)
    assert noted(guarded) == {"graph": UNPROVEN, "ews": HELD}
    assert told(caplog) == [("ERROR", "rights_failed", "graph"), ("WARNING", "rights_unproven", "graph")]
    proves()
    assert told(caplog) == [], "what failed is tried again at once"
    monkeypatch.setattr(OfficeCalendar, "probe", original)
    after(guarded, proves, timedelta(seconds=5))
    assert noted(guarded) == {"graph": HELD, "ews": HELD}


def test_no_answer_does_not_take_back_that_the_rights_are_too_wide(guarded: CalendarDesk) -> None:
    del guarded.online.unreadable[ONLINE]
    starts(guarded)
    guarded.online.unreadable[ONLINE] = Unread.UNREACHABLE
    starts(guarded)
    assert noted(guarded) == {"graph": TOO_WIDE, "ews": HELD}
    starts(guarded, "nobody@region.example")
    assert noted(guarded) == {"graph": TOO_WIDE, "ews": UNPROVEN}


def test_one_line_says_that_nothing_is_proven_where_no_mailbox_is_named(
    guarded: CalendarDesk, caplog: Log
) -> None:
    proves = ProveRights(guarded.desk.ledger, guarded.calendars, (), guarded.desk.clock)
    proves()
    proves()
    assert told(caplog) == [("WARNING", "rights_unproven", None)]
    assert noted(guarded) == {"graph": UNPROVEN, "ews": UNPROVEN}


def test_what_was_found_of_a_calendar_is_forgotten_when_it_is_not_followed_any_more(
    guarded: CalendarDesk,
) -> None:
    del guarded.online.unreadable[ONLINE]
    starts(guarded)
    guarded.left_out = frozenset({"graph"})
    starts(guarded)
    assert noted(guarded) == {"ews": HELD}


@pytest.mark.parametrize("failure", [CredentialsRefused(), ConsentMissing()])
def test_a_service_that_is_let_in_nowhere_has_proven_nothing(
    office: CalendarDesk, failure: CalendarUnreadable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(_calendar: OfficeCalendar, _mailbox: str) -> None:
        raise failure

    monkeypatch.setattr(OfficeCalendar, "probe", refuses)
    assert try_limit(office.online, [ONLINE]).limit is UNPROVEN
