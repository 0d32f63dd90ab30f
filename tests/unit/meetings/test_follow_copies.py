"""Two items never share a room: what becomes of a copied item, by type, and when its owner must be asked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from addin.meetings.bindings import CopyOutcome
from addin.meetings.errors import MeetingNotFound
from addin.meetings.model import CalendarNote, Meeting, MeetingState, Principal
from addin.meetings.notices import NoticeKind
from calendar_sync.items import Unread
from tests.unit.meetings.calendar_desk import MAILBOX, OTHER_MAILBOX, CalendarDesk
from tests.unit.meetings.desk import WHO
from tests.unit.meetings.doors import START, TENANT
from tests.unit.meetings.office_calendar import Item

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LECTURE = {"type": "information-meeting-patient", "variant": "group"}


def outcomes(office: CalendarDesk, meeting: Meeting) -> list[CopyOutcome]:
    return [copy.outcome for copy in office.copies_of(meeting)]


def the_other(office: CalendarDesk, meeting: Meeting) -> Meeting:
    (found,) = [one for one in office.meetings() if one.id != meeting.id]
    return found


def is_untouched(office: CalendarDesk, meeting: Meeting, item: Item) -> bool:
    now = office.reads(meeting)
    return (now.revision, now.window, item.block) == (1, meeting.window, meeting.id)


def test_a_copy_of_a_care_meeting_loses_its_link_and_the_original_stays(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    copied = office.online.copies(item, start=START + DAY)
    office.settles()
    assert (copied.block, copied.tag) == (None, None)
    assert outcomes(office, meeting) == [CopyOutcome.STRIPPED]
    assert is_untouched(office, meeting, item)
    assert ("copy_handled", "stripped") in office.audited(meeting)


def test_a_copy_of_a_lecture_gets_a_meeting_of_its_own(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves(**LECTURE)
    office.tells(meeting)
    copied = office.online.copies(item, start=START + DAY)
    office.settles()
    own = the_other(office, meeting)
    assert (copied.block, str(copied.tag)) == (own.id, f"test/{own.id}")
    assert (own.type, own.variant, own.unit) == (meeting.type, meeting.variant, meeting.unit)
    assert own.window.start == START + DAY
    assert own.state is MeetingState.LIVE
    assert own.told == {}
    assert own.join_code != meeting.join_code
    assert len(office.desk.provider.rooms) == 2
    assert is_untouched(office, meeting, item)

    office.online.drags(copied, START + 2 * DAY)
    office.settles()
    assert office.reads(own).window.start == START + 2 * DAY
    assert office.reads(meeting).window == meeting.window


def test_a_copy_in_a_colleague_s_calendar_is_found_where_that_is_followed(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves(**LECTURE)
    office.books("other", mailbox=OTHER_MAILBOX)
    office.settles()
    copied = office.online.copies(item, to=OTHER_MAILBOX)
    office.settles()
    assert copied.block != meeting.id
    owners = {one.mailbox for one in office.meetings() if one.id == copied.block}
    assert owners == {OTHER_MAILBOX}
    assert office.reads(meeting).mailbox == MAILBOX


def test_the_owner_is_asked_about_a_copy_that_people_were_invited_to(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    copied = office.online.copies(item)
    office.online.invites(copied)
    office.settles()
    assert copied.block == meeting.id
    assert outcomes(office, meeting) == [CopyOutcome.ASKED]
    assert office.owed(meeting) == [NoticeKind.COPY_ASKED]
    assert CalendarNote.COPY_ASKED in office.reads(meeting).calendar_notes
    office.after(3 * HOUR)
    assert [reason for action, reason in office.audited(meeting) if action == "copy_handled"] == ["asked"]


@pytest.mark.parametrize("own_room", [True, False])
def test_the_owner_s_answer_is_carried_out(office: CalendarDesk, *, own_room: bool) -> None:
    meeting, item = office.books_and_saves()
    copied = office.online.copies(item)
    office.online.invites(copied)
    office.settles()
    office.answers.answer_copies(meeting.id, own_room=own_room, who=WHO)
    office.settles()
    assert copied.block == (the_other(office, meeting).id if own_room else None)
    assert office.reads(meeting).calendar_notes == frozenset()


def test_a_copy_that_shall_stay_is_left_and_not_asked_about_again(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    copied = office.online.copies(item)
    office.online.invites(copied)
    office.settles()
    office.answers.answer_copies(meeting.id, own_room=None, who=WHO)
    office.after(3 * HOUR)
    assert outcomes(office, meeting) == [CopyOutcome.LEFT]
    assert office.reads(meeting).calendar_notes == frozenset()


def test_nobody_else_may_answer(office: CalendarDesk) -> None:
    meeting, _ = office.books_and_saves()
    stranger = Principal(TENANT, "cccccccc-bbbb-4ccc-8ddd-eeeeeeeeeeee", OTHER_MAILBOX)
    with pytest.raises(MeetingNotFound):
        office.answers.answer_copies(meeting.id, own_room=True, who=stranger)


def test_the_question_goes_with_the_copy(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    copied = office.online.copies(item)
    office.online.invites(copied)
    office.settles()
    office.online.deletes(copied)
    office.after(3 * HOUR)
    assert office.reads(meeting).calendar_notes == frozenset()
    assert is_untouched(office, meeting, item)


def test_where_nothing_may_be_written_the_owner_is_told_of_a_copy(read_only: CalendarDesk) -> None:
    meeting, item = read_only.books_and_saves()
    copied = read_only.online.copies(item)
    read_only.settles()
    assert copied.version == item.version
    assert outcomes(read_only, meeting) == [CopyOutcome.UNWRITABLE]
    assert read_only.owed(meeting) == [NoticeKind.COPY_UNWRITABLE]


def test_a_copy_that_somebody_is_writing_is_stripped_a_little_later(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.conflicts = 1
    copied = office.online.copies(item)
    office.settles()
    office.after(timedelta(seconds=10))
    assert copied.block is None
    assert outcomes(office, meeting) == [CopyOutcome.STRIPPED]


def test_a_copy_that_no_hint_told_of_is_found_within_the_hour(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    copied = office.online.copies(item)
    office.online.told.clear()
    office.comes_to(office.desk.clock.time + HOUR)
    assert copied.block is None
    assert outcomes(office, meeting) == [CopyOutcome.STRIPPED]


def test_a_deleted_original_never_lends_its_meeting_to_the_copy(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.unreadable[MAILBOX] = Unread.UNREACHABLE
    copied = office.online.copies(item)
    office.online.deletes(item)
    office.settles()
    del office.online.unreadable[MAILBOX]
    office.comes_to(office.desk.clock.time + HOUR, step=timedelta(minutes=5))
    assert office.reads(meeting).is_cancelled
    assert copied.block is None
    assert office.desk.provider.rooms == {}


def test_a_copy_of_a_copy_is_dealt_with_as_well(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves(**LECTURE)
    first = office.online.copies(item)
    second = office.online.copies(first)
    office.settles()
    third = office.online.copies(first)
    office.settles()
    blocks = [one.block for one in (item, first, second, third)]
    assert blocks[0] == meeting.id
    assert len(set(blocks)) == 4
    assert len(office.desk.provider.rooms) == 4
