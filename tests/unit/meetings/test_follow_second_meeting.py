"""Another meeting in an item that has one: the item holds what was booked in it last, and nobody loses hers unseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from addin.meetings.explain import ExplainFollowing
from addin.meetings.model import CalendarNote, Meeting, Principal
from addin.meetings.notices import NoticeKind
from calendar_sync.items import Tag, Unread
from tests.unit.meetings.calendar_desk import GRACE, MAILBOX, OTHER_MAILBOX, CalendarDesk
from tests.unit.meetings.desk import REQUEST, WHO
from tests.unit.meetings.doors import END, START, TENANT
from tests.unit.meetings.office_calendar import Item

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


@pytest.mark.parametrize("pause", [timedelta(), 2 * HOUR], ids=["at once", "some time after"])
def test_a_restored_item_in_which_another_meeting_was_booked_brings_back_no_ended_one(
    office: CalendarDesk, pause: timedelta
) -> None:
    ended, item = office.books_and_saves()
    office.online.deletes(item)
    office.settles()
    office.after(GRACE)
    assert office.reads(ended).is_cancelled
    office.online.restores(item)
    meeting = office.books_in(item, "again")
    office.settles()
    office.after(pause)
    assert (office.reads(ended).is_cancelled, office.reads(meeting).is_cancelled) == (True, False)
    assert office.owed(meeting) == []


BO = Principal(TENANT, "bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee", OTHER_MAILBOX)


def booked_twice(office: CalendarDesk, *, seen_for: timedelta = HOUR) -> tuple[Meeting, Item, Meeting]:
    """Let somebody who cannot see the meeting of an item book another one in it."""
    first, item = office.books_and_saves()
    office.after(seen_for)
    second = office.books_in(item, "second", BO)
    office.settles()
    return office.reads(first), item, office.reads(second)


@pytest.mark.parametrize("seen_for", [timedelta(), 2 * HOUR], ids=["at once", "after the service marked it"])
def test_whose_item_got_another_meeting_is_told_and_keeps_hers(
    office: CalendarDesk, seen_for: timedelta
) -> None:
    first, item, second = booked_twice(office, seen_for=seen_for)
    assert office.owed(first) == [NoticeKind.ITEM_TAKEN]
    assert first.calendar_notes == {CalendarNote.ITEM_TAKEN}
    assert second.calendar_notes == {CalendarNote.EARLIER_MEETING}
    assert office.owed(second) == []
    office.online.drags(item, START + DAY)
    office.settles()
    assert {office.reads(one).window.start for one in (first, second)} == {START + DAY}
    assert len(office.desk.there(office.reads(first))) == len(office.desk.there(office.reads(second))) == 1


def test_the_item_stays_that_of_what_was_booked_last_however_often_it_is_looked_at(
    office: CalendarDesk,
) -> None:
    first, item, second = booked_twice(office, seen_for=timedelta())
    office.after(HOUR)
    office.after(HOUR)
    assert (str(item.own_tag), item.block) == (f"test/{second.id}", second.id)
    assert office.audited(first).count(("item_taken", None)) == 1
    assert office.reads(first).calendar_notes == {CalendarNote.ITEM_TAKEN}
    assert office.reads(second).calendar_notes == {CalendarNote.EARLIER_MEETING}


def test_whose_item_was_taken_in_turn_has_no_earlier_one_when_the_first_is_called_off(
    office: CalendarDesk,
) -> None:
    first, item, second = booked_twice(office)
    third = office.books_in(item, "third", Principal(TENANT, "cccccccc-cccc-4ccc-8ddd-eeeeeeeeeeee", None))
    office.settles()
    both = {CalendarNote.ITEM_TAKEN, CalendarNote.EARLIER_MEETING}
    assert office.reads(second).calendar_notes == both
    assert office.reads(third).calendar_notes == {CalendarNote.EARLIER_MEETING}
    office.desk.cancel(first)
    office.settles()
    assert office.reads(second).calendar_notes == {CalendarNote.ITEM_TAKEN}


def test_when_the_first_is_called_off_nobody_has_anything_to_decide(office: CalendarDesk) -> None:
    first, item, second = booked_twice(office)
    office.desk.cancel(first)
    office.settles()
    assert office.reads(first).calendar_notes == office.reads(second).calendar_notes == frozenset()
    assert item.block == second.id
    assert not office.reads(second).is_cancelled


def test_when_the_second_is_taken_out_the_first_gets_its_item_back(office: CalendarDesk) -> None:
    first, item, second = booked_twice(office)
    office.removes(second, item, BO)
    office.settles()
    assert office.owed(first) == []
    assert office.reads(first).calendar_notes == frozenset()
    assert item.snapshot().tag != office.looks.tag_of(second.id)
    assert ("replace_block" in office.online.asked) is False, "whoever took it out has the item open"
    for _ in range(3):
        office.after(HOUR)
    assert (item.block, str(item.own_tag)) == (first.id, f"test/{first.id}")
    office.online.drags(item, START + DAY)
    office.settles()
    assert office.reads(first).window.start == START + DAY


@pytest.mark.parametrize("seen_for", [timedelta(), 2 * HOUR], ids=["at once", "after the service marked it"])
@pytest.mark.parametrize("is_removed", [True, False])
def test_a_second_meeting_that_goes_before_anybody_looked_leaves_the_first_its_link(
    office: CalendarDesk, seen_for: timedelta, *, is_removed: bool
) -> None:
    first, item = office.books_and_saves()
    office.after(seen_for)
    second = office.books_in(item, "second", BO, earlier_meeting=first.id)
    if is_removed:
        office.removes(second, item, BO)
        assert item.block is None
    office.settles()
    assert "replace_block" not in office.online.asked, "whoever took it out has the item open"
    for _ in range(3):
        office.after(HOUR)
    holds = first if is_removed else second
    assert (item.block, str(item.own_tag)) == (holds.id, f"test/{holds.id}")
    assert (CalendarNote.ITEM_TAKEN in office.reads(first).calendar_notes) is not is_removed
    assert office.owed(first) == ([] if is_removed else [NoticeKind.ITEM_TAKEN])


def test_a_second_meeting_that_went_unseen_from_an_item_with_invitees_is_shown_to_whom_the_first_is(
    office: CalendarDesk,
) -> None:
    first, item = office.books_and_saves()
    office.online.invites(item)
    second = office.books_in(item, "second", BO, earlier_meeting=first.id)
    office.removes(second, item, BO)
    for _ in range(3):
        office.after(HOUR)
    assert item.block is None
    assert office.reads(first).calendar_notes == {CalendarNote.BLOCK_OLD}


@pytest.mark.parametrize("is_cut", [True, False])
@pytest.mark.parametrize("is_seen_removed", [True, False])
def test_a_copy_of_an_item_from_which_a_second_meeting_went_unseen_keeps_no_dead_link(
    office: CalendarDesk, *, is_cut: bool, is_seen_removed: bool
) -> None:
    first, item = office.books_and_saves()
    second = office.books_in(item, "second", BO, earlier_meeting=first.id)
    # Without the pane, which would have taken its block out.
    office.desk.cancel(second)
    if is_seen_removed:
        office.settles()
    copied = office.online.copies(item, start=START + DAY)
    if is_cut:
        office.online.deletes(item)
    office.settles()
    office.after(HOUR)
    assert copied.block is None
    assert office.reads(first).is_cancelled is is_cut
    assert item.block == (second.id if is_cut else first.id)


def test_where_people_are_invited_the_link_is_not_written_back_behind_anybody_s_back(
    office: CalendarDesk,
) -> None:
    first, item, second = booked_twice(office)
    office.online.invites(item)
    office.removes(second, item, BO)
    for _ in range(3):
        office.after(HOUR)
    assert item.block is None
    assert office.reads(first).calendar_notes == {CalendarNote.BLOCK_OLD}


@pytest.mark.parametrize("is_first_looked_at_last", [False, True], ids=["at once", "one by one"])
def test_an_item_that_is_deleted_ends_both_after_the_grace_period(
    office: CalendarDesk, *, is_first_looked_at_last: bool
) -> None:
    first, item, second = booked_twice(office)
    office.tells(first)
    office.online.deletes(item)
    office.settles()
    office.after(GRACE)
    assert office.reads(first).is_cancelled
    assert office.reads(second).is_cancelled
    assert sorted(office.owed(first)) == [NoticeKind.CANCELLED, NoticeKind.ITEM_TAKEN]
    office.online.restores(item)
    if is_first_looked_at_last:
        office.desk.ledger.write(lambda writing: writing.ask_bindings({second.id}))
        office.settles(delivering=False)
        assert [office.reads(one).is_cancelled for one in (first, second)] == [True, False]
    office.settles()
    assert not office.reads(first).is_cancelled
    assert office.reads(first).calendar_notes == {CalendarNote.ITEM_TAKEN}
    assert office.reads(second).calendar_notes == {CalendarNote.EARLIER_MEETING}


def test_a_calendar_that_cannot_be_read_changes_nothing_of_it(office: CalendarDesk) -> None:
    first, _, _ = booked_twice(office)
    office.online.unreadable[MAILBOX] = Unread.UNREACHABLE
    for _ in range(3):
        office.after(HOUR)
    assert CalendarNote.ITEM_TAKEN in office.reads(first).calendar_notes
    office.online.unreadable.clear()
    office.after(HOUR)
    assert office.reads(first).calendar_notes == {CalendarNote.ITEM_TAKEN}
    assert office.audited(first).count(("item_taken", None)) == 1


def test_a_meeting_booked_in_a_copy_takes_nothing_from_the_original(office: CalendarDesk) -> None:
    first, item = office.books_and_saves()
    office.online.invites(item)
    office.after(2 * HOUR)
    copied = office.online.copies(item, start=START + DAY)
    own = office.books_in(copied, "own")
    office.settles()
    assert office.reads(first).calendar_notes == office.reads(own).calendar_notes == frozenset()
    assert office.owed(first) == []
    assert (item.block, copied.block) == (first.id, own.id)


def test_two_tabs_of_one_saved_item_have_one_meeting(office: CalendarDesk) -> None:
    item = office.online.creates(MAILBOX, START, END)
    first = office.books_in(item, "one tab")
    office.settles()
    assert office.books_in(item, "the other tab").id == first.id
    office.settles()
    assert office.owed(first) == []


def test_her_own_second_meeting_in_an_item_that_outlook_did_not_name_is_told_her(
    office: CalendarDesk,
) -> None:
    first, item = office.books_and_saves()
    second = office.books_in(item, "the other tab", item_id=None)
    office.settles()
    assert office.owed(first) == [NoticeKind.ITEM_TAKEN]
    assert not office.reads(second).unbound


def test_another_installation_s_meeting_in_the_item_is_not_ours_to_tell_of(office: CalendarDesk) -> None:
    first, item = office.books_and_saves()
    office.online.is_written_by_the_pane(item, Tag("another", "f" * 32))
    office.settles()
    assert office.owed(first) == []


def test_an_operator_reads_which_meeting_took_the_item(office: CalendarDesk) -> None:
    first, item = office.books_and_saves()
    second = office.books_in(item, "second", BO)
    explain = ExplainFollowing(office.desk.ledger, office.looks, office.desk.plans.types)
    told = explain(first.id)
    assert [one["what"] for one in told["would_do"]] == ["Taken"]
    assert told["observed"]["item"]["holds_meeting"] == second.id
    office.settles()
    assert "another meeting was booked in the item later" in explain(first.id)["why"]


class TestWhereNoLookTells:
    """Then what the pane says while it books is all there is: it names the meeting that its person cannot see."""

    def test_who_booked_an_item_that_was_never_seen_is_told(self, office: CalendarDesk) -> None:
        first = office.books()
        item = office.saves(first)
        office.books_in(item, "second", BO, earlier_meeting=first.id)
        office.settles()
        assert office.owed(first) == [NoticeKind.ITEM_TAKEN]
        assert CalendarNote.ITEM_TAKEN in office.reads(first).calendar_notes
        assert not office.reads(first).is_cancelled

    def test_where_no_calendar_is_read(self, office: CalendarDesk) -> None:
        first = office.desk.books()
        request = replace(REQUEST, earlier_meeting=first.id)
        office.desk.book("second", request, BO)
        assert office.owed(first) == [NoticeKind.ITEM_TAKEN]

    @pytest.mark.parametrize("names", [True, False], ids=["the pane names the first", "or does not"])
    @pytest.mark.parametrize("is_read", [True, False])
    def test_an_item_that_outlook_names_as_the_same_may_have_been_moved_meanwhile(
        self, office: CalendarDesk, *, is_read: bool, names: bool
    ) -> None:
        first = office.books(item_id="item") if is_read else office.desk.books(item_id="item")
        later = replace(REQUEST.window, start=START + HOUR, end=END + HOUR)
        request = replace(REQUEST, item_id="item", window=later)
        office.desk.book("second", replace(request, earlier_meeting=first.id) if names else request, BO)
        assert office.owed(first) == [NoticeKind.ITEM_TAKEN]

    def test_a_removed_one_whose_mark_was_left_in_it_hides_nobody_who_booked_in_it_since(
        self, office: CalendarDesk
    ) -> None:
        removed = office.books()
        office.desk.cancel(removed)
        first = office.books("first", item_id="item")
        office.books("second", BO, item_id="item", earlier_meeting=removed.id)
        assert office.owed(first) == [NoticeKind.ITEM_TAKEN]

    def test_an_item_that_outlook_named_to_the_first_one_s_pane_after_its_booking(
        self, office: CalendarDesk
    ) -> None:
        first = office.books()
        office.desk.ledger.write(lambda writing: writing.offer_item(first.id, "item"))
        later = replace(REQUEST.window, start=START + HOUR, end=END + HOUR)
        office.books("second", BO, item_id="item", window=later, earlier_meeting=first.id)
        assert office.owed(first) == [NoticeKind.ITEM_TAKEN]

    @pytest.mark.parametrize(
        "more",
        [
            {"window": replace(REQUEST.window, start=START + HOUR, end=END + HOUR)},
            {"mailbox": OTHER_MAILBOX},
        ],
        ids=["at another time", "in another mailbox"],
    )
    def test_what_may_be_a_copy_is_told_to_nobody(self, office: CalendarDesk, more: dict[str, Any]) -> None:
        first = office.desk.books()
        office.desk.book("second", replace(REQUEST, earlier_meeting=first.id, **more), BO)
        assert office.owed(first) == []

    def test_of_an_item_that_was_seen_the_look_tells(self, office: CalendarDesk) -> None:
        first, item = office.books_and_saves()
        office.books("second", BO, item_id=item.id, earlier_meeting=first.id)
        assert office.owed(first) == [], "the pane has written nothing yet"

    def test_a_copy_at_the_same_time_whose_pane_names_the_original_changes_nothing_of_it(
        self, office: CalendarDesk
    ) -> None:
        first, item = office.books_and_saves()
        copied = office.online.copies(item)
        own = office.books_in(copied, "own", BO, earlier_meeting=first.id)
        for _ in range(3):
            office.after(HOUR)
        assert (item.block, copied.block) == (first.id, own.id)
        assert office.reads(first).calendar_notes == office.reads(own).calendar_notes == frozenset()
        assert office.owed(first) == []

    @pytest.mark.parametrize("tenant", [TENANT, "another-tenant"])
    def test_a_meeting_that_is_hers_or_another_organisation_s_is_not_told_of(
        self, office: CalendarDesk, tenant: str
    ) -> None:
        first = office.desk.books()
        office.desk.book("second", replace(REQUEST, earlier_meeting=first.id), replace(WHO, tenant=tenant))
        assert office.owed(first) == []

    def test_a_repeat_of_the_same_booking_is_no_other_for_it(self, office: CalendarDesk) -> None:
        first = office.desk.books()
        second = office.desk.book("second", REQUEST, BO).meeting
        again = office.desk.book("second", replace(REQUEST, earlier_meeting=first.id), BO)
        assert (again.meeting.id, again.created) == (second.id, False)
