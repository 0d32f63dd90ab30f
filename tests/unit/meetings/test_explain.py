"""An operator is told what is recorded, seen and would be done; nothing is done, and nothing is given away."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from addin.meetings.errors import MeetingNotFound
from addin.meetings.explain import ExplainFollowing
from addin.meetings.model import Meeting
from addin.store import tables
from calendar_sync.items import Unread
from calendar_sync.series import Occurrence
from tests.unit.meetings.calendar_desk import GRACE, MAILBOX, OTHER_MAILBOX, CalendarDesk
from tests.unit.meetings.doors import START
from tests.unit.meetings.test_follow_series import WEEKLY, weekly

DAY = timedelta(days=1)


def explain(office: CalendarDesk) -> ExplainFollowing:
    return ExplainFollowing(office.desk.ledger, office.looks, office.desk.plans.types)


def explained(office: CalendarDesk, meeting: Meeting) -> dict[str, Any]:
    told = explain(office)(meeting.id)
    # It is printed, so it must be plain.
    return json.loads(json.dumps(told))  # type: ignore[no-any-return]


def would_do(office: CalendarDesk, meeting: Meeting) -> list[str]:
    return [one["what"] for one in explained(office, meeting)["would_do"]]


def test_a_meeting_that_agrees_needs_nothing(office: CalendarDesk) -> None:
    meeting, _ = office.books_and_saves()
    told = explained(office, meeting)
    assert told["would_do"] == []
    assert told["why"] == "item and meeting agree"
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


def test_a_meeting_whose_time_was_taken_out_of_its_series_waits_for_that(office: CalendarDesk) -> None:
    meeting, item = weekly(office, one_link=False)
    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({START.date()})))
    office.settles()
    office.after(GRACE)
    assert office.reads(meeting).is_cancelled
    told = explained(office, meeting)
    assert told["would_do"] == []
    assert "lives again if that comes back" in told["why"]


def test_a_time_that_is_put_back_revives_no_meeting_whose_item_holds_another(office: CalendarDesk) -> None:
    meeting, item = weekly(office, one_link=False)
    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({START.date()})))
    office.settles()
    office.after(GRACE)
    office.books_in(item, "again")
    office.online.repeats(item, WEEKLY)
    told = explained(office, meeting)
    assert (told["would_do"], "another meeting was booked" in told["why"]) == ([], True)


def test_of_a_series_with_a_time_that_no_meeting_can_have_the_meeting_s_own_is_kept(
    office: CalendarDesk,
) -> None:
    meeting, item = weekly(office)
    office.online.repeats(item, replace(WEEKLY, moved=(Occurrence(START, START, START + 3 * DAY),)))
    assert would_do(office, meeting) == ["KeepTime"]


def waited_for(office: CalendarDesk, meeting: Meeting) -> str:
    """Return why nothing is done yet, which names when the grace period ends."""
    told = explained(office, meeting)
    since = office.binding(meeting).gone_since
    assert since is not None
    assert told["would_do"] == []
    assert (since + GRACE).isoformat() in told["why"]
    return str(told["why"])


def test_what_is_waited_for_is_said_until_it_is_over(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.deletes(item)
    office.rests()
    assert waited_for(office, meeting).startswith("the item was not found")
    office.desk.clock.time += GRACE
    assert would_do(office, meeting) == ["Cancel"]
    office.after(GRACE)
    assert "lives again if that comes back" in explained(office, meeting)["why"]


def test_a_meeting_that_went_unsaved_is_not_said_to_have_ended_with_an_item(office: CalendarDesk) -> None:
    meeting = office.books()
    office.comes_to(meeting.created_at + timedelta(hours=24, seconds=20), step=timedelta(hours=8))
    assert office.reads(meeting).is_cancelled
    assert explained(office, meeting)["why"].startswith("no item with the meeting's tag was seen")


def test_the_one_time_that_the_meeting_is_is_missed_though_its_series_is_there(office: CalendarDesk) -> None:
    meeting, item = weekly(office, one_link=False)
    first = START.astimezone(ZoneInfo("Europe/Stockholm")).date()
    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({first})))
    assert would_do(office, meeting) == ["Suspect"]
    office.rests()
    assert waited_for(office, meeting).startswith("the one time that the meeting is was taken out")
    office.desk.clock.time += GRACE
    assert would_do(office, meeting) == ["Cancel"]
    office.after(GRACE)
    assert explained(office, meeting)["would_do"] == []


def test_an_item_that_is_tidied_away_when_the_meeting_has_begun_is_not_said_to_be_back(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    office.online.deletes(item)
    office.desk.clock.time = START + timedelta(minutes=5)
    assert "has begun" in explained(office, meeting)["why"]


def test_an_item_that_was_shortened_when_the_visit_was_over_is_not_said_to_agree(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    office.online.resizes(item, START + timedelta(minutes=20))
    office.desk.clock.time = START + timedelta(minutes=20)
    assert explained(office, meeting)["why"].startswith("the meeting has begun")


def test_an_item_that_was_missed_before_a_host_started_the_meeting_is_not_said_to_be_back(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    office.online.deletes(item)
    office.rests()
    begun = office.desk.clock.time = START - timedelta(minutes=5)
    office.desk.ledger.write(lambda writing: writing.host_started(meeting.id, begun))
    (would,) = explained(office, meeting)["would_do"]
    assert would["what"] == "Trust"
    assert "has begun" in would["why"]


def test_a_copy_is_seen_to_while_the_series_lacks_the_meeting_s_time(office: CalendarDesk) -> None:
    meeting, item = weekly(office, one_link=False)
    office.online.copies(item)
    # As a notification leaves it when the mailbox has been read.
    with office.desk.ledger.engine.begin() as connection:
        connection.execute(tables.bindings.update().values(look_tagged=True))
    first = START.astimezone(ZoneInfo("Europe/Stockholm")).date()
    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({first})))
    assert would_do(office, meeting) == ["HandleCopy", "Suspect"]


def test_an_item_that_nobody_has_seen_is_waited_for(office: CalendarDesk) -> None:
    meeting = office.books()
    office.settles()
    assert explained(office, meeting)["why"].startswith("no item with the meeting's tag has been seen")


def test_an_item_that_has_not_arrived_with_its_mailbox_is_not_said_to_be_readable_again(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    office.online.is_migrated_to(office.on_premises, MAILBOX)
    item.in_trash = True
    office.after(timedelta(hours=1))
    told = explained(office, meeting)
    assert told["would_do"] == []
    assert told["why"].startswith("the mailbox has gone to another calendar, in which the item is not found")
    assert "until it is" in told["why"]


@pytest.mark.parametrize("looks_since", [False, True])
def test_an_item_that_has_not_arrived_is_waited_for_no_more_when_its_meeting_was_removed(
    office: CalendarDesk, looks_since: bool
) -> None:
    meeting, item = office.books_and_saves()
    office.online.is_migrated_to(office.on_premises, MAILBOX)
    item.in_trash = True
    office.after(timedelta(hours=1))
    office.desk.cancel(meeting)
    if looks_since:
        office.after(timedelta(hours=1))
    told = explained(office, meeting)
    assert told["would_do"] == []
    assert "looked for no more" in told["why"]


def test_a_calendar_that_was_taken_out_of_the_settings_is_named_and_not_asked(office: CalendarDesk) -> None:
    meeting, _ = office.books_and_saves()
    office.left_out = frozenset({"graph", "ews"})
    told = explained(office, meeting)
    assert told["would_do"] == []
    assert told["why"].startswith("nobody follows this meeting any more: calendars.access is none")
    assert "[calendars.graph]" in told["why"]


def test_it_says_why_nothing_can_be_known(office: CalendarDesk) -> None:
    meeting, _ = office.books_and_saves()
    office.online.unreadable[MAILBOX] = Unread.DENIED
    told = explained(office, meeting)
    assert told["observed"]["item"] == {"unreadable": "denied", "retry_after": None}
    (freeze,) = told["would_do"]
    assert freeze["what"] == "Freeze"
    assert "does not let the service into the mailbox" in freeze["why"]


def test_a_mailbox_that_no_calendar_has_is_said_to_be_gone_and_not_subscribed(office: CalendarDesk) -> None:
    meeting, _ = office.books_and_saves()
    office.online.unreadable[MAILBOX] = Unread.MAILBOX_MISSING
    office.comes_to(office.desk.clock.time + timedelta(hours=2), step=timedelta(hours=1))
    told = explained(office, meeting)
    assert (told["mailbox"]["calendar"], told["mailbox"]["subscribed"]) == (None, False)
    assert "its owner left, or it has another one now" in told["would_do"][0]["why"]


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
        explain(office)("0" * 32)
