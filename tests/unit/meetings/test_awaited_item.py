"""What the people of a meeting hear when its item was not found where its mailbox went."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from addin.meetings.model import CalendarNote, Meeting, Window
from addin.meetings.ports import Mail
from calendar_sync.items import Unread
from tests.unit.meetings.calendar_desk import MAILBOX, CalendarDesk
from tests.unit.meetings.desk import WHO
from tests.unit.meetings.doors import START
from tests.unit.meetings.office_calendar import Item, OfficeCalendar
from tests.unit.meetings.test_notices import CLINIC, Office

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def loses_its_item(office: CalendarDesk, at: datetime, mailbox: str = MAILBOX) -> tuple[Meeting, Item]:
    """Book, and delete the item at the very moment at which its mailbox is migrated."""
    office.online.mailboxes.add(mailbox)
    meeting, item = office.books_and_saves(mailbox=mailbox)
    office.comes_to(at, step=DAY)
    item.in_trash = True
    moves(office, office.online, office.on_premises, mailbox)
    assert office.reads(meeting).calendar_notes == {CalendarNote.ITEM_AWAITED}
    return meeting, item


def moves(
    office: CalendarDesk, before: OfficeCalendar, after: OfficeCalendar, mailbox: str = MAILBOX
) -> None:
    """Migrate the mailbox, and let that be seen at once."""
    before.is_migrated_to(after, mailbox)
    watch = office.desk.ledger.read(lambda reading: reading.watch_by_mailbox(mailbox))
    assert watch
    office.desk.ledger.write(lambda writing: writing.scan_watch(watch.id, None, 0.0))
    office.settles()


def mails_until(office: CalendarDesk, moment: datetime) -> list[Mail]:
    """Let time pass as the worker would see it, and return the mails that went out."""
    office.comes_to(moment, step=8 * HOUR)
    return Office(office.desk).sends()


def test_who_booked_and_the_owner_get_one_mail_without_content_after_a_day(office: CalendarDesk) -> None:
    meeting, _ = loses_its_item(office, START - 5 * DAY, CLINIC)
    assert mails_until(office, START - 4 * DAY - MINUTE) == []
    (mail,) = mails_until(office, START - 4 * DAY + MINUTE)
    assert mail.to == (WHO.mailbox, CLINIC)
    assert mail.subject == "Bokningen av ett skyddat möte har inte hittats"
    assert "Mötet är kvar: måndag 1 mars 2027 kl. 10.00–10.45" in mail.plain
    said = (mail.subject + mail.plain + mail.html).replace("-", "")
    assert meeting.join_code not in said
    assert "/told" in said
    assert mails_until(office, START - 2 * DAY) == [], "it is said once, and there is no reminder"
    assert not office.reads(meeting).is_cancelled


@pytest.mark.parametrize(
    ("lost_at", "told_at"),
    [
        (START - 6 * HOUR, START - 4 * HOUR),
        (START - HOUR, START - HOUR + 2 * MINUTE),
    ],
)
def test_they_hear_before_anybody_comes(office: CalendarDesk, lost_at: datetime, told_at: datetime) -> None:
    loses_its_item(office, lost_at)
    assert mails_until(office, told_at - MINUTE) == []
    assert len(mails_until(office, told_at + MINUTE)) == 1


def test_an_item_that_is_found_in_time_is_nobodys_business(office: CalendarDesk) -> None:
    meeting, item = loses_its_item(office, START - 5 * DAY)
    item.in_trash = False
    office.comes_to(office.desk.clock.time + 2 * HOUR, step=HOUR)
    assert office.reads(meeting).calendar_notes == frozenset()
    assert office.owed(meeting) == []
    assert mails_until(office, START - 3 * DAY) == []


def test_a_mailbox_that_goes_again_without_the_item_is_told_again(office: CalendarDesk) -> None:
    meeting, item = loses_its_item(office, START - 6 * DAY)
    assert len(mails_until(office, START - 4 * DAY)) == 1
    item.in_trash = False
    office.comes_to(office.desk.clock.time + 2 * HOUR, step=HOUR)
    assert office.reads(meeting).calendar_notes == frozenset()
    item.in_trash = True
    moves(office, office.on_premises, office.online)
    assert len(mails_until(office, START - 2 * DAY)) == 1


def test_an_outage_of_the_calendar_neither_stops_the_mail_nor_repeats_it(office: CalendarDesk) -> None:
    meeting, _ = loses_its_item(office, START - 5 * DAY)
    office.on_premises.unreadable[MAILBOX] = Unread.UNREACHABLE
    assert len(mails_until(office, START - 3 * DAY)) == 1
    assert office.reads(meeting).calendar_notes == {CalendarNote.ITEM_AWAITED}
    del office.on_premises.unreadable[MAILBOX]
    assert mails_until(office, START - 2 * DAY) == []


def test_of_a_meeting_that_was_made_earlier_they_hear_before_that(office: CalendarDesk) -> None:
    meeting, _ = loses_its_item(office, START - 5 * DAY)
    start = office.desk.clock.time + 8 * HOUR
    office.desk.change(office.reads(meeting), WHO, window=Window(start, start + HOUR, "Europe/Stockholm"))
    office.comes_to(start - 5 * HOUR, step=HOUR)
    assert len(mails_until(office, start - 4 * HOUR)) == 1


def is_imported(office: CalendarDesk, item: Item, start: datetime = START) -> None:
    """Migrate the mailbox by export and import: what was in it comes under UIDs of its own."""
    office.comes_to(START - 5 * DAY, step=DAY)
    item.uid, item.created_at = f"imported-{item.uid}", office.desk.clock.time
    item.start, item.end = start, start + (item.end - item.start)
    moves(office, office.online, office.on_premises)


@pytest.mark.parametrize("kind", [{}, {"type": "information-meeting-patient", "variant": "group"}])
def test_an_item_that_came_under_another_uid_is_found_by_its_tag_and_time(
    office: CalendarDesk, kind: dict[str, str]
) -> None:
    meeting, item = office.books_and_saves(**kind)
    is_imported(office, item)
    assert mails_until(office, START - 2 * DAY) == []
    assert item.block == meeting.id
    assert office.copies_of(meeting) == []
    office.on_premises.drags(item, START + DAY)
    office.after(HOUR)
    assert office.reads(meeting).window.start == START + DAY
    office.on_premises.deletes(item)
    office.after(HOUR)
    office.after(HOUR)
    assert office.reads(meeting).is_cancelled


@pytest.mark.parametrize("start", [START, START + DAY], ids=["two of them", "at another time"])
def test_what_came_under_another_uid_and_may_be_another_is_left_alone_and_reported(
    office: CalendarDesk, start: datetime
) -> None:
    meeting, item = office.books_and_saves()
    if start == START:
        office.on_premises.copies(item)
    is_imported(office, item, start)
    (mail,) = mails_until(office, START - 2 * DAY)
    assert "har inte hittats" in mail.subject
    assert item.block == meeting.id
    assert office.reads(meeting).calendar_notes == {CalendarNote.ITEM_AWAITED}
    assert not office.reads(meeting).is_cancelled
    # When she removes it nobody waits for its item any more.
    office.desk.cancel(meeting)
    office.after(HOUR)
    assert item.block is None
