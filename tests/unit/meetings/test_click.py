"""The item that she has open is looked at with her own rights: quicker, further, and nothing depends on it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from addin.meetings.model import CalendarNote
from calendar_sync.calendar import CalendarUnavailable, CalendarUnreadable, ConsentMissing, SignInNeeded
from calendar_sync.items import Unread
from tests.unit.meetings.calendar_desk import GRACE, MAILBOX, CalendarDesk
from tests.unit.meetings.doors import START

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def office(office: CalendarDesk) -> CalendarDesk:
    """A desk whose people lend the service their rights when they click."""
    office.lends_her_rights()
    return office


def clicks(office: CalendarDesk) -> dict[str, int]:
    """Return what looks with her rights came to."""
    counts = office.desk.ledger.read(lambda reading: reading.calendar_counts())
    return {
        name.removeprefix("click_looks_"): number
        for name, number in counts.items()
        if name.startswith("click_looks_")
    }


def test_the_answer_to_the_click_has_the_new_time_before_the_worker_has_looked(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.drags(item, START + DAY)
    clicked = office.opens(meeting, item)
    assert clicked.meeting.window.start == START + DAY
    assert clicked.challenge is None
    assert (office.found_by()["click"], clicks(office)) == (1, {"seen": 1})


def test_an_item_that_was_never_seen_is_bound_by_the_click(office: CalendarDesk) -> None:
    meeting = office.books()
    office.settles()
    item = office.saves(meeting)
    office.opens(meeting, item)
    binding = office.binding(meeting)
    assert (binding.item_id, binding.uid) == (item.id, item.uid)
    assert not office.reads(meeting).unbound


def test_her_rights_reach_a_mailbox_that_is_closed_to_the_service_which_stays_told(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    office.online.unreadable[MAILBOX] = Unread.DENIED
    office.after(2 * HOUR)
    office.online.drags(item, START + DAY)
    office.opens(meeting, item)
    office.settles(delivering=False)
    assert office.reads(meeting).window.start == START + DAY
    assert office.binding(meeting).unread is Unread.DENIED
    assert CalendarNote.CALENDAR_DENIED in office.reads(meeting).calendar_notes
    actions = [action for action, _ in office.audited(meeting)]
    assert (actions.count("frozen"), actions.count("thawed")) == (1, 0)


def test_her_rights_reach_a_mailbox_that_the_service_was_never_let_into(office: CalendarDesk) -> None:
    office.online.unreadable[MAILBOX] = Unread.DENIED
    meeting = office.books()
    office.settles()
    item = office.saves(meeting)
    assert not office.opens(meeting, item).meeting.unbound
    office.online.unreadable.clear()
    office.after(HOUR)
    binding = office.binding(meeting)
    assert (binding.backend, binding.item_id, binding.frozen) == ("graph", item.id, None)
    assert office.audited(meeting)[0] == ("bound", None)


def test_the_service_looks_itself_all_the_same(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.opens(meeting, item)
    office.online.asked.clear()
    office.settles()
    assert "find_tagged" in office.online.asked


@pytest.mark.parametrize(
    ("failure", "counted"),
    [
        (SignInNeeded("{}"), "sign_in_needed"),
        (ConsentMissing(), "no_consent"),
        (CalendarUnavailable(), "unreachable"),
    ],
)
def test_what_cannot_be_done_in_her_name_the_worker_does(
    office: CalendarDesk, failure: CalendarUnreadable, counted: str
) -> None:
    office.her.failure = failure
    meeting = office.books()
    office.settles()
    item = office.saves(meeting)
    office.online.told.clear()
    clicked = office.opens(meeting, item)
    assert (clicked.meeting.unbound, clicked.challenge) == (True, None)
    office.settles(delivering=False)
    assert office.binding(meeting).item_id == item.id
    assert (office.found_by(), clicks(office)) == ({"click": 1}, {counted: 1})


def test_she_is_asked_to_sign_in_again_only_where_nobody_else_can_see_the_item(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.her.failure = SignInNeeded('{"access_token": {}}')
    assert office.opens(meeting, item).challenge is None
    office.online.unreadable[MAILBOX] = Unread.DENIED
    office.settles()
    assert office.opens(meeting, item).challenge == '{"access_token": {}}'


def test_what_she_cannot_see_is_not_taken_for_gone(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.unreadable[MAILBOX] = Unread.UNREACHABLE
    office.online.deletes(item)
    for _ in range(3):
        office.opens(meeting, item)
        office.desk.clock.time += 2 * GRACE
    assert office.binding(meeting).gone_since is None
    assert not office.reads(meeting).is_cancelled
    assert clicks(office) == {"not_the_item": 3}


def test_a_copy_that_she_has_open_does_not_take_the_meeting_over(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.unreadable[MAILBOX] = Unread.UNREACHABLE
    copied = office.online.copies(item, start=START + DAY)
    office.opens(meeting, copied)
    assert office.binding(meeting).item_id == item.id
    assert office.reads(meeting).window.start == START


def test_a_copy_that_she_has_open_takes_no_meeting_whose_item_nobody_has_seen_yet(
    office: CalendarDesk,
) -> None:
    meeting = office.books()
    office.settles()
    original = office.saves(meeting)
    office.desk.clock.time += timedelta(seconds=1)
    copied = office.online.copies(original, start=START + DAY)
    office.opens(meeting, copied)
    assert office.binding(meeting).uid == original.uid
    assert office.reads(meeting).window.start == START


def test_while_the_worker_holds_the_item_nobody_asks_in_her_name(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    held = office.desk.ledger.write(lambda writing: writing.claim_binding(meeting.id, 90.0))
    assert held
    office.opens(meeting, item)
    assert clicks(office) == {}


def test_where_only_she_may_look_the_worker_is_waited_for_but_not_for_long(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.unreadable[MAILBOX] = Unread.DENIED
    office.after(HOUR)
    office.online.drags(item, START + DAY)
    held = office.desk.ledger.write(lambda writing: writing.claim_binding(meeting.id, 90.0))
    assert held
    pauses: list[float] = []
    office.waited = pauses.append
    assert office.opens(meeting, item).meeting.window.start == START
    assert 0.5 < sum(pauses) <= 1.0

    office.waited = lambda _: office.desk.ledger.write(lambda writing: writing.release_binding(held))
    assert office.opens(meeting, item).meeting.window.start == START + DAY
    assert clicks(office) == {"seen": 1}


def test_her_look_brings_back_no_ended_meeting_into_an_item_in_which_another_was_booked(
    office: CalendarDesk,
) -> None:
    ended, item = office.books_and_saves()
    office.online.deletes(item)
    office.settles()
    office.after(GRACE)
    office.online.restores(item)
    office.books_in(item, "again")
    assert office.opens(ended, item).meeting.is_cancelled
    assert clicks(office) == {"seen": 1}


def test_a_look_that_lasted_too_long_records_nothing(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.drags(item, START + DAY)
    assert office.her.calendar

    def somebody_else_takes_it() -> None:
        office.desk.clock.time += timedelta(minutes=1)
        assert office.desk.ledger.write(lambda writing: writing.claim_binding(meeting.id, 90.0))

    office.her.calendar.before_answering = somebody_else_takes_it
    assert office.opens(meeting, item).meeting.window.start == START
    assert clicks(office) == {"overtaken": 1}


def test_a_fault_of_ours_is_not_hers(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    assert office.her.calendar
    office.her.calendar.items = None  # type: ignore[assignment]
    assert office.opens(meeting, item).meeting.id == meeting.id
    assert clicks(office) == {"failed": 1}


def test_the_mark_is_written_with_her_rights_where_the_service_may_write(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.unreadable[MAILBOX] = Unread.DENIED
    office.opens(meeting, item)
    assert item.own_tag is None  # she may still have it open unsaved: not before a quarter of an hour
    office.after(HOUR)
    office.opens(meeting, item)
    assert str(item.own_tag) == f"test/{meeting.id}"


def test_her_rights_write_nothing_where_the_service_may_only_read(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.rules = type(office.rules)(may_write=False, service_url=office.rules.service_url)
    office.after(HOUR)
    office.opens(meeting, item)
    assert (item.own_tag, clicks(office)) == (None, {"seen": 1})
