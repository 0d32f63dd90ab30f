"""Another meeting in an item that has one: the item holds what was booked in it last, and nobody loses hers unseen."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.meetings.calendar_desk import GRACE, CalendarDesk
from tests.unit.meetings.doors import START

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def test_a_meeting_booked_in_an_item_whose_first_one_was_removed_follows_it(office: CalendarDesk) -> None:
    removed, item = office.books_and_saves()
    office.after(2 * HOUR)
    assert str(item.own_tag) == f"test/{removed.id}"
    office.removes(removed, item)
    office.after(HOUR)
    meeting = office.books_in(item, "again")
    office.settles()
    office.online.drags(item, START + DAY)
    office.settles()
    assert office.reads(meeting).window.start == START + DAY
    assert office.reads(removed).window.start == START
    office.online.deletes(item)
    office.settles()
    office.after(GRACE)
    assert office.reads(meeting).is_cancelled
