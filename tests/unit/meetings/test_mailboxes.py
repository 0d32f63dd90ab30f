"""What becomes of meetings whose calendar cannot be read, or whose mailbox goes to another; and of subscriptions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from addin.meetings import mailboxes
from addin.meetings.look_times import longest_pause_of_item
from addin.meetings.mailbox_waits import UNREAD_APART
from addin.meetings.model import UNREAD_NOTES, CalendarNote
from calendar_sync.calendar import CalendarUnavailable, Capabilities, NotUnderstood
from calendar_sync.items import Unread
from tests.unit.meetings.calendar_desk import GRACE, MAILBOX, OTHER_MAILBOX, CalendarDesk
from tests.unit.meetings.desk import WHO
from tests.unit.meetings.doors import START
from tests.unit.meetings.office_calendar import OfficeCalendar

PULLED = "david.nystrom@region.example"
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


# --- what cannot be read --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (Unread.DENIED, CalendarNote.CALENDAR_DENIED),
        (Unread.UNREACHABLE, CalendarNote.FROZEN),
        (Unread.MAILBOX_MISSING, CalendarNote.MAILBOX_LOST),
        (Unread.THROTTLED, CalendarNote.FROZEN),
    ],
)
def test_a_mailbox_that_cannot_be_read_for_a_week_loses_no_meeting(
    office: CalendarDesk, reason: Unread, told: CalendarNote
) -> None:
    meeting, item = office.books_and_saves()
    unbound = office.books("unbound")
    office.online.unreadable[MAILBOX] = reason
    office.online.deletes(item)
    office.comes_to(office.desk.clock.time + 7 * DAY, step=8 * HOUR)
    for one in (meeting, unbound):
        assert not office.reads(one).is_cancelled
        assert told in office.reads(one).calendar_notes

    item.in_trash = False
    item.start += DAY
    item.end += DAY
    del office.online.unreadable[MAILBOX]
    office.comes_to(office.desk.clock.time + 2 * HOUR)
    thawed = office.reads(meeting)
    assert thawed.window.start == item.start
    assert thawed.calendar_notes == frozenset()
    assert [action for action, _ in office.audited(meeting) if action in ("frozen", "thawed")] == [
        "frozen",
        "thawed",
    ]


def test_a_meeting_that_is_removed_while_its_mailbox_cannot_be_read_is_counted_as_frozen_no_more(
    office: CalendarDesk,
) -> None:
    meeting, _ = office.books_and_saves()
    office.online.unreadable[MAILBOX] = Unread.DENIED
    office.comes_to(office.desk.clock.time + 2 * HOUR)
    assert office.desk.ledger.read(lambda reading: reading.calendar_counts())["items_frozen"] == 1
    office.desk.cancel(meeting)
    office.settles()
    office.comes_to(office.desk.clock.time + HOUR)
    assert office.desk.ledger.read(lambda reading: reading.calendar_counts())["items_frozen"] == 0


@pytest.mark.parametrize("which", ["online", "on_premises"])
def test_what_was_deleted_during_a_long_outage_is_missed_within_a_minute_after_it(
    office: CalendarDesk, which: str
) -> None:
    calendar: OfficeCalendar = getattr(office, which)
    mailbox = MAILBOX if which == "online" else PULLED
    meeting = office.books(mailbox=mailbox)
    item = office.saves(meeting, calendar)
    office.after(MINUTE)
    calendar.unreadable[mailbox] = Unread.UNREACHABLE
    calendar.deletes(item)
    # Nobody is told of it any more: notifications are given up after some hours, and a pull's memory is short.
    calendar.told.clear()
    calendar.changed.clear()
    office.comes_to(office.desk.clock.time + 5 * HOUR, step=HOUR / 2)
    del calendar.unreadable[mailbox]
    office.comes_to(office.desk.clock.time + MINUTE, step=15 * SECOND)
    assert office.binding(meeting).gone_since
    assert office.binding(meeting).frozen is None


def test_an_outage_between_two_searches_is_noticed_by_the_look_that_fails(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.after(MINUTE)
    office.online.unreadable[MAILBOX] = Unread.UNREACHABLE
    office.online.deletes(item)
    # A notification comes, and the look that it causes fails; ever later ones wait for up to twenty minutes.
    office.comes_to(office.desk.clock.time + 45 * MINUTE, step=5 * MINUTE)
    del office.online.unreadable[MAILBOX]
    office.comes_to(office.desk.clock.time + MINUTE, step=15 * SECOND)
    assert office.binding(meeting).gone_since


@pytest.mark.parametrize(
    ("outage", "step"),
    [(25 * SECOND, 5 * SECOND), (9 * MINUTE, 5 * SECOND), (12 * HOUR, HOUR / 2)],
    ids=["some seconds", "some minutes", "a night"],
)
def test_an_item_that_alone_cannot_be_read_is_followed_within_a_minute_after_it(
    office: CalendarDesk, outage: timedelta, step: timedelta
) -> None:
    meeting, item = office.books_and_saves()
    office.after(MINUTE)
    office.online.unreadable_items[item.id] = Unread.UNREACHABLE
    office.online.drags(item, START + DAY)
    office.comes_to(office.desk.clock.time + outage, step=step)
    assert office.reads(meeting).window.start == START
    office.online.unreadable_items.clear()
    office.comes_to(office.desk.clock.time + MINUTE, step=5 * SECOND)
    assert office.reads(meeting).window.start == START + DAY


def test_an_item_that_alone_is_denied_is_asked_for_ever_more_seldom(office: CalendarDesk) -> None:
    _, item = office.books_and_saves()
    office.after(MINUTE)
    office.online.asked.clear()
    office.online.unreadable_items[item.id] = Unread.DENIED
    office.online.drags(item, START + DAY)
    office.comes_to(office.desk.clock.time + 12 * HOUR, step=5 * MINUTE)
    assert office.online.asked.count("look") <= 30
    assert office.online.asked.count("find_tagged") <= 30


@pytest.mark.parametrize(
    ("unread_for", "unread_items", "longest"),
    [
        (12 * HOUR, 1, 45 * SECOND),
        (12 * HOUR, 9, 45 * SECOND),
        (12 * HOUR, 60, 5 * MINUTE),
        (MINUTE, 60, 45 * SECOND),
        (20 * MINUTE, 60, 2 * MINUTE),
    ],
)
def test_many_items_that_cannot_be_read_while_their_mailboxes_can_are_asked_for_one_after_the_other(
    unread_for: timedelta, unread_items: int, longest: timedelta
) -> None:
    assert longest_pause_of_item(unread_for, unread_items) == longest


def test_a_hiccup_while_it_is_asked_who_serves_a_mailbox_is_no_trouble_yet(office: CalendarDesk) -> None:
    meeting = office.books(mailbox=PULLED)
    office.online.mailboxes.discard(PULLED)
    office.on_premises.unreadable[PULLED] = Unread.UNREACHABLE
    office.taking_in.route_once()
    assert office.mailboxes.work_once(None)
    assert office.binding(meeting).frozen is None
    office.desk.clock.time += 10 * SECOND
    assert office.mailboxes.work_once(None)
    assert office.binding(meeting).unread is Unread.UNREACHABLE


def test_many_mailboxes_that_cannot_be_read_are_tried_seldom_and_all_of_them_soon_when_one_can_be_again(
    office: CalendarDesk,
) -> None:
    several = [f"anna.{number}@region.example" for number in range(12)]
    meetings = [office.books(str(number), mailbox=mailbox) for number, mailbox in enumerate(several)]
    items = [office.saves(meeting, office.on_premises) for meeting in meetings]
    office.after(MINUTE)
    office.on_premises.unreadable |= dict.fromkeys(several, Unread.UNREACHABLE)
    for item in items:
        office.on_premises.deletes(item)
    office.on_premises.changed.clear()
    office.comes_to(office.desk.clock.time + HOUR, step=20 * MINUTE)
    office.on_premises.asked.clear()
    longest = len(several) * UNREAD_APART
    office.comes_to(office.desk.clock.time + 4 * longest, step=longest / 2)
    tries = len(office.on_premises.asked) - office.on_premises.asked.count("look")
    assert 3 * len(several) <= tries <= 8 * len(several)

    office.on_premises.unreadable.clear()
    can_be_read_at = office.desk.clock.time
    while not any(office.binding(one).gone_since for one in meetings):
        assert office.desk.clock.time <= can_be_read_at + longest
        office.comes_to(office.desk.clock.time + 5 * SECOND, step=5 * SECOND)
    assert all(office.binding(one).gone_since for one in meetings)


def test_a_hiccup_of_the_calendar_is_not_shown(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.unreadable[MAILBOX] = Unread.UNREACHABLE
    office.online.drags(item, START + DAY)
    office.settles()
    assert office.reads(meeting).calendar_notes == frozenset()
    del office.online.unreadable[MAILBOX]
    office.after(timedelta(minutes=1))
    assert office.reads(meeting).window.start == START + DAY


# --- which calendar serves it ---------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["online", "on_premises"])
def test_an_item_that_goes_to_another_calendar_of_the_mailbox_keeps_its_meeting(
    office: CalendarDesk, which: str
) -> None:
    calendar: OfficeCalendar = getattr(office, which)
    meeting = office.books(mailbox="david.nystrom@region.example")
    item = office.saves(meeting, calendar)
    office.settles()
    office.after(timedelta(minutes=1))
    assert office.binding(meeting).backend == calendar.name
    calendar.moves_to_another_calendar(item)
    office.after(timedelta(minutes=1))
    calendar.drags(item, START + DAY)
    office.after(timedelta(minutes=1))
    assert office.binding(meeting).item_id == item.id
    assert office.reads(meeting).window.start == START + DAY
    assert office.binding(meeting).gone_since is None


@pytest.mark.parametrize("seconds", [15, 120])
def test_a_mailbox_on_premises_is_asked_for_changes_as_often_as_is_set(
    office: CalendarDesk, seconds: int
) -> None:
    office.pull_period = timedelta(seconds=seconds)
    office.online.mailboxes.discard(OTHER_MAILBOX)
    meeting = office.books(mailbox=OTHER_MAILBOX)
    office.saves(meeting, office.on_premises)
    office.settles()
    office.on_premises.asked.clear()
    office.comes_to(office.desk.clock.time + timedelta(minutes=4), step=5 * SECOND)
    assert office.on_premises.asked.count("pull") == pytest.approx(240 / seconds, abs=1)


def test_a_mailbox_that_went_to_a_calendar_that_does_not_answer_is_told_at_once(office: CalendarDesk) -> None:
    meeting, _ = office.books_and_saves()
    office.comes_to(START - 3 * DAY, step=DAY)
    watch = office.desk.ledger.read(lambda reading: reading.watch_by_mailbox(MAILBOX))
    assert watch
    office.online.mailboxes.discard(MAILBOX)
    office.on_premises.unreadable[MAILBOX] = Unread.UNREACHABLE
    office.desk.ledger.write(lambda writing: writing.scan_watch(watch.id, None, 0.0))
    office.settles()
    assert office.reads(meeting).calendar_notes == {CalendarNote.MAILBOX_LOST}


def test_a_mailbox_that_is_gone_is_told_at_once_of_every_meeting_in_it(office: CalendarDesk) -> None:
    (first, _), (second, _) = office.books_and_saves(), office.books_and_saves("second")
    # Seen by the search of the mailbox; neither item's own look is due within the quarter of an hour.
    office.comes_to(START - 3 * DAY, step=DAY)
    watch = office.desk.ledger.read(lambda reading: reading.watch_by_mailbox(MAILBOX))
    assert watch
    office.online.mailboxes.discard(MAILBOX)
    office.desk.ledger.write(lambda writing: writing.scan_watch(watch.id, None, 0.0))
    office.settles()
    for meeting in (first, second):
        assert office.reads(meeting).calendar_notes == {CalendarNote.MAILBOX_LOST}
        assert not office.reads(meeting).is_cancelled


def test_a_hint_that_meets_a_mailbox_that_is_gone_is_told_of_the_others_in_it(office: CalendarDesk) -> None:
    (_, item), (second, _) = office.books_and_saves(), office.books_and_saves("second")
    office.comes_to(START - 3 * DAY, step=DAY)
    office.online.drags(item, START + DAY)
    office.online.mailboxes.discard(MAILBOX)
    office.settles()
    assert office.reads(second).calendar_notes == {CalendarNote.MAILBOX_LOST}
    assert office.binding(second).unread is Unread.MAILBOX_MISSING


def test_a_mailbox_that_nobody_serves_is_asked_for_soon_and_then_more_seldom(office: CalendarDesk) -> None:
    _, item = office.books_and_saves()
    office.online.drags(item, START + DAY)
    office.online.mailboxes.discard(MAILBOX)
    office.online.asked.clear()
    office.rests()
    assert office.online.asked.count("probe") == 1
    wished = (1, 2, 5, 15)
    minutes = minutes_between_probes(office, 4)
    assert [0.85 * wish <= one <= 1.2 * wish for wish, one in zip(wished, minutes, strict=True)] == [True] * 4


def minutes_between_probes(office: CalendarDesk, count: int) -> list[float]:
    """Return how long it is asked no more, so many times, which calendar serves the mailbox."""
    minutes: list[float] = []
    last = office.desk.clock.time
    while len(minutes) < count:
        office.online.asked.clear()
        office.desk.clock.time += 10 * SECOND
        office.rests()
        if "probe" in office.online.asked:
            minutes.append((office.desk.clock.time - last) / timedelta(minutes=1))
            last = office.desk.clock.time
    return minutes


def test_a_mailbox_that_goes_after_other_trouble_is_asked_for_as_soon(office: CalendarDesk) -> None:
    _, item = office.books_and_saves()
    office.online.mailboxes.discard(MAILBOX)
    office.online.unreadable[MAILBOX] = Unread.MAILBOX_MISSING
    office.online.drags(item, START + DAY)
    office.rests()
    # Nobody knows for a while, and then it is surely gone: as on the day on which mailboxes are migrated.
    office.online.unreadable[MAILBOX] = Unread.UNREACHABLE
    office.comes_to(office.desk.clock.time + 10 * MINUTE, step=10 * SECOND)
    office.online.unreadable[MAILBOX] = Unread.MAILBOX_MISSING
    minutes_between_probes(office, 1)
    assert minutes_between_probes(office, 1)[0] <= 1.2


def test_a_calendar_that_is_taken_out_of_the_settings_leaves_its_meetings_to_the_others(
    office: CalendarDesk,
) -> None:
    meeting = office.books(mailbox=OTHER_MAILBOX)
    office.online.mailboxes.discard(OTHER_MAILBOX)
    item = office.saves(meeting, office.on_premises)
    office.settles()
    assert office.binding(meeting).backend == "ews"
    office.left_out = frozenset({"ews"})
    office.taking_in.follow_all()
    office.settles()
    assert office.reads(meeting).calendar_notes == {CalendarNote.MAILBOX_LOST}
    office.on_premises.is_migrated_to(office.online, OTHER_MAILBOX)
    office.after(timedelta(minutes=2))
    binding = office.binding(meeting)
    assert (binding.backend, binding.item_id, binding.frozen) == ("graph", item.id, None)
    office.online.drags(item, START + DAY)
    office.settles()
    assert office.reads(meeting).window.start == START + DAY


def test_a_mailbox_that_is_migrated_is_found_again_and_loses_nothing(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.comes_to(meeting.created_at + HOUR)
    office.online.is_migrated_to(office.on_premises, MAILBOX)
    office.after(HOUR)
    office.after(HOUR)
    binding = office.binding(meeting)
    assert (binding.backend, binding.item_id, binding.frozen) == ("ews", item.id, None)
    office.on_premises.drags(item, START + DAY)
    office.after(timedelta(minutes=1))
    assert office.reads(meeting).window.start == START + DAY


@pytest.mark.parametrize("is_back", [False, True], ids=["to another calendar", "and is back"])
def test_a_mailbox_that_goes_leaves_no_subscription_behind(office: CalendarDesk, *, is_back: bool) -> None:
    _, item = office.books_and_saves()
    (subscription,) = office.online.subscriptions
    office.online.mailboxes.discard(MAILBOX)
    office.online.drags(item, START + DAY)
    office.settles()
    (office.online if is_back else office.on_premises).mailboxes.add(MAILBOX)
    office.after(2 * MINUTE)
    assert subscription not in office.online.subscriptions
    assert len(office.online.subscriptions) == is_back


@pytest.mark.parametrize("which", ["online", "on_premises"])
def test_a_mailbox_that_gets_another_address_takes_its_meetings_along(
    office: CalendarDesk, which: str
) -> None:
    calendar: OfficeCalendar = getattr(office, which)
    old, new = MAILBOX if which == "online" else PULLED, "anna.berg@region.example"
    meeting = office.books(mailbox=old)
    item = office.saves(meeting, calendar)
    office.after(MINUTE)
    calendar.mailboxes.add(new)
    calendar.unreadable[old] = Unread.MAILBOX_MISSING
    item.mailbox = new
    # A mailbox that tells of changes itself tells nothing now: it is missed at the next look.
    office.comes_to(office.desk.clock.time + HOUR, step=HOUR / 2)
    assert office.reads(meeting).calendar_notes == {CalendarNote.MAILBOX_LOST}
    # She opens her item with the pane, signed in as who she is called now.
    office.bind_item(meeting.id, item.id, replace(WHO, mailbox=new), "token-of-the-click")
    office.after(2 * MINUTE)
    assert office.reads(meeting).calendar_notes == frozenset()
    assert (office.reads(meeting).mailbox, office.binding(meeting).mailbox) == (new, new)
    calendar.drags(item, START + DAY)
    office.after(MINUTE)
    assert office.reads(meeting).window.start == START + DAY
    # What is gone from there is gone, whatever the address that it had can tell.
    calendar.deletes(item)
    office.after(MINUTE)
    office.after(GRACE)
    assert office.reads(meeting).is_cancelled


def test_an_item_that_has_not_arrived_with_its_mailbox_is_waited_for(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.is_migrated_to(office.on_premises, MAILBOX)
    item.in_trash = True
    office.comes_to(office.desk.clock.time + 2 * DAY, step=4 * HOUR)
    assert not office.reads(meeting).is_cancelled
    assert CalendarNote.ITEM_AWAITED in office.reads(meeting).calendar_notes
    item.in_trash = False
    office.comes_to(office.desk.clock.time + 2 * HOUR)
    assert office.reads(meeting).calendar_notes == frozenset()


def test_a_meeting_that_had_ended_with_its_item_is_not_frozen_when_the_mailbox_is_migrated(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    office.online.deletes(item)
    office.after(GRACE)
    office.after(GRACE)
    assert office.reads(meeting).is_cancelled
    office.online.is_migrated_to(office.on_premises, MAILBOX)
    office.comes_to(office.desk.clock.time + 4 * HOUR, step=HOUR)
    assert not UNREAD_NOTES & office.reads(meeting).calendar_notes
    item.in_trash = False
    office.comes_to(office.desk.clock.time + 2 * HOUR, step=HOUR)
    assert not office.reads(meeting).is_cancelled


# --- how it tells of changes ------------------------------------------------------------------------------------


def test_a_search_that_fails_in_a_mailbox_that_answers_is_tried_ever_more_seldom(
    office: CalendarDesk,
) -> None:
    office.books_and_saves()
    office.after(MINUTE)
    office.online.unsearchable = CalendarUnavailable()
    office.comes_to(office.desk.clock.time + 4 * HOUR, step=20 * MINUTE)
    office.online.asked.clear()
    office.comes_to(office.desk.clock.time + HOUR, step=5 * MINUTE)
    assert office.online.asked.count("find_tagged") <= 3


def test_a_search_that_fails_does_not_slow_down_what_is_pulled(office: CalendarDesk) -> None:
    meeting = office.books(mailbox=PULLED)
    item = office.saves(meeting, office.on_premises)
    office.after(MINUTE)
    office.on_premises.unsearchable = NotUnderstood()
    office.comes_to(office.desk.clock.time + 3 * HOUR, step=10 * MINUTE)
    office.on_premises.asked.clear()
    office.comes_to(office.desk.clock.time + 15 * MINUTE, step=15 * SECOND)
    assert office.on_premises.asked.count("find_tagged") <= 2
    office.on_premises.drags(item, START + DAY)
    office.comes_to(office.desk.clock.time + 30 * SECOND, step=5 * SECOND)
    assert office.reads(meeting).window.start == START + DAY

    watch = office.desk.ledger.read(lambda reading: reading.watch_by_mailbox(PULLED))
    assert watch
    assert watch.unread is Unread.NOT_UNDERSTOOD
    office.on_premises.unsearchable = None
    office.comes_to(office.desk.clock.time + HOUR, step=10 * MINUTE)
    healed = office.desk.ledger.read(lambda reading: reading.watch_by_mailbox(PULLED))
    assert healed
    assert (healed.frozen, healed.attempts) == (None, 0)


def test_a_subscription_that_failed_is_asked_for_again_within_minutes(office: CalendarDesk) -> None:
    office.online.unwatchable = NotUnderstood()
    office.saves(office.books())
    office.settles()
    assert not office.online.subscriptions
    office.online.unwatchable = None
    office.comes_to(office.desk.clock.time + 4 * MINUTE, step=MINUTE)
    assert office.online.subscriptions


def test_mailboxes_for_which_too_little_is_left_of_a_lease_are_looked_after_with_a_whole_one(
    office: CalendarDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All the lease there is has gone by when it is granted.
    monkeypatch.setattr(mailboxes, "LEASE_SECONDS", mailboxes.LEASE_RESERVE_SECONDS - 1)
    office.books()
    office.taking_in.route_once()
    assert office.mailboxes.work_once(None)
    assert office.online.asked == []
    monkeypatch.undo()
    office.settles()
    assert "watch" in office.online.asked


def test_a_subscription_that_ended_without_a_word_is_made_anew_when_a_sweep_finds_what_it_did_not_tell(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    office.settles()
    office.online.subscriptions.clear()
    office.online.drags(item, START + DAY)
    office.comes_to(office.desk.clock.time + HOUR)
    assert office.reads(meeting).window.start == START + DAY
    assert len(office.online.subscriptions) == 1

    renewed = office.online.asked.count("renew")
    office.online.drags(item, START + 2 * DAY)
    office.settles()
    assert office.reads(meeting).window.start == START + 2 * DAY
    assert office.online.asked.count("renew") == renewed


def test_a_mailbox_that_is_told_of_while_it_is_asked_where_it_went_is_subscribed_to_there_at_once(
    office: CalendarDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.books_and_saves()
    office.online.is_migrated_to(office.on_premises, MAILBOX)
    probe = office.on_premises.probe

    def is_told_of_meanwhile(mailbox: str) -> Capabilities:
        watch = office.desk.ledger.read(lambda reading: reading.watch_by_mailbox(mailbox))
        assert watch
        office.desk.ledger.write(lambda writing: writing.scan_watch(watch.id, None, 1.5))
        return probe(mailbox)

    monkeypatch.setattr(office.on_premises, "probe", is_told_of_meanwhile)
    office.after(HOUR)
    office.after(MINUTE)
    assert len(office.on_premises.subscriptions) == 1


def test_a_subscription_that_was_made_under_a_lost_lease_is_ended(office: CalendarDesk) -> None:
    office.books()
    office.online.before_answering = lambda: office.desk.ledger.write(
        lambda writing: writing.probe_again(MAILBOX)
    )
    office.settles()
    assert office.online.before_answering is None
    assert office.online.asked.count("watch") == 2
    assert len(office.online.subscriptions) == 1


def test_a_fault_with_a_mailbox_that_another_looks_after_by_now_stops_nothing(office: CalendarDesk) -> None:
    office.books_and_saves()

    def somebody_else_begins_anew() -> None:
        office.desk.ledger.write(lambda writing: writing.probe_again(MAILBOX))
        raise ZeroDivisionError

    office.online.before_answering = somebody_else_begins_anew
    office.online.subscriptions.clear()
    office.after(3 * DAY)
    assert len(office.online.subscriptions) == 2


@pytest.mark.parametrize("leaves", [True, False])
def test_a_colleague_s_mailbox_that_is_gone_is_given_up_and_the_deleted_item_ends_its_meeting(
    office: CalendarDesk, *, leaves: bool
) -> None:
    meeting, item = office.books_and_saves()
    office.books("another", mailbox=OTHER_MAILBOX)
    office.settles()
    office.online.copies(item, to=OTHER_MAILBOX)
    office.settles()
    assert office.binding(meeting).also == (OTHER_MAILBOX,)
    if leaves:
        office.online.unreadable[OTHER_MAILBOX] = Unread.MAILBOX_MISSING
    else:
        office.online.mailboxes.discard(OTHER_MAILBOX)
    office.online.deletes(item)
    office.online.asked.clear()
    office.settles()
    assert office.online.asked.count("watch") == 0
    for _ in range(3):
        office.after(GRACE)
    assert office.reads(meeting).is_cancelled
