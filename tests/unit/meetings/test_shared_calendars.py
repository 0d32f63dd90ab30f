"""Copies in the calendars of colleagues who have nothing to do with meetings: into those that she may write in."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial

import pytest

from addin.meetings import mailbox_record
from addin.meetings.ledger_port import Writing
from addin.meetings.model import Meeting, Principal
from calendar_sync.calendar import AccessDenied
from calendar_sync.items import Unread
from tests.unit.meetings.calendar_desk import MAILBOX, OTHER_MAILBOX, CalendarDesk
from tests.unit.meetings.doors import START, TENANT

SECRETARY = "carin.ek@region.example"
COLLEAGUE = "david.nystrom@region.example"
FURTHER = "eva.holm@region.example"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def region(office: CalendarDesk) -> CalendarDesk:
    office.online.mailboxes |= {SECRETARY, COLLEAGUE, FURTHER}
    return office


def purge(meeting: Meeting, writing: Writing) -> None:
    writing.purge(meeting.id)


def is_watched(office: CalendarDesk, mailbox: str) -> bool:
    return office.desk.ledger.read(lambda reading: reading.watch_by_mailbox(mailbox)) is not None


def test_a_copy_in_a_calendar_that_is_shared_with_her_is_found_within_seconds(region: CalendarDesk) -> None:
    region.online.shared[MAILBOX] = {COLLEAGUE}
    meeting, item = region.books_and_saves()
    region.after(2 * SECOND)
    copied = region.online.copies(item, to=COLLEAGUE)
    region.settles()
    assert (copied.block, item.block) == (None, meeting.id)


def test_so_is_one_that_her_secretary_puts_into_another_calendar_that_she_keeps(region: CalendarDesk) -> None:
    secretary = Principal(TENANT, "cccccccc-bbbb-4ccc-8ddd-eeeeeeeeeeee", SECRETARY)
    region.online.shared[SECRETARY] = {MAILBOX, OTHER_MAILBOX}
    meeting = region.books("key", secretary)
    item = region.saves(meeting)
    region.settles()
    region.after(2 * SECOND)
    copied = region.online.copies(item, to=OTHER_MAILBOX)
    region.settles()
    assert copied.block is None


def test_a_calendar_that_is_shared_later_is_searched_within_the_hour(region: CalendarDesk) -> None:
    _, item = region.books_and_saves()
    region.online.shared[MAILBOX] = {COLLEAGUE}
    copied = region.online.copies(item, to=COLLEAGUE)
    region.comes_to(region.desk.clock.time + 1.2 * HOUR, step=HOUR / 12)
    assert copied.block is None


def test_nobody_is_taken_in_by_way_of_a_mailbox_that_is_only_shared(region: CalendarDesk) -> None:
    region.online.shared = {MAILBOX: {COLLEAGUE}, COLLEAGUE: {FURTHER}}
    region.books_and_saves()
    region.comes_to(region.desk.clock.time + 3 * HOUR, step=HOUR / 4)
    assert (is_watched(region, COLLEAGUE), is_watched(region, FURTHER)) == (True, False)


def test_a_mailbox_is_left_alone_when_nobody_may_write_in_it_any_more(region: CalendarDesk) -> None:
    region.online.shared[MAILBOX] = {COLLEAGUE, FURTHER}
    region.books_and_saves()
    region.after(2 * SECOND)
    region.online.shared[MAILBOX] = {FURTHER}
    region.comes_to(region.desk.clock.time + 3 * HOUR, step=HOUR / 4)
    assert (is_watched(region, COLLEAGUE), is_watched(region, FURTHER)) == (False, True)


@pytest.mark.parametrize("unread", [None, Unread.DENIED, Unread.MAILBOX_MISSING])
def test_two_that_share_with_each_other_do_not_keep_each_other(
    region: CalendarDesk, unread: Unread | None
) -> None:
    region.online.shared = {MAILBOX: {COLLEAGUE}, COLLEAGUE: {MAILBOX}}
    _, item = region.books_and_saves()
    region.after(2 * SECOND)
    region.books("once", mailbox=COLLEAGUE)
    region.comes_to(region.desk.clock.time + 2 * HOUR, step=HOUR / 4)
    region.online.deletes(item)
    for one in region.meetings():
        region.desk.cancel(one)
        region.settles()
        region.desk.ledger.write(partial(purge, one))
    if unread:
        both = dict.fromkeys((MAILBOX, COLLEAGUE), unread)
        region.online.unreadable |= both
        region.on_premises.unreadable |= both
    region.comes_to(region.desk.clock.time + 16 * HOUR, step=HOUR)
    assert (is_watched(region, MAILBOX), is_watched(region, COLLEAGUE)) == (False, False)


def test_a_list_that_cannot_be_read_holds_nothing_up_and_what_was_told_before_stays(
    region: CalendarDesk,
) -> None:
    region.online.shared[MAILBOX] = {COLLEAGUE}
    meeting, item = region.books_and_saves()
    region.after(2 * SECOND)
    region.online.unlistable = AccessDenied()
    region.online.drags(item, START + DAY)
    region.comes_to(region.desk.clock.time + 3 * HOUR, step=HOUR / 4)
    assert region.reads(meeting).window.start == START + DAY
    assert region.reads(meeting).calendar_notes == frozenset()
    assert is_watched(region, COLLEAGUE)


def test_a_colleague_s_mailbox_that_may_not_be_read_is_asked_for_seldom_and_freezes_nothing(
    region: CalendarDesk,
) -> None:
    region.online.shared[MAILBOX] = {COLLEAGUE}
    region.online.unreadable[COLLEAGUE] = region.on_premises.unreadable[COLLEAGUE] = Unread.DENIED
    meeting, _ = region.books_and_saves()
    region.after(2 * SECOND)
    region.online.asked.clear()
    region.comes_to(region.desk.clock.time + 3 * HOUR, step=HOUR / 4)
    assert not [call for call in region.online.asked if COLLEAGUE in call]
    assert region.reads(meeting).calendar_notes == frozenset()


def test_only_mailboxes_of_the_organisation_are_taken_in_and_not_without_end(
    region: CalendarDesk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(mailbox_record, "MOST_SHARED", 1)
    region.online.shared[MAILBOX] = {"a@annanregion.example", COLLEAGUE, FURTHER}
    region.books_and_saves()
    region.after(2 * SECOND)
    assert [one for one in ("a@annanregion.example", COLLEAGUE, FURTHER) if is_watched(region, one)] == [
        COLLEAGUE
    ]
    left_out = [one for one in caplog.records if one.getMessage() == "shared_calendars_left_out"]
    assert [vars(one)["count"] for one in left_out] == [1]
