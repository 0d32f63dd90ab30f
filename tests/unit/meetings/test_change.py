"""Another time, type, variant or unit: link and codes stay, and the room follows only where it must."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from addin.meetings.errors import (
    MeetingChanged,
    MeetingIsCancelled,
    UnknownAudience,
    UnknownUnit,
    UnknownVariant,
)
from addin.meetings.model import Attention, MeetingState
from addin.meetings.notices import NoticeKind
from tests.unit.meetings.desk import REQUEST, WHO, Desk
from tests.unit.meetings.unreliable_provider import Fault

LATER = replace(
    REQUEST.window, start=REQUEST.window.start + timedelta(days=1), end=REQUEST.window.end + timedelta(days=1)
)


def test_link_codes_and_room_stay_when_the_type_changes(desk: Desk) -> None:
    before = desk.books()
    after = desk.change(before, type="information-meeting-patient")

    assert (after.join_code, after.start_code, after.id) == (before.join_code, before.start_code, before.id)
    assert (after.state, after.revision, after.variant) == (MeetingState.LIVE, 2, "group")
    (room,) = desk.rooms(after.id)
    assert [wish for _, wish in desk.provider.rooms.values()] == desk.wishes(after)
    assert room.generation == 1


def test_a_new_time_asks_nothing_of_a_provider_whose_rooms_know_no_time(desk: Desk) -> None:
    before = desk.books()
    calls = desk.provider.calls

    after = desk.change(before, window=LATER)

    assert desk.provider.calls == calls
    assert (after.window, after.previous, after.revision) == (LATER, before.window, 2)
    assert after.state is MeetingState.LIVE


def test_a_new_time_is_told_to_a_provider_whose_rooms_have_one(desk: Desk) -> None:
    desk.provider.capabilities = replace(desk.provider.capabilities, room_has_window=True)
    meeting = desk.change(desk.books(), window=LATER)
    assert [wish.window for _, wish in desk.provider.rooms.values()] == [LATER]
    assert meeting.state is MeetingState.LIVE


def test_the_kept_days_are_counted_from_the_new_end(desk: Desk) -> None:
    meeting = desk.change(desk.books(), window=LATER)
    desk.works_until_settled()
    desk.clock.time = LATER.end + timedelta(days=30) - timedelta(seconds=1)
    desk.sweep()
    assert not desk.reads(meeting.id).is_cancelled


def test_a_new_unit_is_a_new_wish_without_a_call(desk: Desk) -> None:
    before = desk.books()
    calls = desk.provider.calls
    after = desk.change(before, unit="habilitation")
    assert (after.unit, after.revision, desk.provider.calls) == ("habilitation", 2, calls)


def test_a_change_that_changes_nothing_is_no_change(desk: Desk) -> None:
    meeting = desk.books()
    calls = desk.provider.calls
    assert desk.change(meeting, variant=meeting.variant, unit=meeting.unit, window=meeting.window) == meeting
    assert desk.provider.calls == calls


def test_a_change_of_something_older_is_refused_and_nothing_is_written(desk: Desk) -> None:
    seen = desk.books()
    now = desk.change(seen, variant="group")
    with pytest.raises(MeetingChanged):
        desk.change(seen, unit="habilitation")
    assert desk.reads(seen.id) == now


def test_the_room_that_is_read_back_does_not_make_a_users_change_fail(desk: Desk) -> None:
    meeting = desk.books()
    desk.works_until_settled()
    assert desk.change(meeting, variant="group").revision == 2


def test_a_meeting_that_is_being_changed_is_not_shown_as_done(desk: Desk) -> None:
    meeting = desk.books()
    desk.provider.faults.append(Fault.UNAVAILABLE)

    changed = desk.change(meeting, variant="group")

    assert changed.state is MeetingState.WANTED
    desk.works_until_settled()
    assert desk.reads(meeting.id).state is MeetingState.LIVE


def test_a_change_takes_the_reason_of_an_older_failure_away_only_when_it_is_made(desk: Desk) -> None:
    desk.provider.faults.append(Fault.FORBIDDEN)
    meeting = desk.books()
    assert (meeting.state, meeting.attention) == (MeetingState.NEEDS_ATTENTION, Attention.PERMISSION_DENIED)

    changed = desk.change(meeting, variant="group")

    assert (changed.state, changed.attention) == (MeetingState.LIVE, None)


@pytest.mark.parametrize(
    ("change", "failure"), [({"variant": "secret"}, UnknownVariant), ({"unit": "surgery"}, UnknownUnit)]
)
def test_what_does_not_exist_cannot_be_chosen(
    desk: Desk, change: dict[str, Any], failure: type[Exception]
) -> None:
    meeting = desk.books()
    with pytest.raises(failure):
        desk.change(meeting, **change)
    assert desk.reads(meeting.id) == meeting


def test_a_removed_meeting_cannot_be_changed(desk: Desk) -> None:
    meeting = desk.cancel(desk.books())
    with pytest.raises(MeetingIsCancelled):
        desk.change(meeting, variant="group")


def test_who_was_told_is_remembered_with_what_they_were_told(desk: Desk) -> None:
    meeting = desk.books()
    desk.change_meeting.told(meeting.id, "patient", WHO)
    changed = desk.change(meeting, window=LATER)
    desk.change_meeting.told(meeting.id, "staff", WHO)
    told = desk.reads(changed.id).told
    assert {audience: (it.revision, it.start) for audience, it in told.items()} == {
        "patient": (1, meeting.window.start),
        "staff": (2, LATER.start),
    }
    assert desk.reads(changed.id).must_hear == ("patient",)
    with pytest.raises(UnknownAudience):
        desk.change_meeting.told(meeting.id, "everybody", WHO)


def test_who_was_told_before_the_type_had_no_text_for_them_can_be_said_to_have_heard(desk: Desk) -> None:
    meeting = desk.books()
    desk.change_meeting.told(meeting.id, "patient", WHO)
    changed = desk.change(meeting, type="internal-meeting", variant="staff")
    assert desk.reads(changed.id).must_hear == ("patient",)
    desk.change_meeting.told(meeting.id, "patient", WHO)
    assert desk.reads(changed.id).must_hear == ()
    with pytest.raises(UnknownAudience):
        desk.change_meeting.told(meeting.id, "interpreter", WHO)


def test_a_time_that_came_back_needs_no_word(desk: Desk) -> None:
    meeting = desk.books()
    desk.change_meeting.told(meeting.id, "patient", WHO)
    moved = desk.change(meeting, window=LATER)
    back = desk.change(moved, window=meeting.window)
    assert desk.reads(back.id).must_hear == ()


def test_a_text_of_an_earlier_revision_tells_that_one_and_its_people_must_hear_again(desk: Desk) -> None:
    meeting = desk.books()
    moved = desk.change(meeting, window=LATER)
    told = desk.change_meeting.told(meeting.id, "patient", WHO, as_of=meeting.as_told_now)
    assert (told.told["patient"].revision, told.told["patient"].start) == (1, meeting.window.start)
    assert told.must_hear == desk.reads(meeting.id).must_hear == ("patient",)
    assert told.earlier_time("patient") == meeting.window
    # When it was moved there was nobody to tell, and so nobody was mailed.
    notices = desk.ledger.read(lambda reading: reading.notices(meeting.id))
    assert [one.kind for one in notices] == [NoticeKind.RESCHEDULED]
    again = desk.change_meeting.told(meeting.id, "patient", WHO, as_of=moved.as_told_now)
    assert (again.told["patient"].revision, again.must_hear) == (2, ())


def test_older_words_after_newer_ones_must_be_put_right_and_a_repeat_changes_nothing(desk: Desk) -> None:
    meeting = desk.books()
    moved = desk.change(meeting, window=LATER)
    desk.change_meeting.told(meeting.id, "patient", WHO)
    late = desk.change_meeting.told(meeting.id, "patient", WHO, as_of=meeting.as_told_now)
    assert (late.told["patient"].revision, late.must_hear) == (2, ("patient",))
    desk.change_meeting.told(meeting.id, "patient", WHO)
    back = desk.change(moved, window=meeting.window)
    desk.change_meeting.told(meeting.id, "patient", WHO)
    # As an answer that was lost is asked for again, when the meeting has gone away and come back.
    moved = desk.change(back, window=LATER)
    desk.change(moved, window=meeting.window)
    repeated = desk.change_meeting.told(meeting.id, "patient", WHO, as_of=back.as_told_now)
    assert (repeated.told["patient"].revision, repeated.must_hear) == (back.revision, ())


def test_words_of_a_revision_that_the_ledger_does_not_know_are_not_noted(desk: Desk) -> None:
    meeting = desk.books()
    with pytest.raises(MeetingChanged):
        desk.change_meeting.told(
            meeting.id, "patient", WHO, as_of=replace(meeting.as_told_now, revision=meeting.revision + 1)
        )
    assert desk.reads(meeting.id).told == {}


def test_another_unit_makes_what_was_told_untrue_also_when_the_time_is_the_same(desk: Desk) -> None:
    meeting = desk.books()
    desk.change_meeting.told(meeting.id, "patient", WHO)
    changed = desk.change(meeting, unit="habilitation")
    assert desk.reads(changed.id).must_hear == ("patient",)
    assert desk.change_meeting.told(changed.id, "patient", WHO).must_hear == ()


def test_those_who_were_told_must_hear_that_the_meeting_is_cancelled(desk: Desk) -> None:
    meeting = desk.books()
    desk.change_meeting.told(meeting.id, "patient", WHO)
    gone = desk.cancel(meeting)
    assert desk.reads(gone.id).must_hear == ("patient",)
    assert desk.change_meeting.told(gone.id, "patient", WHO).must_hear == ()
