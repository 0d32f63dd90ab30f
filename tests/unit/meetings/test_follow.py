"""Whatever she does to the item, the meeting follows: time, removal, return, and what her people are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from addin.meetings import follow
from addin.meetings.model import CalendarNote, Meeting, MeetingState
from addin.meetings.notices import NoticeKind
from addin.meetings.take_hints import TakeHints
from addin.store import tables
from calendar_sync.calendar import NotUnderstood, Throttled
from calendar_sync.items import ItemRef, Lookup
from tests.unit.meetings.calendar_desk import GRACE, MAILBOX, OTHER_MAILBOX, CalendarDesk
from tests.unit.meetings.doors import END, START
from tests.unit.meetings.office_calendar import OfficeCalendar

PULLED = "david.nystrom@region.example"
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


# --- seen for the first time --------------------------------------------------------------------------------


def test_the_saved_item_is_found_and_holds_the_meeting(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    binding = office.binding(meeting)
    assert (binding.item_id, binding.uid, binding.backend) == (item.id, item.uid, "graph")
    assert not meeting.unbound
    assert office.audited(meeting) == [("bound", None)]
    assert office.found_by() == {"first_look": 1}


def test_the_item_is_tagged_when_nobody_has_it_open_any_more(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    assert item.own_tag is None
    office.comes_to(meeting.created_at + HOUR)
    assert str(item.own_tag) == f"test/{meeting.id}"
    assert office.reads(meeting).revision == 1


def test_what_the_service_has_written_itself_is_no_change_to_look_at(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.desk.clock.time = meeting.created_at + HOUR
    office.rests(delivering=False)
    assert item.own_tag
    assert office.binding(meeting).version == str(item.version)


def test_a_tag_that_somebody_else_was_quicker_than_is_written_later(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.conflicts = 1
    office.comes_to(meeting.created_at + 2 * HOUR)
    assert item.own_tag


def test_a_write_that_keeps_failing_is_tried_ever_more_seldom_and_nothing_is_searched_for_it(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    office.online.unwritable = NotUnderstood()
    office.comes_to(meeting.created_at + timedelta(minutes=16))
    office.online.asked.clear()
    office.comes_to(office.desk.clock.time + HOUR, step=15 * SECOND)
    assert 5 <= office.online.asked.count("write_tag") <= 10
    # The mailbox itself is searched each hour.
    assert office.online.asked.count("find_tagged") <= 2

    office.online.unwritable = None
    office.comes_to(office.desk.clock.time + HOUR)
    assert item.own_tag
    assert office.binding(meeting).attempts == 0


def test_a_calendar_that_takes_no_writes_now_is_not_asked_before_its_time(office: CalendarDesk) -> None:
    meeting, _ = office.books_and_saves()
    office.online.unwritable = Throttled(retry_after=1500)
    office.comes_to(meeting.created_at + timedelta(minutes=16))
    office.online.asked.clear()
    office.comes_to(office.desk.clock.time + timedelta(minutes=20), step=15 * SECOND)
    assert "write_tag" not in office.online.asked


def test_nothing_is_written_where_the_service_may_only_read(read_only: CalendarDesk) -> None:
    meeting, item = read_only.books_and_saves()
    read_only.comes_to(meeting.created_at + 2 * HOUR)
    assert (item.own_tag, item.version) == (None, 1)


def test_of_two_items_with_one_tag_the_first_holds_the_meeting(office: CalendarDesk) -> None:
    meeting = office.books()
    first = office.saves(meeting)
    office.desk.clock.time += SECOND
    office.online.copies(first)
    office.settles()
    assert office.binding(meeting).item_id == first.id


def test_an_item_in_another_mailbox_makes_that_mailbox_the_owner(office: CalendarDesk) -> None:
    meeting = office.books()
    office.books("other", mailbox=OTHER_MAILBOX)
    office.settles()
    window = meeting.window
    office.online.creates(OTHER_MAILBOX, window.start, window.end, office.looks.tag_of(meeting.id))
    office.after(2 * HOUR)
    assert office.reads(meeting).mailbox == OTHER_MAILBOX
    assert not office.reads(meeting).unbound
    # The item is looked for in both from then on.
    assert office.binding(meeting).also == (MAILBOX,)


def test_an_item_in_a_mailbox_of_another_calendar_is_followed_there(office: CalendarDesk) -> None:
    meeting = office.books()
    office.on_premises.mailboxes.add(PULLED)
    office.books("other", mailbox=PULLED)
    office.settles()
    window = meeting.window
    item = office.on_premises.creates(PULLED, window.start, window.end, office.looks.tag_of(meeting.id))
    while office.binding(meeting).mailbox == MAILBOX:
        assert office.desk.clock.time < meeting.created_at + 2 * HOUR
        office.comes_to(office.desk.clock.time + MINUTE, step=SECOND)
    binding = office.binding(meeting)
    assert (binding.mailbox, binding.backend, binding.item_id) == (PULLED, "ews", item.id)
    office.on_premises.drags(item, START + DAY)
    office.after(MINUTE)
    assert office.reads(meeting).window.start == START + DAY


def test_items_for_which_too_little_is_left_of_a_lease_are_followed_with_a_whole_one(
    office: CalendarDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting, item = office.books_and_saves()
    office.online.drags(item, START + DAY)
    office.delivers()
    assert TakeHints(office.desk.ledger).work_once()
    # All the lease there is has gone by when it is granted.
    monkeypatch.setattr(follow, "LEASE_SECONDS", follow.LEASE_RESERVE_SECONDS - 1)
    assert office.items.work_once("graph")
    assert office.reads(meeting).window.start == START
    monkeypatch.undo()
    assert office.items.work_once("graph")
    assert office.reads(meeting).window.start == START + DAY


# --- the time -----------------------------------------------------------------------------------------------


def test_a_dragged_item_takes_the_meeting_along_and_the_link_stays(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    calls = office.desk.provider.calls
    office.online.drags(item, START + DAY)
    office.settles()
    moved = office.reads(meeting)
    assert (moved.window.start, moved.window.end) == (START + DAY, END + DAY)
    assert moved.previous == meeting.window
    assert (moved.join_code, moved.revision) == (meeting.join_code, 2)
    assert office.desk.provider.calls == calls
    assert ("changed", "calendar") in office.audited(meeting)


def test_a_time_between_two_drags_that_nobody_heard_of_is_not_told_as_the_earlier_one(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    office.tells(meeting)
    for days in (1, 2):
        office.online.drags(item, START + days * DAY)
        office.settles()
    office.tells(moved := office.reads(meeting))
    assert office.reads(meeting).earlier_time_of_others == meeting.window

    office.online.drags(item, START)
    office.settles()
    # That one the patient has heard of, and must hear that it is not so.
    assert office.reads(meeting).earlier_time_of_others == moved.window


def test_while_the_time_runs_that_somebody_was_told_she_is_known_to_come_then(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.tells(meeting)
    office.online.drags(item, START + DAY)
    office.settles()
    moved = office.reads(meeting)
    assert moved.known_time("patient", END - SECOND) == meeting.window
    # When it is over nobody waits for it.
    assert moved.known_time("patient", END) == moved.window


def test_a_drag_there_and_back_that_nobody_heard_of_leaves_no_earlier_time(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.tells(meeting)
    for start in (START + DAY, START):
        office.online.drags(item, start)
        office.settles()
    office.tells(office.reads(meeting))
    assert office.reads(meeting).earlier_time_of_others is None


def test_repeated_and_late_hints_change_nothing_more(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.drags(item, START + DAY)
    told = list(office.online.told)
    office.settles()
    asked = len(office.online.asked)
    for _ in range(3):
        office.delivers(told * 3)
        office.settles()
    assert office.reads(meeting).revision == 2
    assert len(office.online.asked) - asked <= 3


def test_a_change_that_no_hint_told_of_is_found_by_the_sweep_and_counted(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.drags(item, START + DAY)
    office.online.told.clear()
    office.after(HOUR)
    assert office.reads(meeting).window.start == START + DAY
    assert office.found_by() == {"first_look": 1, "sweep": 1}


def test_people_who_were_told_must_hear_and_one_mail_is_owed_for_two_drags(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.tells(meeting)
    for days in (1, 2):
        office.online.drags(item, START + days * DAY)
        office.settles()
    assert office.owed(meeting) == [NoticeKind.RESCHEDULED]
    assert office.reads(meeting).must_hear == ("patient",)


def test_an_item_that_is_dragged_back_owes_no_mail(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.tells(meeting)
    for days in (1, 0):
        office.online.drags(item, START + days * DAY)
        office.settles()
    assert office.owed(meeting) == []


def test_nobody_is_mailed_when_nobody_was_told(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.drags(item, START + DAY)
    office.settles()
    assert office.owed(meeting) == []


def test_a_time_that_no_meeting_can_have_leaves_it_its_own_and_is_told_once(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.drags(item, office.desk.clock.time - 2 * DAY)
    office.settles()
    office.after(HOUR)
    held = office.reads(meeting)
    assert held.window == meeting.window
    assert CalendarNote.TIME_UNUSABLE in held.calendar_notes
    assert office.owed(meeting) == [NoticeKind.TIME_UNUSABLE]
    assert [action for action, _ in office.audited(meeting)].count("time_held") == 1

    office.online.drags(item, START + DAY)
    office.settles()
    assert office.reads(meeting).window.start == START + DAY
    assert office.reads(meeting).calendar_notes == frozenset()


def test_a_time_that_no_meeting_can_have_is_found_once(office: CalendarDesk) -> None:
    _, item = office.books_and_saves()
    office.online.resizes(item, START + 3 * DAY)
    office.settles()
    found = office.found_by()
    office.comes_to(office.desk.clock.time + 3 * HOUR, step=HOUR)
    assert office.found_by() == found


def test_what_the_pane_changed_meanwhile_is_not_overwritten(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.drags(item, START + DAY)
    office.delivers()
    original = office.online.look

    def look_while_she_changes_the_unit(refs):  # type: ignore[no-untyped-def]
        office.online.look = original  # type: ignore[method-assign]
        seen = original(refs)
        office.desk.change(office.reads(meeting), unit="habilitation")
        return seen

    office.online.look = look_while_she_changes_the_unit  # type: ignore[method-assign]
    office.settles()
    after = office.reads(meeting)
    assert (after.unit, after.window.start) == ("habilitation", START + DAY)


def test_an_item_on_which_the_calendar_stumbles_does_not_keep_the_others_from_being_followed(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    office.desk.clock.time += SECOND
    _, strange = office.books_and_saves("strange")
    original = office.online.look

    def stumbles(refs: Sequence[ItemRef]) -> Mapping[ItemRef, Lookup]:
        if strange.ref in refs:
            raise ZeroDivisionError
        return original(refs)

    office.online.look = stumbles  # type: ignore[method-assign]
    try:
        office.online.drags(strange, START + DAY)
        office.online.drags(item, START + DAY)
        office.settles()
    finally:
        office.online.look = original  # type: ignore[method-assign]
    assert office.reads(meeting).window.start == START + DAY


def test_a_fault_that_several_items_share_is_told_once_and_how_many_they_were(
    office: CalendarDesk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(4):
        office.books_and_saves(f"key-{number}")
        office.desk.clock.time += SECOND
    office.desk.clock.time += DAY

    def stumbles(_calendar: OfficeCalendar, _refs: Sequence[ItemRef]) -> Mapping[ItemRef, Lookup]:
        raise ZeroDivisionError

    monkeypatch.setattr(OfficeCalendar, "look", stumbles)
    office.items.work_once("graph")
    told = [(one.message, getattr(one, "count", None)) for one in caplog.records]
    assert told == [("item_not_read", None), ("items_not_read", 4)]


def test_a_fault_that_shows_only_when_items_are_asked_for_together_is_told(
    office: CalendarDesk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    office.books_and_saves()
    office.desk.clock.time += SECOND
    meeting, item = office.books_and_saves("another")
    original = OfficeCalendar.look

    def stumbles(calendar: OfficeCalendar, refs: Sequence[ItemRef]) -> Mapping[ItemRef, Lookup]:
        if len(refs) > 1:
            raise ZeroDivisionError
        return original(calendar, refs)

    monkeypatch.setattr(OfficeCalendar, "look", stumbles)
    office.online.drags(item, START + DAY)
    office.desk.clock.time += DAY
    office.items.work_once("graph")
    assert [(one.message, bool(one.exc_info)) for one in caplog.records] == [("items_not_read", True)]
    assert office.reads(meeting).window.start == START + DAY


def test_a_fault_with_an_item_that_another_looks_at_by_now_stops_nothing(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()

    def somebody_else_begins_anew() -> None:
        office.desk.ledger.write(lambda writing: writing.block_is_old(meeting.id, None))
        raise ZeroDivisionError

    office.online.afterwards = somebody_else_begins_anew
    office.comes_to(meeting.created_at + HOUR)
    assert (item.own_tag, office.binding(meeting).tag_written) == (item.tag, True)


def test_somebody_s_other_appointment_that_is_deleted_costs_no_search(office: CalendarDesk) -> None:
    office.books_and_saves()
    other = office.online.creates(MAILBOX, START, END)
    office.settles()
    office.online.asked.clear()
    office.online.deletes(other)
    office.settles()
    assert office.online.asked == []


def test_until_it_is_rebuilt_a_restored_ledger_concludes_nothing_and_writes_into_no_item(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    office.desk.restores_a_backup()
    copied = office.online.copies(item, start=START + DAY)
    office.online.drags(item, START + HOUR)
    office.comes_to(office.desk.clock.time + HOUR)
    assert (copied.block, item.own_tag, office.reads(meeting).window.start) == (meeting.id, None, START)
    office.desk.ledger.write(lambda writing: writing.unfreeze())
    office.comes_to(office.desk.clock.time + 2 * HOUR)
    assert (copied.block, item.own_tag) == (None, item.tag)
    assert office.reads(meeting).window.start == START + HOUR


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2027, 3, 27, 23, tzinfo=UTC), datetime(2027, 3, 28, 22, tzinfo=UTC)),
        (datetime(2027, 10, 30, 22, tzinfo=UTC), datetime(2027, 10, 31, 23, tzinfo=UTC)),
    ],
    ids=["the day of 23 hours", "the day of 25 hours"],
)
def test_an_item_of_a_whole_day_on_which_the_clocks_change_is_followed(
    office: CalendarDesk, start: datetime, end: datetime
) -> None:
    meeting, item = office.books_and_saves()
    item.start, item.end, item.all_day = start, end, True
    office.online.resizes(item, end)
    office.settles()
    assert (office.reads(meeting).window.start, office.reads(meeting).window.end) == (start, end)


def test_another_zone_of_the_same_clock_is_not_another_zone(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    item.zone = "Europe/Berlin"
    office.online.drags(item, START + DAY)
    office.settles()
    assert office.reads(meeting).window.zone == "Europe/Stockholm"
    item.zone = "Europe/Helsinki"
    office.online.drags(item, START + 2 * DAY)
    office.settles()
    assert office.reads(meeting).window.zone == "Europe/Helsinki"


# --- gone and back ------------------------------------------------------------------------------------------


def test_a_deleted_item_ends_its_meeting_when_it_is_still_gone_after_the_grace(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.tells(meeting)
    office.online.deletes(item)
    office.settles()
    doubtful = office.reads(meeting)
    assert not doubtful.is_cancelled
    assert CalendarNote.PERHAPS_CANCELLED in doubtful.calendar_notes
    since = office.binding(meeting).gone_since
    assert since

    office.comes_to(since + GRACE - SECOND, step=timedelta(minutes=1))
    office.comes_to(since + GRACE + 20 * SECOND)
    gone = office.reads(meeting)
    assert gone.state is MeetingState.CANCELLED
    assert office.desk.provider.rooms == {}
    assert gone.calendar_notes == {CalendarNote.ENDED_WITH_ITEM}
    assert office.owed(meeting) == [NoticeKind.CANCELLED]
    assert ("cancelled", "item_gone") in office.audited(meeting)


@pytest.mark.parametrize("since", [timedelta(0), timedelta(minutes=20), timedelta(hours=3)])
def test_an_item_that_is_tidied_away_once_its_time_has_come_ends_nothing(
    office: CalendarDesk, since: timedelta
) -> None:
    meeting, item = office.books_and_saves()
    office.comes_to(START + since, step=6 * HOUR)
    office.online.deletes(item)
    office.rests()
    office.after(timedelta(hours=1))
    kept = office.reads(meeting)
    assert not kept.is_cancelled
    assert CalendarNote.PERHAPS_CANCELLED not in kept.calendar_notes


def test_a_meeting_that_a_host_has_started_is_not_ended_by_its_item(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.comes_to(START - timedelta(minutes=12), step=6 * HOUR)
    office.online.deletes(item)
    office.rests()
    assert CalendarNote.PERHAPS_CANCELLED in office.reads(meeting).calendar_notes
    office.desk.ledger.write(lambda writing: writing.host_started(meeting.id, office.desk.clock.now()))
    office.after(timedelta(minutes=11))
    kept = office.reads(meeting)
    assert not kept.is_cancelled
    assert CalendarNote.PERHAPS_CANCELLED not in kept.calendar_notes


def test_a_meeting_that_was_started_in_vain_and_moved_to_later_that_day_ends_with_its_item(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    office.comes_to(START, step=6 * HOUR)
    office.desk.ledger.write(lambda writing: writing.host_started(meeting.id, office.desk.clock.now()))
    office.online.drags(item, START + 6 * HOUR)
    office.settles()
    office.after(2 * HOUR)
    office.online.deletes(item)
    office.settles()
    office.after(2 * GRACE)
    assert office.reads(meeting).state is MeetingState.CANCELLED


def test_an_item_that_is_back_within_the_grace_ends_nothing(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    calls = office.desk.provider.calls
    office.online.deletes(item)
    office.settles()
    office.online.restores(item)
    office.after(2 * GRACE)
    assert office.reads(meeting).calendar_notes == frozenset()
    assert office.reads(meeting).revision == 1
    assert office.desk.provider.calls == calls


def test_a_restored_item_revives_its_meeting_under_the_same_link(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.deletes(item)
    office.settles()
    office.after(GRACE)
    assert office.reads(meeting).state is MeetingState.CANCELLED

    office.online.restores(item)
    office.settles()

    back = office.reads(meeting)
    assert back.state is MeetingState.LIVE
    assert (back.join_code, back.start_code) == (meeting.join_code, meeting.start_code)
    assert back.calendar_notes == frozenset()
    assert [room.generation for room in office.desk.rooms(meeting.id)] == [1, 2]
    assert len(office.desk.there(meeting)) == 1


def test_a_restored_item_that_was_booked_again_keeps_its_new_meeting(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves(item_id="outlook-id")
    office.online.deletes(item)
    office.settles()
    office.after(GRACE)
    again = office.books("again", item_id="outlook-id")
    item.pane_tag = office.looks.tag_of(meeting.id)
    item.own_tag = None
    office.online.restores(item)
    office.settles()
    assert office.reads(meeting).is_cancelled
    assert not office.reads(again).is_cancelled


def test_a_meeting_that_she_removed_herself_stays_removed(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.desk.cancel(meeting)
    assert office.reads(meeting).is_cancelled
    office.online.drags(item, START + DAY)
    office.after(2 * HOUR)
    office.online.deletes(item)
    office.settles()
    office.online.restores(item)
    office.settles()
    assert office.reads(meeting).is_cancelled
    assert office.reads(meeting).window == meeting.window


def test_a_meeting_that_had_ended_with_its_item_and_was_then_removed_never_comes_back(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    office.online.deletes(item)
    office.settles()
    office.after(GRACE)
    assert office.reads(meeting).calendar_notes == {CalendarNote.ENDED_WITH_ITEM}

    assert office.desk.cancel(meeting).calendar_notes == frozenset()
    office.online.restores(item)
    office.after(2 * HOUR)
    removed = office.reads(meeting)
    assert (removed.is_cancelled, removed.calendar_notes) == (True, frozenset())
    assert office.desk.provider.rooms == {}


def test_a_removal_wins_over_a_look_that_sees_the_item_back_meanwhile(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.deletes(item)
    office.settles()
    office.after(GRACE)
    office.online.restores(item)

    def she_removes_it() -> None:
        office.desk.cancel(meeting)

    office.online.before_answering = she_removes_it
    office.after(HOUR)
    assert office.online.before_answering is None
    assert office.reads(meeting).is_cancelled


def test_an_item_without_its_tags_is_known_by_its_uid(office: CalendarDesk) -> None:
    meeting = office.books(mailbox="david.nystrom@region.example")
    item = office.saves(meeting, office.on_premises)
    office.after(timedelta(minutes=1))
    office.on_premises.loses_tags(item)
    office.on_premises.moves_to_another_calendar(item)
    office.after(3 * GRACE)
    assert office.binding(meeting).item_id == item.id
    assert not office.reads(meeting).is_cancelled


# --- never seen ---------------------------------------------------------------------------------------------


def test_a_meeting_whose_item_was_never_saved_goes_after_a_day(office: CalendarDesk) -> None:
    meeting = office.books()
    office.settles()
    office.comes_to(meeting.created_at + DAY - SECOND, step=6 * HOUR)
    assert not office.reads(meeting).is_cancelled
    office.comes_to(meeting.created_at + DAY + 20 * SECOND)
    assert office.reads(meeting).state is MeetingState.CANCELLED
    assert ("cancelled", "unbound") in office.audited(meeting)


def test_a_meeting_whose_item_was_never_saved_goes_when_it_begins(office: CalendarDesk) -> None:
    office.desk.clock.time = START - HOUR
    meeting = office.books()
    office.comes_to(START - SECOND)
    assert not office.reads(meeting).is_cancelled
    office.comes_to(START + 20 * SECOND)
    assert office.reads(meeting).is_cancelled


@pytest.mark.parametrize("before", [3 * DAY, HOUR], ids=["after a day", "at its start"])
def test_a_mail_tells_of_a_meeting_that_goes_unsaved_though_somebody_has_its_link(
    office: CalendarDesk, before: timedelta
) -> None:
    office.desk.clock.time = START - before
    meeting = office.books()
    office.settles()
    office.tells(meeting)
    office.comes_to(min(meeting.created_at + DAY, START) + 20 * SECOND, step=8 * HOUR)
    after = office.reads(meeting)
    assert (after.is_cancelled, after.must_hear) == (True, ("patient",))
    assert office.owed(meeting) == [NoticeKind.CANCELLED]
    office.saves(meeting)
    office.settles()
    assert (office.reads(meeting).is_cancelled, office.owed(meeting)) == (False, [])


def test_an_item_that_is_saved_after_all_gets_its_meeting_back(office: CalendarDesk) -> None:
    meeting = office.books()
    office.comes_to(meeting.created_at + DAY + 20 * SECOND, step=8 * HOUR)
    assert office.reads(meeting).is_cancelled
    office.saves(meeting)
    office.settles()
    assert office.reads(meeting).state is MeetingState.LIVE
    assert not office.reads(meeting).unbound


def test_a_clicked_item_is_looked_at_at_once(office: CalendarDesk) -> None:
    meeting = office.books()
    office.settles()
    item = office.saves(meeting)
    office.online.told.clear()
    office.opens(meeting, item)
    office.settles(delivering=False)
    assert office.binding(meeting).item_id == item.id
    assert office.found_by() == {"click": 1}


def test_an_id_alone_binds_nothing(office: CalendarDesk) -> None:
    meeting = office.books()
    office.settles()
    foreign = office.online.creates(MAILBOX, START, END)
    office.opens(meeting, foreign)
    office.settles()
    assert office.binding(meeting).uid is None


def test_the_last_look_is_ten_minutes_before_the_start(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.comes_to(START - timedelta(minutes=11), step=DAY)
    office.online.drags(item, START + HOUR)
    office.online.told.clear()
    office.comes_to(START - timedelta(minutes=9), step=timedelta(seconds=10))
    assert office.reads(meeting).window.start == START + HOUR


def bears_the_first_wording(office: CalendarDesk, meeting: Meeting) -> None:
    """Let the item be from before the block left the time to the item."""
    rows = update(tables.bindings).where(tables.bindings.c.meeting_id == meeting.id)
    with office.desk.ledger.engine.begin() as connection:
        connection.execute(rows.values(block_tells_time=True))


def test_a_block_that_tells_the_time_is_rewritten_once_when_the_item_gets_another(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    bears_the_first_wording(office, meeting)
    office.after(timedelta(minutes=20))
    assert "replace_block" not in office.online.asked
    office.online.drags(item, START + timedelta(days=1))
    office.settles()
    assert office.online.asked.count("replace_block") == 1
    assert office.reads(meeting).window.start == START + timedelta(days=1)
    office.online.drags(item, START + timedelta(days=2))
    office.settles()
    assert office.online.asked.count("replace_block") == 1


def test_a_block_that_tells_no_time_is_not_read_after_a_drag(office: CalendarDesk) -> None:
    _, item = office.books_and_saves()
    office.online.drags(item, START + timedelta(days=1))
    office.after(timedelta(minutes=20))
    assert "replace_block" not in office.online.asked


def test_nobody_who_is_invited_is_mailed_a_new_block(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    bears_the_first_wording(office, meeting)
    office.online.invites(item)
    office.online.drags(item, START + timedelta(days=1))
    office.after(timedelta(minutes=20))
    assert "replace_block" not in office.online.asked


def test_a_block_stays_as_it_is_where_nothing_may_be_written(read_only: CalendarDesk) -> None:
    meeting, item = read_only.books_and_saves()
    bears_the_first_wording(read_only, meeting)
    read_only.online.drags(item, START + timedelta(days=1))
    read_only.after(timedelta(minutes=20))
    assert read_only.online.asked.count("replace_block") == 0
    assert not read_only.binding(meeting).block_due
