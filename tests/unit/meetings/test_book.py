"""*Skapa möte*: one wish for a key and for an item, committed before anything is asked of the provider."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from addin.meetings.errors import (
    IdempotencyKeyReused,
    MailboxNotAllowed,
    MeetingNotFound,
    TimeInPast,
    UnknownMeetingType,
    UnknownUnit,
    UnknownVariant,
)
from addin.meetings.model import MeetingState, Principal
from addin.meetings.sweep import IDEMPOTENCY_KEPT
from addin.meetings.units import Units
from tests.unit.meetings.desk import REQUEST, WHO, Desk
from tests.unit.meetings.doors import TENANT
from tests.unit.meetings.unreliable_provider import Fault, Killed

BO = Principal(TENANT, "bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee", "bo.sandstrom@region.example")


def test_a_click_makes_a_meeting_and_its_room(desk: Desk) -> None:
    booked = desk.book("key")

    assert (booked.created, booked.meeting.state) == (True, MeetingState.LIVE)
    assert [wish for _, wish in desk.provider.rooms.values()] == desk.wishes(booked.meeting)


def test_the_provider_is_asked_once_and_no_more_while_the_clinician_waits(desk: Desk) -> None:
    desk.books()
    assert desk.provider.calls == 1


def test_the_wish_is_there_before_the_provider_is_asked(desk: Desk) -> None:
    desk.provider.faults.append(Fault.KILLED_BEFORE)
    with pytest.raises(Killed):
        desk.book("key")

    again = desk.book("key")

    assert (again.created, again.meeting.state) == (False, MeetingState.WANTED)
    assert desk.rooms(again.meeting.id)[0].reference is None


def test_the_same_key_and_body_give_the_meeting_as_it_is_now(desk: Desk) -> None:
    first = desk.books()
    changed = desk.change(first, variant="group")

    again = desk.book("key")

    assert not again.created
    assert again.meeting == changed


def test_a_repeat_that_comes_when_the_meeting_is_over_is_told_of_it_and_nothing_else_is_booked(
    desk: Desk,
) -> None:
    first = desk.books()
    desk.clock.time = REQUEST.window.end

    again = desk.book("key")

    assert (again.created, again.meeting.id) == (False, first.id)
    with pytest.raises(TimeInPast):
        desk.book("another key")


def test_the_same_key_with_another_body_is_refused(desk: Desk) -> None:
    desk.books()
    with pytest.raises(IdempotencyKeyReused):
        desk.books(unit="habilitation")


def test_a_repeat_of_what_can_be_booked_no_more_is_told_of_the_meeting(desk: Desk) -> None:
    first = desk.books()
    without = replace(desk.book_meeting, units=Units([]))
    again = without(REQUEST, WHO, "key")
    assert (again.created, again.meeting.id) == (False, first.id)
    with pytest.raises(UnknownUnit):
        without(REQUEST, WHO, "another key")


def test_a_used_key_is_told_of_before_what_is_wrong_with_the_other_body(desk: Desk) -> None:
    desk.books()
    with pytest.raises(IdempotencyKeyReused):
        desk.books(unit="surgery")


def test_somebody_elses_key_is_another_key(desk: Desk) -> None:
    mine = desk.books()
    theirs = desk.book("key", replace(REQUEST, mailbox="bo.sandstrom@region.example"), BO)
    assert theirs.created
    assert theirs.meeting.id != mine.id


def test_a_key_is_forgotten_when_nobody_can_still_be_repeating_it(desk: Desk) -> None:
    first = desk.books()
    desk.clock.time += IDEMPOTENCY_KEPT - timedelta(seconds=1)
    desk.sweep()
    assert desk.books().id == first.id
    desk.clock.time += timedelta(seconds=2)
    desk.sweep()
    assert desk.books().id != first.id


def test_another_tab_of_the_same_saved_item_gets_the_same_meeting(desk: Desk) -> None:
    first = desk.books("one tab", item_id="item")
    second = desk.book("another tab", replace(REQUEST, item_id="item"))
    assert (second.created, second.meeting) == (False, first)


def test_an_item_whose_meeting_was_removed_can_have_a_new_one(desk: Desk) -> None:
    first = desk.books("first", item_id="item")
    desk.cancel(first)
    assert desk.book("second", replace(REQUEST, item_id="item")).created


def test_an_item_that_somebody_else_has_booked_shows_nothing_of_theirs(desk: Desk) -> None:
    theirs = desk.book("key", replace(REQUEST, item_id="item")).meeting
    mine = desk.book("key", replace(REQUEST, item_id="item"), BO)
    assert mine.created
    assert mine.meeting.id != theirs.id


def test_nobody_is_given_a_meeting_that_is_not_theirs_through_its_key(desk: Desk) -> None:
    meeting = desk.books()
    with pytest.raises(MeetingNotFound):
        desk.cancel(meeting, BO)
    with pytest.raises(MeetingNotFound):
        desk.change(meeting, BO, variant="group")


@pytest.mark.parametrize(
    ("fields", "failure"),
    [
        ({"type": "webinar"}, UnknownMeetingType),
        ({"variant": "secret"}, UnknownVariant),
        ({"unit": "surgery"}, UnknownUnit),
        ({"mailbox": "anna@somewhere-else.example"}, MailboxNotAllowed),
        ({"on_behalf_of": "anna@somewhere-else.example"}, MailboxNotAllowed),
        ({"mailbox": "anna@region.example.somewhere-else.example"}, MailboxNotAllowed),
    ],
)
def test_what_cannot_be_booked_leaves_nothing_behind(
    desk: Desk, fields: dict[str, str], failure: type[Exception]
) -> None:
    with pytest.raises(failure):
        desk.books(**fields)
    assert desk.provider.calls == 0
    assert desk.book("key").created


def test_nothing_that_the_provider_is_told_comes_from_the_item(desk: Desk) -> None:
    meeting = desk.books(item_id="an item's id")
    (wish,) = desk.wishes(meeting)
    told = f"{wish.name} {wish.alias} {wish.tag} {wish.title}"
    for private in (
        meeting.join_code,
        meeting.start_code,
        meeting.mailbox,
        WHO.object_id,
        "an item's id",
        meeting.id,
    ):
        assert private not in told


def test_two_meetings_share_no_code_no_name_no_address_and_no_pin_rule(desk: Desk) -> None:
    first, second = desk.books("first"), desk.books("second")
    assert len({first.join_code, first.start_code, second.join_code, second.start_code}) == 4
    (one,), (other,) = desk.wishes(first), desk.wishes(second)
    assert not {one.name, one.alias, one.tag} & {other.name, other.alias, other.tag}
