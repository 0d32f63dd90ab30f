"""The log says when a mailbox with meetings can be read no more, why, and when it can again; never whose it is."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

import pytest

from addin.meetings.frozen import Frozen
from addin.meetings.mailbox_trouble import tell_of_mailbox
from addin.meetings.watches import MailboxWatch
from calendar_sync.calendar import AccessDenied, CalendarUnavailable, CredentialsRefused, MailboxElsewhere
from calendar_sync.items import Unread
from tests.unit.meetings.calendar_desk import MAILBOX, CalendarDesk
from tests.unit.meetings.doors import START

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
# Served by the Exchange on premises, which is asked.
PULLED: Final = "david.nystrom@region.example"
Log = pytest.LogCaptureFixture


def told(log: Log) -> list[tuple[str, str | None, str | None]]:
    """Return what was logged since this was asked last: event, calendar, reason."""
    records = [one for one in log.records if one.name == "addin.meetings.mailbox_trouble"]
    for one in records:
        assert "@" not in str(vars(one)), "a mailbox is named in the log"
    log.clear()
    return [(one.message, getattr(one, "calendar", None), getattr(one, "reason", None)) for one in records]


@pytest.fixture
def followed(office: CalendarDesk, caplog: Log) -> CalendarDesk:
    """A desk with a meeting in a mailbox on premises that is followed."""
    caplog.set_level(logging.INFO)
    office.saves(office.books(mailbox=PULLED), office.on_premises)
    office.after(MINUTE)
    assert told(caplog) == []
    return office


@pytest.mark.parametrize("reason", [Unread.UNREACHABLE, Unread.THROTTLED, Unread.DENIED])
def test_trouble_that_lasts_is_told_once_and_once_that_it_is_over(
    followed: CalendarDesk, caplog: Log, reason: Unread
) -> None:
    followed.on_premises.unreadable[PULLED] = reason
    followed.comes_to(followed.desk.clock.time + HOUR, step=5 * MINUTE)
    assert told(caplog) == [("mailbox_unreadable", "ews", reason.value)]
    del followed.on_premises.unreadable[PULLED]
    followed.comes_to(followed.desk.clock.time + HOUR, step=5 * MINUTE)
    assert told(caplog) == [("mailbox_readable", "ews", None)]


def test_a_hiccup_is_not_told(followed: CalendarDesk, caplog: Log) -> None:
    followed.on_premises.unreadable[PULLED] = Unread.UNREACHABLE
    followed.desk.clock.time += timedelta(seconds=30)
    followed.rests()
    del followed.on_premises.unreadable[PULLED]
    followed.after(HOUR)
    assert told(caplog) == []


def test_another_cause_is_told_too(followed: CalendarDesk, caplog: Log) -> None:
    followed.on_premises.unreadable[PULLED] = Unread.UNREACHABLE
    followed.comes_to(followed.desk.clock.time + 10 * MINUTE, step=MINUTE)
    followed.on_premises.unreadable[PULLED] = Unread.DENIED
    followed.comes_to(followed.desk.clock.time + HOUR, step=5 * MINUTE)
    assert [reason for _, _, reason in told(caplog)] == ["unreachable", "denied"]


def test_a_mailbox_that_no_calendar_has_is_told_and_one_that_was_moved_is_not(
    office: CalendarDesk, caplog: Log
) -> None:
    caplog.set_level(logging.INFO)
    office.books_and_saves()
    office.online.is_migrated_to(office.on_premises, MAILBOX)
    office.comes_to(office.desk.clock.time + HOUR, step=5 * MINUTE)
    assert told(caplog) == []
    office.on_premises.mailboxes.discard(MAILBOX)
    office.on_premises.unreadable[MAILBOX] = Unread.MAILBOX_MISSING
    office.comes_to(office.desk.clock.time + HOUR, step=5 * MINUTE)
    assert told(caplog) == [("mailbox_unreadable", None, "mailbox_missing")]


def test_a_mailbox_in_which_nothing_is_followed_is_nobodys_trouble(office: CalendarDesk, caplog: Log) -> None:
    caplog.set_level(logging.INFO)
    office.standing = (PULLED,)
    office.on_premises.unreadable[PULLED] = Unread.DENIED
    office.taking_in.follow_all()
    office.comes_to(office.desk.clock.time + HOUR, step=5 * MINUTE)
    assert "probe" in office.on_premises.asked
    assert told(caplog) == []


def test_an_account_that_is_not_accepted_is_told_apart_from_a_mailbox_outside_the_group(caplog: Log) -> None:
    watch = MailboxWatch("1", PULLED, backend="ews")
    denied = MailboxWatch("1", PULLED, frozen=Frozen(Unread.DENIED, START), attempts=2)
    tell_of_mailbox(watch, denied, {"graph": MailboxElsewhere(), "ews": CredentialsRefused()})
    tell_of_mailbox(watch, denied, {"graph": CalendarUnavailable(), "ews": AccessDenied()})
    assert told(caplog) == [
        ("mailbox_unreadable", "ews", "credentials_refused"),
        ("mailbox_unreadable", "ews", "denied"),
    ]
