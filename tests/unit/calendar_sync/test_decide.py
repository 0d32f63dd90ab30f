"""What a meeting does when its calendar item is seen, missed, copied, moved or cannot be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from calendar_sync.decide import (
    Bind,
    Binding,
    Cancel,
    FollowSeries,
    Freeze,
    HandleCopy,
    Intent,
    KeepTime,
    Observed,
    Rebind,
    Recorded,
    Reschedule,
    Returned,
    Revive,
    Suspect,
    Taken,
    Thaw,
    Trust,
    Unusable,
    decide,
)
from calendar_sync.items import Found, Gone, ItemRef, Kind, Lookup, Snapshot, Tag, Unread, Unreadable
from calendar_sync.series import Series

NOW: Final = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
START: Final = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
GRACE: Final = timedelta(minutes=10)
MAILBOX: Final = "anna.lindgren@region.example"
TAG: Final = Tag("region-test", "a" * 32)
ITEM: Final = Snapshot(
    ItemRef(MAILBOX, "item-1"),
    "uid-1",
    "v1",
    START,
    START + HOUR,
    "Europe/Stockholm",
    created_at=NOW - HOUR,
    tag=TAG,
)
COPY: Final = replace(ITEM, ref=ItemRef(MAILBOX, "item-2"), uid="uid-2", created_at=NOW)
RECORDED: Final = Recorded(TAG, MAILBOX, is_live=True, start=START, end=START + HOUR)
BOUND: Final = replace(RECORDED, binding=Binding(ITEM.ref, ITEM.uid))
SERIES: Final = Series("FREQ=WEEKLY;COUNT=4", START, "Europe/Stockholm", HOUR)


def seen(
    recorded: Recorded,
    item: Lookup | None = None,
    tagged: tuple[Snapshot, ...] | Unreadable | None = None,
    at: datetime = NOW,
) -> list[Intent]:
    return decide(recorded, Observed(at, item, tagged), GRACE)


def test_an_item_that_agrees_changes_nothing_however_often_it_was_touched() -> None:
    assert seen(BOUND, Found(replace(ITEM, version="v99"))) == []


def test_the_first_sighting_binds_the_item() -> None:
    assert seen(RECORDED, tagged=(ITEM,)) == [Bind(ITEM)]


def test_of_an_item_and_its_copy_the_older_holds_the_meeting() -> None:
    assert seen(RECORDED, tagged=(COPY, ITEM)) == [Bind(ITEM), HandleCopy(COPY)]


def test_an_unseen_item_leaves_an_unbound_meeting_alone() -> None:
    assert seen(RECORDED, tagged=()) == []


def test_an_item_that_was_saved_too_late_gives_its_meeting_its_life_back() -> None:
    ended = replace(RECORDED, is_live=False, ended_by_calendar=True)
    assert seen(ended, tagged=(ITEM,)) == [Bind(ITEM), Revive()]
    assert seen(replace(ended, ended_by_calendar=False), tagged=(ITEM,)) == [Bind(ITEM)]


def test_a_meeting_is_bound_to_one_time_of_a_series_only_where_that_is_known_and_nothing_whole_is_there() -> (
    None
):
    one_time = replace(ITEM, kind=Kind.OCCURRENCE, created_at=NOW - 2 * HOUR)
    assert seen(RECORDED, tagged=(one_time,)) == []
    known = replace(one_time, original_start=START)
    assert seen(RECORDED, tagged=(known,)) == [Bind(known)]
    assert seen(RECORDED, tagged=(known, ITEM)) == [Bind(ITEM)]


def test_a_dragged_item_moves_the_meeting() -> None:
    later = replace(ITEM, start=START + HOUR, end=START + 2 * HOUR)
    assert seen(BOUND, Found(later)) == [Reschedule(later.start, later.end, "Europe/Stockholm")]


@pytest.mark.parametrize("end", [NOW - HOUR, NOW])
def test_a_time_that_is_over_leaves_the_meeting_its_own(end: datetime) -> None:
    over = replace(ITEM, start=end - HOUR, end=end)
    assert seen(BOUND, Found(over)) == [KeepTime(Unusable.OVER)]


def test_who_notes_afterwards_when_the_visit_was_is_not_asked_to_mend_it() -> None:
    shorter = replace(ITEM, end=START + HOUR / 2)
    assert seen(BOUND, Found(shorter), at=START + HOUR / 2) == []
    assert seen(BOUND, Found(replace(ITEM, start=START - HOUR, end=START)), at=START + 5 * HOUR) == []


def test_a_day_of_twenty_five_hours_is_a_day_and_two_days_are_too_long() -> None:
    day = replace(ITEM, start=START, end=START + timedelta(hours=25), all_day=True)
    assert seen(BOUND, Found(day)) == [Reschedule(day.start, day.end, day.zone)]
    assert seen(BOUND, Found(replace(day, end=day.end + HOUR))) == [KeepTime(Unusable.TOO_LONG)]


def test_an_item_that_ends_when_it_begins_leaves_the_meeting_its_time() -> None:
    assert seen(BOUND, Found(replace(ITEM, end=START))) == [KeepTime(Unusable.EMPTY)]


@pytest.mark.parametrize(
    ("length", "reason"), [(timedelta(), Unusable.EMPTY), (timedelta(days=2), Unusable.TOO_LONG)]
)
def test_a_series_of_times_that_no_meeting_can_have_leaves_the_meeting_its_own(
    length: timedelta, reason: Unusable
) -> None:
    series = Series("FREQ=WEEKLY;COUNT=4", START, "Europe/Stockholm", length)
    item = replace(ITEM, kind=Kind.MASTER, end=START + length, series=series)
    assert seen(BOUND, Found(item)) == [KeepTime(reason)]


def test_an_item_that_is_gone_is_first_only_suspected() -> None:
    assert seen(BOUND, Gone(), ()) == [Suspect()]


def test_gone_before_the_grace_is_over_waits() -> None:
    suspected = replace(BOUND, gone_since=NOW)
    assert seen(suspected, Gone(), (), NOW + GRACE - timedelta(seconds=1)) == []
    assert seen(suspected, Gone(), (), NOW + GRACE) == [Cancel()]


def test_what_was_missed_in_time_is_called_off_also_when_that_is_confirmed_during_the_visit() -> None:
    missed = replace(BOUND, gone_since=START - GRACE)
    assert seen(missed, Gone(), (), at=START) == [Cancel()]


def test_of_a_meeting_that_has_ended_nothing_is_missed() -> None:
    ended = replace(BOUND, is_live=False, ended_by_calendar=True)
    assert seen(ended, Gone(), ()) == []


def test_who_tidies_her_calendar_during_or_after_a_visit_does_not_call_it_off() -> None:
    assert seen(BOUND, Gone(), (), START) == []
    assert seen(replace(BOUND, gone_since=START + HOUR), Gone(), (), START + 2 * HOUR) == [Trust()]
    started = replace(BOUND, call_may_run=True)
    assert seen(started, Gone(), ()) == []
    assert seen(replace(started, gone_since=NOW), Gone(), (), NOW + GRACE) == [Trust()]


def test_gone_is_not_believed_until_it_was_looked_for_by_its_tag() -> None:
    assert seen(BOUND, Gone()) == []
    assert seen(replace(BOUND, gone_since=NOW), Gone(), None, NOW + GRACE) == []


def test_what_cannot_be_read_never_ends_a_meeting() -> None:
    suspected = replace(BOUND, gone_since=NOW - HOUR)
    for reason in Unread:
        unreadable = Unreadable(reason, 7.0)
        assert seen(suspected, unreadable) == [Freeze(reason, 7.0)]
        assert seen(suspected, Gone(), unreadable) == [Freeze(reason, 7.0)]
        assert seen(RECORDED, None, unreadable) == [Freeze(reason, 7.0)]


def test_an_item_that_was_found_is_followed_though_nothing_else_could_be_searched() -> None:
    later = replace(ITEM, start=START + HOUR, end=START + 2 * HOUR)
    assert seen(BOUND, Found(later), Unreadable(Unread.UNREACHABLE)) == [
        Reschedule(later.start, later.end, later.zone)
    ]


def test_an_item_goes_on_in_another_mailbox_only_when_its_own_is_gone() -> None:
    there = replace(ITEM, ref=replace(ITEM.ref, mailbox="anna.berg@region.example"))
    gone = Unreadable(Unread.MAILBOX_MISSING)
    assert seen(BOUND, gone, (there,)) == [Bind(there)]
    for reason in set(Unread) - {Unread.MAILBOX_MISSING}:
        assert seen(BOUND, Unreadable(reason), (there,)) == [Freeze(reason)]
    # An attendee's item has the same UID and decides nothing.
    assert seen(BOUND, gone, (replace(there, is_organiser=False),)) == [Freeze(Unread.MAILBOX_MISSING)]


def test_a_mailbox_that_can_be_read_again_thaws() -> None:
    assert seen(replace(BOUND, is_frozen=True), Found(ITEM)) == [Thaw()]


def test_an_item_that_comes_back_within_the_grace_is_trusted() -> None:
    assert seen(replace(BOUND, gone_since=NOW), Found(ITEM)) == [Trust()]


def test_an_item_moved_to_another_calendar_is_the_same_item() -> None:
    moved = replace(ITEM, ref=ItemRef(MAILBOX, "item-9"))
    assert seen(BOUND, Gone(), (moved,)) == [Bind(moved)]


def test_a_restored_item_gives_the_meeting_its_life_back() -> None:
    ended = replace(BOUND, is_live=False, ended_by_calendar=True, gone_since=NOW - HOUR)
    assert seen(ended, Gone(), (ITEM,)) == [Trust(), Revive()]


def test_a_restored_item_with_another_time_also_moves_the_meeting() -> None:
    ended = replace(BOUND, is_live=False, ended_by_calendar=True)
    later = replace(ITEM, start=START + HOUR, end=START + 2 * HOUR)
    assert seen(ended, Found(later)) == [Revive(), Reschedule(later.start, later.end, later.zone)]


def test_a_meeting_that_somebody_took_away_stays_away() -> None:
    assert seen(replace(BOUND, is_live=False), Found(ITEM), (ITEM, COPY)) == [HandleCopy(COPY)]
    assert seen(replace(RECORDED, is_live=False), None, (ITEM,)) == [Bind(ITEM)]
    later = replace(ITEM, start=START + HOUR, end=START + 2 * HOUR)
    assert seen(replace(BOUND, is_live=False), Found(later)) == []


def test_of_a_meeting_that_was_taken_away_unseen_what_is_not_its_item_is_a_copy() -> None:
    removed = replace(RECORDED, is_live=False)
    older = replace(COPY, created_at=NOW - 2 * HOUR)
    assert seen(removed, Found(ITEM), (ITEM, older)) == [Bind(ITEM), HandleCopy(older)]
    cleaned = replace(ITEM, tag=None)
    assert seen(removed, Found(cleaned), (COPY,)) == [HandleCopy(COPY)]
    assert seen(removed, Gone(), (COPY,)) == [HandleCopy(COPY)]
    one_time = replace(ITEM, kind=Kind.OCCURRENCE, uid="uid-1-20270301")
    assert seen(removed, Found(one_time), (ITEM,)) == [Bind(ITEM)]


@pytest.mark.parametrize("moot", [replace(COPY, is_cancelled=True), replace(COPY, kind=Kind.OCCURRENCE)])
def test_what_is_cancelled_or_a_time_of_a_series_is_no_copy(moot: Snapshot) -> None:
    assert seen(BOUND, Found(ITEM), (ITEM, moot)) == []
    assert seen(BOUND, Gone(), (moot,)) == [Suspect()]


def test_a_copy_is_handled_once() -> None:
    assert seen(BOUND, Found(ITEM), (ITEM, COPY)) == [HandleCopy(COPY)]
    assert seen(replace(BOUND, known_copies=frozenset({COPY.uid})), Found(ITEM), (ITEM, COPY)) == []


def test_a_copy_never_takes_over_from_an_original_that_is_gone() -> None:
    older = replace(COPY, created_at=NOW - GRACE - timedelta(seconds=1))
    assert seen(BOUND, Gone(), (older,)) == [Suspect(), HandleCopy(older)]
    unknown = replace(COPY, created_at=None)
    assert seen(BOUND, Gone(), (unknown,)) == [Suspect(), HandleCopy(unknown)]


@pytest.mark.parametrize("missed", [None, NOW - GRACE / 2])
def test_an_item_that_was_cut_lives_on_in_what_was_pasted(missed: datetime | None) -> None:
    assert seen(replace(BOUND, gone_since=missed), Gone(), (COPY,)) == [Rebind(COPY)]
    later = replace(COPY, start=START + HOUR, end=START + 2 * HOUR)
    assert seen(BOUND, Gone(), (later,)) == [
        Rebind(later),
        Reschedule(later.start, later.end, "Europe/Stockholm"),
    ]


def test_what_was_pasted_before_the_item_was_missed_is_taken_at_a_later_look_too() -> None:
    pasted = replace(COPY, created_at=NOW - 3 * GRACE / 2)
    assert seen(replace(BOUND, gone_since=NOW - GRACE), Gone(), (pasted,)) == [Rebind(pasted)]
    begins = replace(BOUND, gone_since=NOW - GRACE, start=NOW)
    assert seen(begins, Gone(), (pasted,))[0] == Rebind(pasted)


def test_what_was_pasted_is_found_without_tag_and_block_too() -> None:
    stripped = replace(COPY, tag=None)
    known = replace(BOUND, stripped_at={COPY.uid: NOW})
    assert decide(known, Observed(NOW, Gone(), (), (stripped,)), GRACE) == [Rebind(stripped)]
    taken = replace(COPY, tag=Tag(TAG.instance, "b" * 32))
    assert decide(known, Observed(NOW, Gone(), (), (taken,)), GRACE) == [Suspect()]
    older = replace(stripped, created_at=NOW - 2 * GRACE)
    assert decide(known, Observed(NOW, Gone(), (), (older,)), GRACE) == [Suspect()]


@pytest.mark.parametrize(
    "recorded",
    [
        replace(BOUND, call_may_run=True),
        replace(BOUND, start=NOW),
        replace(BOUND, own_rooms=frozenset({COPY.uid})),
        replace(BOUND, series=SERIES),
        replace(BOUND, mailbox="bo.sandstrom@region.example"),
        replace(BOUND, is_live=False),
    ],
    ids=["started", "begun", "has a meeting", "was a series", "elsewhere", "ended"],
)
def test_a_copy_is_not_taken_for_what_was_pasted(recorded: Recorded) -> None:
    assert Rebind(COPY) not in seen(recorded, Gone(), (COPY,))


def test_nobody_guesses_which_of_two_copies_was_pasted() -> None:
    other = replace(COPY, ref=ItemRef(MAILBOX, "item-3"), uid="uid-3")
    assert seen(BOUND, Gone(), (COPY, other)) == [Suspect(), HandleCopy(COPY), HandleCopy(other)]


def test_what_held_the_meeting_before_takes_it_back_whenever_it_was_made() -> None:
    first = replace(COPY, created_at=NOW - timedelta(days=9))
    assert seen(replace(BOUND, former=frozenset({first.uid})), Gone(), (first,)) == [Rebind(first)]


def test_a_copied_meeting_in_a_colleague_s_calendar_is_a_copy_though_it_counts_as_received() -> None:
    copied = replace(
        COPY, ref=ItemRef("bo.sandstrom@region.example", "item-8"), is_organiser=False, is_meeting=True
    )
    assert seen(BOUND, Found(ITEM), (ITEM, copied)) == [HandleCopy(copied)]


def test_an_attendees_item_is_neither_the_item_nor_a_copy() -> None:
    invited = replace(ITEM, ref=ItemRef("bo.sandstrom@region.example", "item-7"), is_organiser=False)
    assert seen(BOUND, Found(ITEM), (ITEM, invited)) == []
    assert seen(RECORDED, None, (invited,)) == []


def test_a_cancelled_item_counts_as_gone() -> None:
    cancelled = replace(ITEM, is_cancelled=True)
    assert seen(BOUND, Found(cancelled), (cancelled,)) == [Suspect()]


def test_another_item_under_the_same_id_is_not_ours() -> None:
    stranger = replace(ITEM, uid="uid-77")
    assert seen(BOUND, Found(stranger), ()) == [Suspect()]


def test_an_item_that_becomes_a_series_is_followed_as_one() -> None:
    master = replace(ITEM, kind=Kind.MASTER, series=SERIES)
    assert seen(BOUND, Found(master)) == [FollowSeries(SERIES, became_one=True)]
    assert seen(replace(BOUND, series=SERIES), Found(master)) == []


def test_a_series_whose_pattern_changes_is_read_anew() -> None:
    other = replace(SERIES, rule="FREQ=WEEKLY;COUNT=9")
    master = replace(ITEM, kind=Kind.MASTER, series=other)
    assert seen(replace(BOUND, series=SERIES), Found(master)) == [FollowSeries(other, became_one=False)]


def test_a_series_that_becomes_a_single_item_takes_its_time() -> None:
    later = replace(ITEM, start=START + HOUR, end=START + 2 * HOUR)
    found = seen(replace(BOUND, series=SERIES), Found(later))
    assert found == [FollowSeries(None, became_one=False), Reschedule(later.start, later.end, later.zone)]


class TestAnotherMeetingInTheItem:
    """It is told and untold, and changes neither the time nor the end of the one that was there."""

    OTHER: Final = Tag("region-test", "b" * 32)
    WITH_OTHER: Final = replace(ITEM, tag=OTHER)
    RIVALLED: Final = replace(BOUND, rivals=frozenset({OTHER}))

    def test_it_is_told_once(self) -> None:
        assert seen(self.RIVALLED, Found(self.WITH_OTHER)) == [Taken(self.OTHER)]
        assert seen(replace(self.RIVALLED, is_taken=True), Found(self.WITH_OTHER)) == []

    def test_one_that_does_not_live_takes_nothing(self) -> None:
        assert seen(BOUND, Found(self.WITH_OTHER)) == []
        assert seen(replace(BOUND, is_taken=True), Found(self.WITH_OTHER)) == [Returned()]

    def test_the_item_s_time_is_still_the_meeting_s(self) -> None:
        moved = replace(self.WITH_OTHER, start=START + HOUR, end=START + 2 * HOUR)
        assert seen(self.RIVALLED, Found(moved)) == [
            Reschedule(START + HOUR, START + 2 * HOUR, "Europe/Stockholm"),
            Taken(self.OTHER),
        ]

    def test_a_missing_item_says_nothing_of_whose_it_is(self) -> None:
        assert seen(replace(self.RIVALLED, is_taken=True), Gone(), ()) == [Suspect()]
        assert seen(replace(self.RIVALLED, is_taken=True), Unreadable(Unread.DENIED)) == [
            Freeze(Unread.DENIED)
        ]

    def test_a_meeting_that_has_ended_has_no_item_to_lose(self) -> None:
        assert seen(replace(self.RIVALLED, is_live=False), Found(self.WITH_OTHER)) == []

    def test_a_copy_with_another_meeting_is_not_the_item(self) -> None:
        found = (ITEM, replace(COPY, tag=self.OTHER))
        assert Taken(self.OTHER) not in seen(self.RIVALLED, Found(ITEM), found)
