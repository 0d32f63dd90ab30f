"""An operator is told what is recorded, seen and would be done; nothing is done, and nothing is given away."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from addin.meetings.errors import MeetingNotFound
from addin.meetings.explain import ExplainFollowing
from addin.meetings.model import Meeting
from calendar_sync.items import Unread
from tests.unit.meetings.calendar_desk import GRACE, MAILBOX, OTHER_MAILBOX, CalendarDesk
from tests.unit.meetings.doors import START

DAY = timedelta(days=1)


def explained(office: CalendarDesk, meeting: Meeting) -> dict[str, Any]:
    told = ExplainFollowing(office.desk.ledger, office.looks)(meeting.id)
    # It is printed, so it must be plain.
    return json.loads(json.dumps(told))  # type: ignore[no-any-return]


def would_do(office: CalendarDesk, meeting: Meeting) -> list[str]:
    return [one["what"] for one in explained(office, meeting)["would_do"]]


def test_a_meeting_that_agrees_needs_nothing(office: CalendarDesk) -> None:
    meeting, _ = office.books_and_saves()
    told = explained(office, meeting)
    assert told["would_do"] == []
    assert told["observed"]["item"]["found"]
    assert told["mailbox"]["subscribed"]


def test_what_would_be_done_is_said_with_its_reason_and_not_done(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.drags(item, START + DAY)
    told = explained(office, meeting)
    (would,) = told["would_do"]
    assert would == {"what": "Reschedule", "why": "the item has another time than the meeting"}
    assert office.reads(meeting) == meeting
    assert would_do(office, meeting) == ["Reschedule"]


def test_it_says_why_nothing_can_be_known(office: CalendarDesk) -> None:
    meeting, _ = office.books_and_saves()
    office.online.unreadable[MAILBOX] = Unread.DENIED
    told = explained(office, meeting)
    assert told["observed"]["item"] == {"unreadable": "denied", "retry_after": None}
    assert would_do(office, meeting) == ["Freeze"]


def test_copies_and_missing_items_are_told_apart(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    copied = office.online.copies(item)
    office.online.deletes(item)
    assert would_do(office, meeting) == ["Rebind"]
    copied.created_at -= 2 * GRACE
    assert would_do(office, meeting) == ["Suspect", "HandleCopy"]


def test_no_code_and_no_other_address_is_told(office: CalendarDesk) -> None:
    office.books("other", mailbox=OTHER_MAILBOX)
    meeting, item = office.books_and_saves()
    office.online.copies(item, to=OTHER_MAILBOX)
    told = json.dumps(explained(office, meeting))
    hidden = (meeting.join_code, meeting.start_code, item.id, item.uid, OTHER_MAILBOX)
    assert [word for word in hidden if word in told] == []
    assert MAILBOX in told


def test_a_meeting_that_nobody_knows_is_said_to_be_none(office: CalendarDesk) -> None:
    with pytest.raises(MeetingNotFound):
        ExplainFollowing(office.desk.ledger, office.looks)("0" * 32)
