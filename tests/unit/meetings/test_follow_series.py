"""A meeting whose item is a series: one link, the current occurrence's time, and what changes in single occurrences."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from addin.meetings.bindings import SeriesAnswer
from addin.meetings.errors import MeetingNotFound, SeriesHasGoneOn
from addin.meetings.model import CalendarNote, Meeting, Window
from addin.meetings.notices import NoticeKind
from addin.meetings.ports import HintKind
from addin.meetings.read_texts import ReadTexts
from addin.meetings.tell import TellOthers
from calendar_sync.series import Occurrence, Series
from templates_messages.vocabulary import Occasion
from tests.unit.meetings.calendar_desk import CalendarDesk
from tests.unit.meetings.desk import WHO
from tests.unit.meetings.doors import START
from tests.unit.meetings.office_calendar import Item
from tests.unit.meetings.test_notices import texts_of

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
LENGTH = timedelta(minutes=45)
# START is a Monday, 10:00 in Stockholm; the fifth is after the clocks have changed.
WEEKLY = Series("FREQ=WEEKLY;BYDAY=MO;COUNT=6", START, "Europe/Stockholm", LENGTH)


def weekly(office: CalendarDesk, *, one_link: bool = True) -> tuple[Meeting, Item]:
    """Book, make a weekly series of it, and say whether the same people meet."""
    meeting, item = office.books_and_saves()
    office.online.repeats(item, WEEKLY)
    office.settles()
    if one_link:
        office.answers.answer_series(meeting.id, one_link=True, who=WHO)
        office.settles()
    return office.reads(meeting), item


def repeats_as(office: CalendarDesk, item: Item, *rules: Series) -> None:
    """Make one series after the other of the item, each seen by the service."""
    for series in rules:
        office.online.repeats(item, series)
        office.settles()


def told_and_moved(office: CalendarDesk) -> tuple[Meeting, Item, Occurrence]:
    """Tell a patient of a weekly series, then move its second time by a day; return that time, too."""
    meeting, item = weekly(office)
    office.tells(meeting)
    second = START + WEEK
    moved = Occurrence(second, second + DAY, second + DAY + LENGTH)
    office.online.repeats(item, replace(WEEKLY, moved=(moved,)))
    office.settles()
    return meeting, item, moved


def starts(office: CalendarDesk, meeting: Meeting, *, cancelled: bool = False) -> list[datetime]:
    rows = office.desk.ledger.read(lambda reading: reading.occurrences(meeting.id))
    return [row.start for row in rows if row.cancelled == cancelled]


def test_the_clinician_is_asked_when_a_patient_s_item_becomes_a_series(office: CalendarDesk) -> None:
    meeting, _ = weekly(office, one_link=False)
    assert meeting.calendar_notes == {CalendarNote.SERIES, CalendarNote.SERIES_ASKED}
    assert office.owed(meeting) == [NoticeKind.SERIES_ASKED]
    assert office.binding(meeting).series_answer is SeriesAnswer.ASKED
    assert (meeting.revision, meeting.window.start) == (1, START)


def test_until_she_has_answered_the_link_leads_to_the_first_occurrence_alone(office: CalendarDesk) -> None:
    meeting, _ = weekly(office, one_link=False)
    office.comes_to(START + 8 * DAY, step=12 * HOUR)
    assert office.reads(meeting).window.start == START


@pytest.mark.parametrize("answer", [None, False])
def test_the_link_of_one_patient_never_leads_to_the_next_occurrence(
    office: CalendarDesk, answer: bool | None
) -> None:
    meeting, item = weekly(office, one_link=False)
    if answer is False:
        office.answers.answer_series(meeting.id, one_link=False, who=WHO)
        office.settles()
    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({date(2027, 3, 1)})))
    office.rests()
    suspected = office.reads(meeting)
    assert CalendarNote.PERHAPS_CANCELLED in suspected.calendar_notes
    assert (suspected.window.start, suspected.is_cancelled) == (START, False)
    office.after(timedelta(minutes=11))
    ended = office.reads(meeting)
    assert (ended.window.start, ended.is_cancelled) == (START, True)
    office.after(DAY)
    assert office.reads(meeting).is_cancelled


@pytest.mark.parametrize("one_link", [True, False])
def test_a_time_that_is_put_back_after_its_meeting_ended_has_the_same_link_again(
    office: CalendarDesk, *, one_link: bool
) -> None:
    meeting, item = weekly(office, one_link=one_link)
    office.tells(meeting)
    gone = frozenset((START + WEEK * number).date() for number in range(6 if one_link else 1))
    repeats_as(office, item, replace(WEEKLY, cancelled=gone))
    office.after(timedelta(minutes=11))
    ended, found = office.reads(meeting), office.found_by()
    assert (ended.is_cancelled, CalendarNote.ENDED_WITH_ITEM in ended.calendar_notes) == (True, True)
    office.comes_to(office.desk.clock.time + 3 * HOUR, step=HOUR)
    assert (office.reads(meeting).is_cancelled, office.found_by()) == (True, found)

    repeats_as(office, item, WEEKLY)
    back = office.reads(meeting)
    assert (back.is_cancelled, back.join_code, back.window.start) == (False, meeting.join_code, START)
    assert back.must_hear == ()


def test_a_time_that_is_put_back_is_that_of_the_meeting_that_was_booked_meanwhile(
    office: CalendarDesk,
) -> None:
    meeting, item = weekly(office)
    gone = frozenset((START + WEEK * number).date() for number in range(6))
    repeats_as(office, item, replace(WEEKLY, cancelled=gone))
    office.after(timedelta(minutes=11))
    again = office.books_in(item, "again")
    repeats_as(office, item, WEEKLY)
    assert (office.reads(meeting).is_cancelled, office.reads(again).is_cancelled) == (True, False)


def test_another_first_time_than_the_one_that_was_taken_out_is_nobody_s_who_has_the_link(
    office: CalendarDesk,
) -> None:
    meeting, item = weekly(office, one_link=False)
    repeats_as(office, item, replace(WEEKLY, cancelled=frozenset({START.date()})))
    office.after(timedelta(minutes=11))
    repeats_as(office, item, replace(WEEKLY, first_start=START + WEEK))
    assert office.reads(meeting).is_cancelled
    office.online.repeats(item, None)
    office.settles()
    assert office.reads(meeting).is_cancelled


# Either the door of the first time has closed before; or the next one has its turn with the same look.
@pytest.mark.parametrize(
    ("last_look", "ended"),
    [
        (2 * DAY, {"cancelled": frozenset((START + WEEK * number).date() for number in range(1, 6))}),
        (HOUR, {"rule": "FREQ=WEEKLY;BYDAY=MO;COUNT=1"}),
    ],
)
def test_a_series_that_has_no_time_left_before_the_one_that_people_know_ends_its_meeting(
    office: CalendarDesk, last_look: timedelta, ended: dict[str, Any]
) -> None:
    meeting, item = weekly(office)
    office.tells(meeting)
    office.comes_to(START + last_look, step=DAY)
    office.online.repeats(item, replace(WEEKLY, **ended))
    office.online.told.clear()
    office.desk.clock.time += 2 * HOUR
    office.rests(delivering=False)
    suspected = office.reads(meeting)
    assert (suspected.window.start, suspected.is_cancelled) == (START + WEEK, False)
    assert CalendarNote.PERHAPS_CANCELLED in suspected.calendar_notes
    office.after(10 * MINUTE)
    after = office.reads(meeting)
    assert (after.window.start, after.is_cancelled, after.must_hear) == (START + WEEK, True, ("patient",))
    assert after.calendar_notes == {CalendarNote.ENDED_WITH_ITEM}, "nothing is asked or told of a next time"
    assert NoticeKind.CANCELLED in office.owed(meeting)


@pytest.mark.parametrize("one_link", [True, False])
@pytest.mark.parametrize(
    "one_time",
    [Occurrence(START, START, START + 3 * DAY), Occurrence(START, START - 8 * DAY, START - 8 * DAY + LENGTH)],
)
def test_one_time_of_a_series_that_no_meeting_can_have_leaves_it_its_own_until_it_is_mended(
    office: CalendarDesk, one_time: Occurrence, *, one_link: bool
) -> None:
    meeting, item = weekly(office, one_link=one_link)
    office.answers.answer_series(meeting.id, one_link=one_link, who=WHO)
    office.tells(meeting)
    before = office.reads(meeting).window
    repeats_as(office, item, replace(WEEKLY, moved=(one_time,)))

    held = office.reads(meeting)
    assert (held.window, held.must_hear) == (before, ())
    assert CalendarNote.TIME_UNUSABLE in held.calendar_notes
    assert set(office.owed(meeting)) == {NoticeKind.SERIES_ASKED, NoticeKind.TIME_UNUSABLE}

    repeats_as(office, item, replace(WEEKLY, moved=(Occurrence(START, START + HOUR, START + 2 * HOUR),)))
    mended = office.reads(meeting)
    assert (mended.window.start, CalendarNote.TIME_UNUSABLE in mended.calendar_notes) == (START + HOUR, False)


def test_a_later_time_of_a_series_that_no_meeting_can_have_is_told_before_its_turn(
    office: CalendarDesk,
) -> None:
    meeting, item = weekly(office)
    second = START + WEEK
    repeats_as(office, item, replace(WEEKLY, moved=(Occurrence(second, second, second + 3 * DAY),)))
    assert set(office.owed(meeting)) == {NoticeKind.SERIES_ASKED, NoticeKind.TIME_UNUSABLE}
    office.comes_to(START + 2 * DAY, step=12 * HOUR)
    rolled = office.reads(meeting).window
    assert (rolled.start, rolled.end) == (second, second + LENGTH)


def test_a_series_that_is_over_as_it_was_to_be_ends_nothing(office: CalendarDesk) -> None:
    meeting, item = weekly(office)
    office.comes_to(START + 5 * WEEK + DAY, step=WEEK)
    office.online.repeats(item, replace(WEEKLY, rule="FREQ=WEEKLY;BYDAY=MO;COUNT=5"))
    office.settles()
    office.after(10 * MINUTE)
    assert not office.reads(meeting).is_cancelled


def test_an_only_occurrence_that_was_missed_in_time_is_called_off_also_during_the_visit(
    office: CalendarDesk,
) -> None:
    meeting, item = weekly(office, one_link=False)
    office.comes_to(START - 5 * MINUTE, step=DAY)
    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({START.date()})))
    office.rests()
    office.after(10 * MINUTE)
    assert office.reads(meeting).is_cancelled


def test_an_only_occurrence_that_a_host_has_started_is_not_ended_with_its_time(office: CalendarDesk) -> None:
    meeting, item = weekly(office, one_link=False)
    begun = START - 14 * MINUTE
    office.comes_to(begun, step=DAY)
    office.desk.ledger.write(lambda writing: writing.host_started(meeting.id, begun))
    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({START.date()})))
    office.rests()
    office.after(11 * MINUTE)
    assert not office.reads(meeting).is_cancelled


def test_an_only_occurrence_that_is_put_back_within_the_grace_ends_nothing(office: CalendarDesk) -> None:
    meeting, item = weekly(office, one_link=False)
    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({date(2027, 3, 1)})))
    office.rests()
    office.online.repeats(item, WEEKLY)
    office.after(timedelta(minutes=11))
    back = office.reads(meeting)
    assert not back.is_cancelled
    assert CalendarNote.PERHAPS_CANCELLED not in back.calendar_notes


def test_one_link_leads_to_each_occurrence_in_turn_and_nobody_is_mailed(office: CalendarDesk) -> None:
    meeting, _ = weekly(office)
    office.tells(meeting)
    seen = []
    for week in range(1, 7):
        office.comes_to(START + (week - 1) * WEEK + 3 * HOUR, step=DAY)
        seen.append(office.reads(meeting).window.start)
    stockholm_ten = [START + week * WEEK for week in range(6)]
    # After 2027-03-28 ten o'clock in Stockholm is an hour earlier in UTC.
    expected = [start - HOUR if start.date() > date(2027, 3, 28) else start for start in stockholm_ten]
    assert seen == [*expected[1:], expected[5]]
    rolled = office.reads(meeting)
    assert (rolled.revision, rolled.previous, rolled.must_hear) == (meeting.revision, None, ())
    assert NoticeKind.RESCHEDULED not in office.owed(meeting)
    assert len(office.desk.rooms(meeting.id)) == 1


def test_the_near_occurrences_are_known(office: CalendarDesk) -> None:
    meeting, _ = weekly(office)
    assert starts(office, meeting)[:2] == [START, START + WEEK]


def test_a_moved_current_occurrence_is_a_new_time(office: CalendarDesk) -> None:
    meeting, item = weekly(office)
    office.tells(meeting)
    moved = Occurrence(START, START + 2 * HOUR, START + 2 * HOUR + LENGTH)
    office.online.repeats(item, replace(WEEKLY, moved=(moved,)))
    office.settles()
    after = office.reads(meeting)
    assert (after.window.start, after.previous) == (START + 2 * HOUR, meeting.window)
    assert NoticeKind.RESCHEDULED in office.owed(meeting)
    assert after.must_hear == ("patient",)


def test_an_occurrence_that_is_told_under_an_id_of_its_own_is_followed_as_soon(office: CalendarDesk) -> None:
    meeting, item = weekly(office)
    off = replace(WEEKLY, cancelled=frozenset({START.date()}))
    office.online.changes_one_time(item, off, "id-of-its-own", HintKind.DELETED)
    office.settles()
    assert office.reads(meeting).window.start == START + WEEK


@pytest.mark.parametrize("is_series", [True, False])
def test_many_changes_of_other_appointments_cost_one_look_at_a_series_and_none_at_a_single_item(
    office: CalendarDesk, *, is_series: bool
) -> None:
    meeting, _ = weekly(office) if is_series else office.books_and_saves()
    office.online.asked.clear()
    for _ in range(20):
        other = office.online.creates(meeting.mailbox, START, START + LENGTH)
        office.online.drags(other, START + DAY)
        office.online.deletes(other)
    office.settles()
    assert office.online.asked.count("look") == (1 if is_series else 0)


def test_a_cancelled_current_occurrence_gives_its_turn_to_the_next(office: CalendarDesk) -> None:
    meeting, item = weekly(office)
    office.tells(meeting)
    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({START.date()})))
    office.settles()
    after = office.reads(meeting)
    assert after.window.start == START + WEEK
    assert CalendarNote.OCCURRENCE_CANCELLED in after.calendar_notes
    assert starts(office, meeting, cancelled=True) == [START]
    assert NoticeKind.OCCURRENCE_CANCELLED in office.owed(meeting)

    office.comes_to(START + DAY, step=8 * HOUR)
    assert CalendarNote.OCCURRENCE_CANCELLED not in office.reads(meeting).calendar_notes


@pytest.mark.parametrize("moved_by", [DAY, -2 * DAY])
def test_a_moved_occurrence_that_is_deleted_is_off_and_has_no_new_time(
    office: CalendarDesk, moved_by: timedelta
) -> None:
    meeting, item = weekly(office)
    second = START + WEEK
    moved = Occurrence(second, second + moved_by, second + moved_by + LENGTH)
    office.online.repeats(item, replace(WEEKLY, moved=(moved,)))
    office.comes_to(START + 2 * DAY, step=6 * HOUR)
    assert office.reads(meeting).window.start == moved.start
    office.tells(meeting)

    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({second.date()})))
    office.settles()

    after = office.reads(meeting)
    assert after.window.start == START + 2 * WEEK
    assert NoticeKind.OCCURRENCE_CANCELLED in office.owed(meeting)
    assert CalendarNote.OCCURRENCE_CANCELLED in after.calendar_notes
    assert starts(office, meeting, cancelled=True) == [moved.start]


def test_a_moved_occurrence_that_is_over_by_its_first_time_is_off_where_it_was_moved_to(
    office: CalendarDesk,
) -> None:
    meeting, item = weekly(office)
    moved = Occurrence(START, START + 3 * DAY, START + 3 * DAY + LENGTH)
    office.online.repeats(item, replace(WEEKLY, moved=(moved,)))
    office.comes_to(START + 2 * DAY, step=6 * HOUR)
    office.tells(meeting)
    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({START.date()})))
    office.settles()
    after = office.reads(meeting)
    assert after.window.start == START + WEEK
    assert NoticeKind.OCCURRENCE_CANCELLED in office.owed(meeting)
    assert CalendarNote.OCCURRENCE_CANCELLED in after.calendar_notes
    assert starts(office, meeting, cancelled=True) == [moved.start]


def test_a_later_occurrence_that_changes_leaves_the_time_and_must_be_told(office: CalendarDesk) -> None:
    meeting, item = weekly(office)
    office.tells(meeting)
    later = START + WEEK
    moved = Occurrence(later, later + HOUR, later + HOUR + LENGTH)
    office.online.repeats(item, replace(WEEKLY, moved=(moved,)))
    office.settles()
    after = office.reads(meeting)
    assert (after.window, after.must_hear) == (meeting.window, ("patient",))
    assert starts(office, meeting)[1] == later + HOUR
    assert NoticeKind.SERIES_CHANGED in office.owed(meeting)


def test_texts_name_each_changed_time_of_a_series_to_those_who_have_not_heard_of_it(
    office: CalendarDesk,
) -> None:
    meeting, item = weekly(office)
    office.tells(meeting)
    office.tells(meeting, "interpreter")
    second, third, fourth = (START + WEEK * number for number in (1, 2, 3))
    moved = Occurrence(second, second + DAY, second + DAY + LENGTH)
    office.online.repeats(item, replace(WEEKLY, moved=(moved,), cancelled=frozenset({third.date()})))
    office.settles()
    told = to_tell(office, meeting)
    assert told["patient"] == told["interpreter"] == [(second, second + DAY), (third, None)]
    new_time, off = texts_to(office, meeting, "patient")
    assert "Ny tid: tisdag 9 mars 2027 kl. 10.00–10.45" in new_time
    assert "Tidigare tid: måndag 8 mars 2027 kl. 10.00–10.45" in new_time
    assert "Inställd tid: måndag 15 mars 2027 kl. 10.00–10.45" in off
    assert "gäller för de andra mötena" in off

    # The interpreter hears of both. Then one is moved again, one put back, and one goes that nobody has heard of.
    office.tells(meeting, "interpreter")
    again = Occurrence(second, second + 2 * DAY, second + 2 * DAY + LENGTH)
    office.online.repeats(item, replace(WEEKLY, moved=(again,), cancelled=frozenset({fourth.date()})))
    office.settles()
    told = to_tell(office, meeting)
    assert told["patient"] == [(second, second + 2 * DAY), (fourth, None)]
    assert told["interpreter"] == [(second + DAY, second + 2 * DAY), (None, third), (fourth, None)]
    assert "15 mars" in texts_to(office, meeting, "interpreter")[1]

    # All as at first: to whoever has heard of nothing there is nothing to say of single times.
    office.online.repeats(item, WEEKLY)
    office.settles()
    told = to_tell(office, meeting)
    assert "patient" not in told
    assert told["interpreter"] == [(second + DAY, second), (None, third)]


def test_a_later_time_that_was_dragged_back_is_no_news_to_whoever_has_not_heard_of_it(
    office: CalendarDesk,
) -> None:
    meeting, item, moved = told_and_moved(office)
    third = moved.original_start + WEEK
    assert office.reads(meeting).must_hear == ("patient",)
    office.online.repeats(item, WEEKLY)
    office.settles()
    assert office.reads(meeting).must_hear == ()
    assert NoticeKind.SERIES_CHANGED not in office.owed(meeting)

    # Also when the next time came back together with it; and another that stays off is still news.
    both = replace(WEEKLY, moved=(moved,), cancelled=frozenset({START.date(), third.date()}))
    office.online.repeats(item, both)
    office.settles()
    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({third.date()})))
    office.settles()
    assert to_tell(office, meeting) == {"patient": [(third, None)]}
    office.online.repeats(item, WEEKLY)
    office.settles()
    assert office.reads(meeting).must_hear == ()


def test_a_series_with_another_rule_is_news_though_a_later_time_came_back(office: CalendarDesk) -> None:
    meeting, item = weekly(office)
    office.tells(meeting)
    second = START + WEEK
    moved = Occurrence(second, second + DAY, second + DAY + LENGTH)
    shorter = replace(WEEKLY, rule="FREQ=WEEKLY;BYDAY=MO;COUNT=4")
    repeats_as(office, item, replace(WEEKLY, moved=(moved,)), replace(shorter, moved=(moved,)), shorter)
    assert office.reads(meeting).must_hear == ("patient",)


TUESDAYS = replace(WEEKLY, rule="FREQ=WEEKLY;BYDAY=TU;COUNT=6", first_start=START + DAY)
EVERY_OTHER = replace(WEEKLY, rule="FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;COUNT=6")


@pytest.mark.parametrize(
    ("rules", "must_hear"),
    [
        ([TUESDAYS, EVERY_OTHER], True),
        ([EVERY_OTHER, TUESDAYS, EVERY_OTHER], True),
        ([TUESDAYS, WEEKLY], False),
        ([EVERY_OTHER, WEEKLY], False),
        ([TUESDAYS, EVERY_OTHER, WEEKLY], False),
    ],
)
def test_another_rule_is_news_also_when_their_own_time_came_back_with_it_until_the_rule_does(
    office: CalendarDesk, rules: list[Series], *, must_hear: bool
) -> None:
    meeting, item = weekly(office)
    office.tells(meeting)
    repeats_as(office, item, *rules)
    after = office.reads(meeting)
    assert after.window.start == START
    assert after.must_hear == (("patient",) if must_hear else ())
    office.tells(meeting)
    assert office.reads(meeting).must_hear == ()


def test_a_time_by_another_rule_that_nobody_was_told_of_is_nobody_s_news(office: CalendarDesk) -> None:
    meeting, item = weekly(office)
    office.tells(meeting)
    second = START + DAY + WEEK
    moved = Occurrence(second, second + DAY, second + DAY + LENGTH)
    repeats_as(office, item, TUESDAYS, replace(TUESDAYS, moved=(moved,)))
    assert to_tell(office, meeting) == {"patient": []}
    office.online.repeats(item, WEEKLY)
    office.settles()
    assert office.reads(meeting).must_hear == ()


def test_whose_rule_came_back_with_one_time_moved_hears_of_that_time(office: CalendarDesk) -> None:
    meeting, item = weekly(office)
    office.tells(meeting)
    second = START + WEEK
    moved = Occurrence(second, second + DAY, second + DAY + LENGTH)
    repeats_as(office, item, EVERY_OTHER, WEEKLY, replace(WEEKLY, moved=(moved,)))
    assert to_tell(office, meeting) == {"patient": [(second, moved.start)]}


def test_what_is_over_and_the_next_time_itself_have_no_text_beside_it(office: CalendarDesk) -> None:
    meeting, item = weekly(office)
    office.tells(meeting)
    second = START + WEEK
    earlier = Occurrence(START, START - HOUR, START - HOUR + LENGTH)
    moved = Occurrence(second, second + DAY, second + DAY + LENGTH)
    office.online.repeats(item, replace(WEEKLY, moved=(earlier, moved)))
    office.settles()
    assert to_tell(office, meeting) == {"patient": [(second, second + DAY)]}
    office.comes_to(second + 3 * DAY, step=3 * DAY)
    assert to_tell(office, meeting) == {"patient": []}


def test_whose_own_time_is_off_is_told_that_it_is_and_not_that_it_has_moved_to_the_next(
    office: CalendarDesk,
) -> None:
    meeting, item = weekly(office)
    office.tells(meeting)
    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({START.date()})))
    office.settles()
    assert to_tell(office, meeting) == {"patient": [(START, None)]}
    _, (patient,) = telling(office).look(meeting.start_code, WHO)
    assert "Inställd tid: måndag 1 mars 2027 kl. 10.00–10.45" in texts_to(office, meeting, "patient")[0]
    assert patient.text
    assert patient.text.occasion is Occasion.INVITATION
    assert "8 mars" in patient.text.plain
    assert Occasion.RESCHEDULED not in offered(office, meeting, "patient")


def test_whose_own_time_has_moved_is_offered_the_text_about_it_in_the_pane(office: CalendarDesk) -> None:
    meeting, item = weekly(office)
    office.tells(meeting)
    moved = Occurrence(START, START + DAY, START + DAY + LENGTH)
    office.online.repeats(item, replace(WEEKLY, moved=(moved,)))
    office.settles()
    assert Occasion.RESCHEDULED in offered(office, meeting, "patient")


def offered(office: CalendarDesk, meeting: Meeting, audience: str) -> list[Occasion]:
    """Return which texts the pane offers."""
    read = ReadTexts(office.desk.ledger, texts_of(office.desk), office.desk.clock)
    texts = read.for_audience(meeting.id, audience, "sv", WHO, of_coming=False).texts
    return [text.occasion for text in texts]


def test_of_another_time_that_changed_people_hear_also_when_their_own_came_back(office: CalendarDesk) -> None:
    meeting, item = weekly(office)
    office.tells(meeting)
    second = START + WEEK
    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({START.date(), second.date()})))
    office.settles()
    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({second.date()})))
    office.settles()
    assert office.reads(meeting).window.start == START
    assert to_tell(office, meeting) == {"patient": [(second, None)]}
    office.online.repeats(item, WEEKLY)
    office.settles()
    # Their own time alone that is off, and on again, needs no word.
    office.tells(meeting)
    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({START.date()})))
    office.settles()
    office.online.repeats(item, WEEKLY)
    office.settles()
    assert office.reads(meeting).must_hear == ()


def test_the_next_time_is_not_said_to_be_as_before_when_a_text_beside_it_tells_that_it_moved(
    office: CalendarDesk,
) -> None:
    meeting, item, moved = told_and_moved(office)
    second = moved.original_start
    now, (patient,) = telling(office).look(meeting.start_code, WHO)
    assert not patient.is_among_times(now.window)
    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({START.date()}), moved=(moved,)))
    office.settles()
    now, (patient,) = telling(office).look(meeting.start_code, WHO)
    assert to_tell(office, meeting) == {"patient": [(START, None), (second, second + DAY)]}
    assert patient.is_among_times(now.window)


def test_a_time_that_moved_past_the_next_one_is_not_told_as_moved_to_it(office: CalendarDesk) -> None:
    meeting, item = weekly(office)
    office.tells(meeting)
    late = START + WEEK + DAY
    office.online.repeats(item, replace(WEEKLY, moved=(Occurrence(START, late, late + LENGTH),)))
    office.settles()
    now, (patient,) = telling(office).look(meeting.start_code, WHO)
    assert now.window.start == START + WEEK
    assert to_tell(office, meeting) == {"patient": [(START, late)]}
    assert patient.text
    assert patient.text.occasion is Occasion.INVITATION


def test_a_time_that_changed_while_the_one_before_it_ran_out_is_told(office: CalendarDesk) -> None:
    meeting, item = weekly(office)
    office.tells(meeting)
    second = START + WEEK
    moved = Occurrence(second, second + DAY, second + DAY + LENGTH)
    office.comes_to(START + HOUR, step=2 * WEEK)
    office.online.repeats(item, replace(WEEKLY, moved=(moved,)))
    office.online.told.clear()
    # Both are seen by one look: the next occurrence has its turn, and is at another time than people know.
    office.desk.clock.time = START + 6 * HOUR
    office.rests(delivering=False)
    after = office.reads(meeting)
    assert (after.window.start, after.must_hear) == (second + DAY, ("patient",))
    assert after.earlier_time("patient") == Window(second, second + LENGTH, "Europe/Stockholm")


def test_who_did_not_hear_of_a_move_still_knows_the_old_time_when_its_turn_comes(
    office: CalendarDesk,
) -> None:
    meeting, _, moved = told_and_moved(office)
    second, third = moved.original_start, moved.original_start + WEEK
    office.comes_to(START + 2 * DAY, step=DAY)
    on_turn = office.reads(meeting)
    assert (on_turn.window.start, on_turn.must_hear) == (second + DAY, ("patient",))
    assert on_turn.earlier_time("patient") == Window(second, second + LENGTH, "Europe/Stockholm")
    assert on_turn.known_time("patient", office.desk.clock.now()).start == second
    assert to_tell(office, meeting) == {"patient": []}
    # When it is over there is nothing to say of it, and the next one is where she knows it.
    office.comes_to(second + 2 * DAY, step=DAY)
    after = office.reads(meeting)
    assert (after.window.start, after.earlier_time("patient")) == (third, None)


def test_a_link_that_has_gone_on_to_a_later_time_is_not_taken_back_to_the_first(office: CalendarDesk) -> None:
    meeting, item = weekly(office)
    office.answers.answer_series(meeting.id, one_link=False, who=WHO)  # while it is the first one
    office.answers.answer_series(meeting.id, one_link=True, who=WHO)
    office.comes_to(START + DAY, step=DAY)
    assert office.reads(meeting).window.start == START + WEEK

    with pytest.raises(SeriesHasGoneOn):
        office.answers.answer_series(meeting.id, one_link=False, who=WHO)

    repeats_as(office, item, replace(WEEKLY, cancelled=frozenset({(START + 3 * WEEK).date()})))
    assert office.reads(meeting).window.start == START + WEEK


def test_who_comes_to_the_first_time_alone_need_not_hear_of_the_others(office: CalendarDesk) -> None:
    meeting, item = weekly(office, one_link=False)
    office.answers.answer_series(meeting.id, one_link=False, who=WHO)
    office.settles()
    office.tells(meeting)
    office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({(START + WEEK).date()})))
    office.settles()
    assert office.reads(meeting).must_hear == ()


def to_tell(
    office: CalendarDesk, meeting: Meeting
) -> dict[str, list[tuple[datetime | None, datetime | None]]]:
    """Return which other times each audience must hear of on the page *Lämna besked*: as known, and as it is."""
    _, others = telling(office).look(meeting.start_code, WHO)
    times = {other.audience: [one.changed for one in other.times] for other in others}
    return {
        audience: [
            (one.was.start if one.was else None, one.now.start if one.now else None) for one in changed
        ]
        for audience, changed in times.items()
    }


def texts_to(office: CalendarDesk, meeting: Meeting, audience: str) -> list[str]:
    _, others = telling(office).look(meeting.start_code, WHO)
    texts = [one.text for other in others if other.audience == audience for one in other.times]
    return [text.plain for text in texts if text]


def telling(office: CalendarDesk) -> TellOthers:
    return TellOthers(office.desk.ledger, texts_of(office.desk), office.desk.clock)


def test_another_pattern_is_followed(office: CalendarDesk) -> None:
    meeting, item = weekly(office)
    tuesday = START + DAY
    office.online.repeats(item, replace(WEEKLY, rule="FREQ=WEEKLY;BYDAY=TU;COUNT=3", first_start=tuesday))
    office.settles()
    assert office.reads(meeting).window.start == tuesday
    assert len(starts(office, meeting)) == 3


def test_a_series_that_is_single_again_is_an_item_like_others(office: CalendarDesk) -> None:
    meeting, item = weekly(office)
    office.online.repeats(item, None)
    office.online.drags(item, START + 3 * DAY)
    office.settles()
    after = office.reads(meeting)
    assert after.window.start == START + 3 * DAY
    assert after.calendar_notes == frozenset()
    assert starts(office, meeting) == []


def test_a_deleted_series_ends_its_meeting(office: CalendarDesk) -> None:
    meeting, item = weekly(office)
    office.online.deletes(item)
    office.settles()
    office.after(timedelta(minutes=10))
    assert office.reads(meeting).is_cancelled
    office.online.restores(item)
    office.settles()
    assert not office.reads(meeting).is_cancelled


def test_where_the_type_says_so_nobody_is_asked(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves(type="internal-meeting", variant="staff")
    office.online.repeats(item, WEEKLY)
    office.settles()
    assert office.binding(meeting).series_answer is SeriesAnswer.ONE_LINK
    assert office.owed(meeting) == []
    assert ("became_series", "one_link") in office.audited(meeting)


def test_an_item_that_is_repeated_when_its_meeting_is_over_goes_on_at_the_next_time(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves(type="internal-meeting", variant="staff")
    office.comes_to(START + DAY, step=12 * HOUR)
    office.online.repeats(item, WEEKLY)
    office.settles()
    assert office.reads(meeting).window.start == START + WEEK


def test_who_says_that_others_meet_keeps_the_first_occurrence(office: CalendarDesk) -> None:
    meeting, _ = weekly(office, one_link=False)
    office.answers.answer_series(meeting.id, one_link=False, who=WHO)
    office.comes_to(START + 8 * DAY, step=12 * HOUR)
    after = office.reads(meeting)
    assert after.window.start == START
    assert after.calendar_notes == {CalendarNote.SERIES}


@pytest.mark.parametrize(
    ("to", "moves"), [(START + 9 * DAY, True), (START - HOUR, False)], ids=["to another day", "as it was"]
)
def test_a_first_time_that_is_over_is_moved_like_a_single_item(
    office: CalendarDesk, to: datetime, *, moves: bool
) -> None:
    meeting, item = weekly(office, one_link=False)
    office.answers.answer_series(meeting.id, one_link=False, who=WHO)
    office.tells(meeting)
    office.comes_to(START + DAY, step=12 * HOUR)
    repeats_as(office, item, Series("FREQ=WEEKLY;COUNT=6", to, "Europe/Stockholm", LENGTH))
    after = office.reads(meeting)
    # Who was told of the time that is over knows nothing of the other one.
    assert (after.window.start, after.must_hear) == ((to, ("patient",)) if moves else (START, ()))
    assert (NoticeKind.RESCHEDULED in office.owed(meeting)) == moves


def test_there_is_nothing_to_answer_about_a_single_item(office: CalendarDesk) -> None:
    meeting, _ = office.books_and_saves()
    with pytest.raises(MeetingNotFound):
        office.answers.answer_series(meeting.id, one_link=True, who=WHO)


def test_a_series_over_the_autumn_s_long_day_keeps_its_clock(office: CalendarDesk) -> None:
    first = datetime(2027, 10, 25, 8, tzinfo=UTC)
    meeting, item = office.books_and_saves()
    office.online.repeats(item, replace(WEEKLY, first_start=first, rule="FREQ=WEEKLY;BYDAY=MO;COUNT=2"))
    office.settles()
    office.answers.answer_series(meeting.id, one_link=True, who=WHO)
    office.comes_to(first - HOUR, step=20 * DAY)
    office.comes_to(first + 3 * HOUR)
    assert office.reads(meeting).window.start == datetime(2027, 11, 1, 9, tzinfo=UTC)
