"""Two items never share a room: what becomes of a copied item, by type, and when its owner must be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from addin.meetings import pull_pace
from addin.meetings.bindings import CopyAnswer, CopyOutcome
from addin.meetings.errors import CopiesNotWritable, MeetingNotFound, NoCopyAsked
from addin.meetings.model import CalendarNote, Meeting, MeetingState, Principal
from addin.meetings.notices import NoticeKind
from addin.meetings.pull_pace import followed_pull_period, known_pull_period
from addin.meetings.take_in import KNOWN_APART
from addin.store import tables
from addin.store.rows import to_time
from calendar_sync.calendar import CalendarUnavailable
from calendar_sync.items import Unread
from calendar_sync.series import Series
from tests.unit.meetings.calendar_desk import GRACE, MAILBOX, OTHER_MAILBOX, CalendarDesk
from tests.unit.meetings.desk import WHO
from tests.unit.meetings.doors import END, START, TENANT
from tests.unit.meetings.office_calendar import Item

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
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


@pytest.mark.parametrize("trouble", ["unwritable", "unreadable"])
def test_a_copy_whose_own_meeting_is_removed_before_its_link_came_does_not_keep_the_original_s(
    office: CalendarDesk, trouble: str
) -> None:
    meeting, item = office.books_and_saves(**LECTURE)
    copied = office.online.copies(item, start=START + DAY)
    office.online.unwritable = CalendarUnavailable()
    office.settles()
    own = the_other(office, meeting)
    if trouble == "unreadable":
        office.online.unreadable[MAILBOX] = Unread.UNREACHABLE
        office.after(HOUR)
    office.desk.cancel(own)
    office.after(HOUR)
    assert copied.block == meeting.id
    office.online.unwritable = None
    office.online.unreadable.clear()
    for _ in range(3):
        office.after(HOUR)
    assert copied.block is None
    assert is_untouched(office, meeting, item)
    office.online.asked.clear()
    for _ in range(3):
        office.after(HOUR)
    assert "replace_block" not in office.online.asked


def test_a_copy_that_was_dealt_with_costs_no_other_search(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.copies(item, start=START + DAY)
    office.desk.clock.time += HOUR
    office.online.asked.clear()
    office.settles(delivering=False)
    assert outcomes(office, meeting) == [CopyOutcome.STRIPPED]
    # That of the mailbox, which told of it, and that of the look.
    assert office.online.asked.count("find_tagged") == 2


def test_a_copy_of_a_lecture_gets_a_meeting_of_its_own(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves(**LECTURE)
    office.tells(meeting)
    office.desk.ledger.write(lambda writing: writing.host_started(meeting.id, START))
    copied = office.online.copies(item, start=START + DAY)
    office.settles()
    own = the_other(office, meeting)
    assert (copied.block, str(copied.tag)) == (own.id, f"test/{own.id}")
    assert (own.type, own.variant, own.unit) == (meeting.type, meeting.variant, meeting.unit)
    assert own.window.start == START + DAY
    assert own.state is MeetingState.LIVE
    # Nobody has been told of it, and nobody has begun it.
    assert (own.told, own.host_started_at) == ({}, None)
    assert own.join_code != meeting.join_code
    assert len(office.desk.provider.rooms) == 2
    assert is_untouched(office, meeting, item)

    office.online.drags(copied, START + 2 * DAY)
    office.settles()
    assert office.reads(own).window.start == START + 2 * DAY
    assert office.reads(meeting).window == meeting.window


@pytest.mark.parametrize("is_series", [False, True])
def test_a_copy_that_ends_when_it_begins_gets_a_meeting_as_long_as_the_original(
    office: CalendarDesk, *, is_series: bool
) -> None:
    meeting, item = office.books_and_saves(**LECTURE)
    copied = office.online.copies(item, start=START + DAY)
    if is_series:
        office.online.repeats(
            copied, Series("FREQ=WEEKLY;COUNT=4", copied.start, "Europe/Stockholm", timedelta())
        )
    office.online.resizes(copied, copied.start)
    office.settles()
    own = the_other(office, meeting)
    assert (own.window.start, own.window.end) == (START + DAY, END + DAY)
    assert CalendarNote.TIME_UNUSABLE in own.calendar_notes
    assert office.owed(own) == [NoticeKind.TIME_UNUSABLE]


def test_a_copied_series_has_a_meeting_that_knows_its_times_from_the_first(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves(**LECTURE)
    office.online.repeats(item, Series("FREQ=DAILY;COUNT=3", START, "Europe/Stockholm", END - START))
    office.settles()
    office.online.copies(item)
    office.settles()
    own = the_other(office, meeting)
    times = office.desk.ledger.read(lambda reading: reading.occurrences(own.id))
    assert [one.start for one in times] == [START + days * DAY for days in range(3)]
    assert "became_series" not in dict(office.audited(own))


def test_a_copy_of_an_item_that_took_its_meeting_along_gets_what_its_type_says(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves(**LECTURE)
    office.online.deletes(item)
    office.comes_to(office.desk.clock.time + 3 * GRACE)
    assert office.reads(meeting).is_cancelled
    copied = office.online.copies(item)
    copied.in_trash = False
    office.settles()
    assert copied.block == the_other(office, meeting).id


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


THIRD_MAILBOX = "karin.berg@region.example"


def knows(office: CalendarDesk, mailbox: str) -> None:
    """Let the mailbox be taken in, as the worker does every now and then, at some moment of the next minutes."""
    office.online.mailboxes.add(mailbox)
    office.taking_in.follow_all()
    office.after(timedelta(minutes=11))


def is_stripped_within_seconds(office: CalendarDesk, item: Item, mailbox: str) -> bool:
    copied = office.online.copies(item, to=mailbox)
    office.settles()
    return copied.block is None


def test_a_copy_in_a_unit_s_mailbox_is_found_where_no_meeting_was_ever_held(office: CalendarDesk) -> None:
    _, item = office.books_and_saves()
    office.standing = (OTHER_MAILBOX,)
    knows(office, OTHER_MAILBOX)
    assert is_stripped_within_seconds(office, item, OTHER_MAILBOX)


@pytest.mark.parametrize(
    ("who", "more"),
    [
        (replace(WHO, mailbox=OTHER_MAILBOX), {}),
        (WHO, {"on_behalf_of": OTHER_MAILBOX}),
    ],
    ids=["who booked", "for whom it was booked"],
)
def test_a_copy_in_the_calendar_of_somebody_who_has_to_do_with_a_meeting_is_found(
    office: CalendarDesk, who: Principal, more: dict[str, str]
) -> None:
    office.online.mailboxes.add(OTHER_MAILBOX)
    meeting = office.books("key", who, **more)
    item = office.saves(meeting)
    # The booking itself makes her known.
    office.settles()
    assert is_stripped_within_seconds(office, item, OTHER_MAILBOX)


def test_a_booking_brings_forward_whoever_waits_to_be_taken_in_among_many(office: CalendarDesk) -> None:
    office.online.mailboxes.add(OTHER_MAILBOX)
    office.desk.ledger.write(lambda writing: writing.watch_mailbox(OTHER_MAILBOX, 1800.0))
    _, item = office.books_and_saves(on_behalf_of=OTHER_MAILBOX)
    assert is_stripped_within_seconds(office, item, OTHER_MAILBOX)


def test_the_people_of_meetings_that_begin_to_be_followed_together_are_taken_in_some_at_a_time(
    office: CalendarDesk,
) -> None:
    meeting = office.books("key", on_behalf_of=OTHER_MAILBOX)
    with office.desk.ledger.engine.begin() as connection:
        connection.execute(delete(tables.bindings))
    office.desk.clock.time += HOUR
    office.saves(meeting)
    office.desk.ledger.write(lambda writing: writing.follow_all(10))
    office.settles()
    assert not office.reads(meeting).unbound
    assert office.desk.ledger.read(lambda reading: reading.watch_by_mailbox(OTHER_MAILBOX)) is None


def test_a_host_s_calendar_is_searched_when_she_has_booked_herself(office: CalendarDesk) -> None:
    host = Principal(TENANT, "cccccccc-bbbb-4ccc-8ddd-eeeeeeeeeeee", THIRD_MAILBOX)
    _, item = office.books_and_saves(hosts=(host.object_id,))
    office.books("hers", host, mailbox=OTHER_MAILBOX)
    knows(office, THIRD_MAILBOX)
    assert is_stripped_within_seconds(office, item, THIRD_MAILBOX)


def test_a_mailbox_is_known_until_its_last_meeting_is_purged(office: CalendarDesk) -> None:
    _, item = office.books_and_saves()
    over = office.books("other", mailbox=OTHER_MAILBOX)
    office.settles()
    office.desk.cancel(over)
    office.comes_to(START - DAY, step=timedelta(hours=6))
    assert is_stripped_within_seconds(office, item, OTHER_MAILBOX)

    office.desk.ledger.write(lambda writing: writing.purge(over.id))
    office.comes_to(office.desk.clock.time + 3 * HOUR, step=HOUR)
    assert office.desk.ledger.read(lambda reading: reading.watch_by_mailbox(OTHER_MAILBOX)) is None
    assert not [one for one in office.online.subscriptions.values() if one.mailbox == OTHER_MAILBOX]


def test_a_known_mailbox_that_may_not_be_read_freezes_nothing_and_is_read_when_a_meeting_is_booked(
    office: CalendarDesk,
) -> None:
    office.books_and_saves(on_behalf_of=OTHER_MAILBOX)
    office.online.unreadable[OTHER_MAILBOX] = office.on_premises.unreadable[OTHER_MAILBOX] = Unread.DENIED
    knows(office, OTHER_MAILBOX)
    counts = office.desk.ledger.read(lambda reading: reading.calendar_counts())
    assert (counts["watches"], counts["mailboxes_frozen"]) == (2, 0)

    office.online.unreadable.clear()
    meeting = office.books("there", mailbox=OTHER_MAILBOX)
    office.saves(meeting)
    office.settles()
    assert not office.reads(meeting).unbound


def test_a_copy_in_a_mailbox_that_was_named_is_found_until_it_is_named_no_more(office: CalendarDesk) -> None:
    _, item = office.books_and_saves()
    office.also_searched = (THIRD_MAILBOX,)
    office.online.mailboxes.add(THIRD_MAILBOX)
    office.taking_in.follow_all()
    # Where there are few they are taken in at once.
    office.after(timedelta(seconds=3))
    assert is_stripped_within_seconds(office, item, THIRD_MAILBOX)

    office.also_searched = ()
    office.comes_to(office.desk.clock.time + 2 * HOUR, step=HOUR)
    assert office.desk.ledger.read(lambda reading: reading.watch_by_mailbox(THIRD_MAILBOX)) is None


def test_of_many_mailboxes_that_were_named_four_are_taken_in_each_second(office: CalendarDesk) -> None:
    named = [f"person-{number}@region.example" for number in range(240)]
    office.also_searched, within = tuple(named), len(named) * KNOWN_APART
    office.taking_in.follow_all()
    assert office.desk.ledger.read(lambda reading: reading.unwatched_among(named)) == []

    def due() -> int:
        now, columns = office.desk.clock.time, tables.watches.c
        with office.desk.ledger.engine.connect() as connection:
            query = select(func.count()).where(columns.due_at <= to_time(now))
            return connection.execute(query).scalar_one()

    office.desk.clock.time += within / 2
    assert 60 < due() < 180
    office.desk.clock.time += within / 2
    assert (within, due()) == (MINUTE, 240)


def books_for_somebody_on_premises(office: CalendarDesk) -> tuple[Meeting, Item]:
    """Book in a mailbox online for somebody whose own is on premises, and let that one be taken in."""
    office.online.mailboxes.discard(OTHER_MAILBOX)
    office.on_premises.mailboxes.add(OTHER_MAILBOX)
    booked = office.books_and_saves(on_behalf_of=OTHER_MAILBOX)
    office.taking_in.follow_all()
    office.after(11 * MINUTE)
    return booked


def test_a_copy_in_a_mailbox_without_a_meeting_that_tells_of_nothing_is_found_within_the_minute(
    office: CalendarDesk,
) -> None:
    meeting, item = books_for_somebody_on_premises(office)
    copied = office.on_premises.copies(item, to=OTHER_MAILBOX)
    office.comes_to(office.desk.clock.time + MINUTE, step=timedelta(seconds=5))
    assert copied.block is None
    assert is_untouched(office, meeting, item)


def test_where_there_are_many_such_mailboxes_each_is_asked_less_often(
    office: CalendarDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if the one were a thousand.
    monkeypatch.setattr(pull_pace, "KNOWN_PULLS_A_SECOND", pull_pace.KNOWN_PULLS_A_SECOND / 1_000)
    books_for_somebody_on_premises(office)
    office.on_premises.asked.clear()
    office.comes_to(office.desk.clock.time + 20 * MINUTE, step=MINUTE / 2)
    assert 3 <= office.on_premises.asked.count("pull") <= 6


@pytest.mark.parametrize(("number", "seconds"), [(1, 60), (240, 60), (600, 150), (1_200, 300), (16_000, 300)])
def test_many_mailboxes_without_a_meeting_are_asked_so_often_in_a_second_and_every_five_minutes_at_least(
    number: int, seconds: int
) -> None:
    assert known_pull_period(number) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("number", "seconds"), [(1, 0.025), (600, 15), (2_000, 50), (4_000, 50), (8_000, 100)]
)
def test_a_mailbox_with_a_meeting_is_asked_within_the_minute_where_there_are_thousands(
    number: int, seconds: float
) -> None:
    assert followed_pull_period(number) == timedelta(seconds=seconds)


def test_where_there_are_many_mailboxes_with_meetings_each_is_asked_less_often_and_the_others_do_not_count(
    office: CalendarDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if the one with a meeting were a thousand, and the two without one some hundreds.
    monkeypatch.setattr(pull_pace, "FOLLOWED_PULLS_A_SECOND", 1 / 25)
    monkeypatch.setattr(pull_pace, "KNOWN_PULLS_A_SECOND", 2 / 120)
    colleague = Principal(TENANT, "cccccccc-bbbb-4ccc-8ddd-eeeeeeeeeeee", "erik.dahl@region.example")
    office.online.mailboxes.discard(OTHER_MAILBOX)
    office.on_premises.mailboxes |= {OTHER_MAILBOX, THIRD_MAILBOX, colleague.mailbox or ""}
    meeting = office.books("key", colleague, mailbox=OTHER_MAILBOX, on_behalf_of=THIRD_MAILBOX)
    office.saves(meeting, office.on_premises)
    office.settles()
    # Until they have been counted anew.
    office.comes_to(office.desk.clock.time + 3 * MINUTE, step=MINUTE / 4)
    office.on_premises.asked.clear()
    office.comes_to(office.desk.clock.time + 5 * MINUTE, step=MINUTE / 12)
    with_meeting, without = 300 / 25, 2 * 300 / 120
    assert office.on_premises.asked.count("pull") == pytest.approx(with_meeting + without, abs=2)


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


@pytest.mark.parametrize("answer", [CopyAnswer.OWN_ROOM, CopyAnswer.STRIP])
def test_the_owner_s_answer_is_carried_out(office: CalendarDesk, answer: CopyAnswer) -> None:
    meeting, item = office.books_and_saves()
    copied = office.online.copies(item)
    office.online.invites(copied)
    office.settles()
    office.answers.answer_copies(meeting.id, answer, WHO)
    office.settles()
    assert copied.block == (the_other(office, meeting).id if answer is CopyAnswer.OWN_ROOM else None)
    assert office.reads(meeting).calendar_notes == frozenset()


def test_a_copy_that_its_owner_had_stripped_is_another_appointment_when_the_original_is_deleted(
    office: CalendarDesk,
) -> None:
    meeting, item, copied = asked_about(office)
    office.answers.answer_copies(meeting.id, CopyAnswer.STRIP, WHO)
    office.settles()
    office.online.deletes(item)
    office.settles()
    office.after(2 * GRACE)
    assert (copied.block, copied.tag) == (None, None)
    assert office.reads(meeting).is_cancelled


def test_a_copy_that_shall_stay_is_left_and_not_asked_about_again(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    copied = office.online.copies(item)
    office.online.invites(copied)
    office.settles()
    office.answers.answer_copies(meeting.id, CopyAnswer.LEAVE, WHO)
    office.after(3 * HOUR)
    assert outcomes(office, meeting) == [CopyOutcome.LEFT]
    assert office.reads(meeting).calendar_notes == frozenset()


def asked_about(office: CalendarDesk, key: str = "key") -> tuple[Meeting, Item, Item]:
    """Return a meeting, its item, and a copy to which people were invited and about which the owner has been asked."""
    meeting, item = office.books_and_saves(key)
    copied = office.online.copies(item, start=START + DAY)
    office.online.invites(copied)
    office.settles()
    return meeting, item, copied


def ends_with_its_item(office: CalendarDesk, meeting: Meeting, item: Item) -> None:
    office.after(HOUR)
    office.online.deletes(item)
    for _ in range(2):
        office.after(2 * GRACE)
    assert office.reads(meeting).is_cancelled


def is_removed_by_hand(office: CalendarDesk, meeting: Meeting, item: Item) -> None:
    office.online.deletes(item)
    office.desk.cancel(office.reads(meeting))
    office.after(2 * HOUR)


@pytest.mark.parametrize("ends", [ends_with_its_item, is_removed_by_hand])
@pytest.mark.parametrize("answer", [CopyAnswer.OWN_ROOM, CopyAnswer.STRIP])
def test_an_answer_is_carried_out_when_the_original_has_ended(
    office: CalendarDesk, ends: Callable[[CalendarDesk, Meeting, Item], None], answer: CopyAnswer
) -> None:
    meeting, item, copied = asked_about(office)
    ends(office, meeting, item)
    assert CalendarNote.COPY_ASKED in office.reads(meeting).calendar_notes
    office.answers.answer_copies(meeting.id, answer, WHO)
    office.settles()
    assert office.reads(meeting).is_cancelled
    if answer is CopyAnswer.STRIP:
        assert (copied.block, copied.tag) == (None, None)
        assert len(office.meetings()) == 1
        return
    own = the_other(office, meeting)
    assert copied.block == own.id
    assert (own.state, own.window.start, own.is_cancelled) == (MeetingState.LIVE, START + DAY, False)
    assert office.reads(meeting).calendar_notes & {CalendarNote.COPY_ASKED} == frozenset()


def test_an_answer_waits_for_a_mailbox_that_cannot_be_read_when_the_meeting_has_ended(
    office: CalendarDesk,
) -> None:
    meeting, item, copied = asked_about(office)
    is_removed_by_hand(office, meeting, item)
    office.online.unreadable[MAILBOX] = Unread.UNREACHABLE
    office.answers.answer_copies(meeting.id, CopyAnswer.STRIP, WHO)
    office.settles()
    assert copied.block == meeting.id
    office.online.unreadable.clear()
    office.after(HOUR)
    assert copied.block is None


@pytest.mark.parametrize("to", [MAILBOX, OTHER_MAILBOX])
def test_the_question_goes_with_the_copy_as_soon_as_the_calendar_tells_of_it(
    office: CalendarDesk, to: str
) -> None:
    office.standing = (OTHER_MAILBOX,)
    office.taking_in.follow_all()
    meeting, item = office.books_and_saves()
    copied = office.online.copies(item, to=to, start=START + DAY)
    copied.has_attendees = True
    office.settles()
    assert CalendarNote.COPY_ASKED in office.reads(meeting).calendar_notes
    office.online.deletes(copied)
    office.settles()
    assert office.reads(meeting).calendar_notes == frozenset()


def test_the_question_goes_with_the_copy_of_a_meeting_that_has_ended(office: CalendarDesk) -> None:
    meeting, item, copied = asked_about(office)
    is_removed_by_hand(office, meeting, item)
    office.online.deletes(copied)
    office.comes_to(office.desk.clock.time + 2 * HOUR, step=HOUR / 2)
    assert office.reads(meeting).calendar_notes == frozenset()
    office.online.asked.clear()
    office.comes_to(office.desk.clock.time + DAY, step=3 * HOUR)
    assert "look" not in office.online.asked


@pytest.mark.parametrize("kind", [{}, LECTURE])
def test_a_copy_of_a_removed_meeting_that_turns_up_later_loses_the_dead_link_and_gets_no_other(
    office: CalendarDesk, kind: dict[str, str]
) -> None:
    meeting, item = office.books_and_saves(**kind)
    is_removed_by_hand(office, meeting, item)
    copied = office.online.copies(item)
    copied.in_trash = False
    office.settles()
    assert (copied.block, copied.tag) == (None, None)
    assert len(office.meetings()) == 1


def test_an_answer_that_nobody_waits_for_is_refused_and_a_repeated_one_is_not(office: CalendarDesk) -> None:
    meeting, _ = office.books_and_saves()
    with pytest.raises(NoCopyAsked):
        office.answers.answer_copies(meeting.id, CopyAnswer.OWN_ROOM, WHO)
    meeting, _, _ = asked_about(office, "again")
    for _ in range(2):
        office.answers.answer_copies(meeting.id, CopyAnswer.STRIP, WHO)
        office.settles()
    with pytest.raises(NoCopyAsked):
        office.answers.answer_copies(meeting.id, CopyAnswer.OWN_ROOM, WHO)


def test_what_may_not_be_written_is_refused_rather_than_taken(read_only: CalendarDesk) -> None:
    meeting, item = read_only.books_and_saves()
    read_only.online.copies(item)
    read_only.settles()
    for answer in (CopyAnswer.OWN_ROOM, CopyAnswer.STRIP):
        with pytest.raises(CopiesNotWritable):
            read_only.answers.answer_copies(meeting.id, answer, WHO)
    read_only.answers.answer_copies(meeting.id, CopyAnswer.LEAVE, WHO)
    read_only.settles()
    assert read_only.reads(meeting).calendar_notes == frozenset()


def test_nobody_else_may_answer(office: CalendarDesk) -> None:
    meeting, _ = office.books_and_saves()
    stranger = Principal(TENANT, "cccccccc-bbbb-4ccc-8ddd-eeeeeeeeeeee", OTHER_MAILBOX)
    with pytest.raises(MeetingNotFound):
        office.answers.answer_copies(meeting.id, CopyAnswer.OWN_ROOM, stranger)


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


def test_a_deleted_original_does_not_lend_its_meeting_to_a_copy_that_is_older(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.unreadable[MAILBOX] = Unread.UNREACHABLE
    copied = office.online.copies(item)
    office.after(2 * GRACE)
    office.online.deletes(item)
    del office.online.unreadable[MAILBOX]
    for _ in range(2):
        office.after(2 * GRACE)
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
