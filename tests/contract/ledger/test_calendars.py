"""Bindings, watches and hints on either database: whose turn it is, who may write, and what is asked meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.event import listen

from addin.meetings.bindings import BindingClaim, ItemBinding
from addin.meetings.calendar_ledger_port import RightsLimit, StoredHint
from addin.meetings.codes import new_code
from addin.meetings.due import Queue, Work
from addin.meetings.errors import LeaseLost
from addin.meetings.frozen import Frozen
from addin.meetings.hints import item_hash
from addin.meetings.ledger_port import NewBooking, Reading, Writing
from addin.meetings.model import AuditEntry, CalendarNote, Meeting, Room, Wanted
from addin.meetings.notices import NoticeKind
from addin.meetings.ports import HintKind
from addin.meetings.watches import WatchClaim
from addin.store.ledger import open_engine
from addin.store.reading import SqlReading
from calendar_sync.items import ItemRef, Unread
from tests.contract.ledger.conftest import ANNA, KEYRING, LIVE, NOW, TENANT, Desk
from tests.ledgers import new_ledger

MAILBOX = "psykiatrimottagningen@region.example"


def follows(desk: Desk, backend: str = "graph") -> Meeting:
    """Book a meeting and have it followed in a mailbox that is served by that calendar."""
    meeting = desk.books(purge_at=NOW)
    desk.ledger.write(lambda writing: writing.add_binding(ItemBinding(meeting.id, MAILBOX, NOW)))
    desk.ledger.write(lambda writing: writing.route_bindings(10))
    for claim in claims_watches(desk, None):
        probed = replace(claim.watch, backend=backend, subscription="s", secret="x")
        desk.ledger.write(lambda writing, to=(claim, probed): writing.save_watch(*to, due_in=60))  # type: ignore[misc]
    desk.ledger.write(lambda writing: writing.route_bindings(10))
    return meeting


def claims(desk: Desk, backend: str = "graph") -> list[BindingClaim]:
    return list(desk.ledger.write(lambda writing: writing.claim_bindings(backend, 30, 10)))


def claims_watches(desk: Desk, backend: str | None) -> list[WatchClaim]:
    return list(desk.ledger.write(lambda writing: writing.claim_watches(backend, 30, 10)))


def due(desk: Desk) -> set[Queue]:
    """Return which of all queues that there could be have something to do."""
    asked = (
        *(Queue(work) for work in (Work.NOTICES, Work.HINTS, Work.ROUTES)),
        *(Queue(Work.ROOMS, name) for name in ("pexip", "teams")),
        *(Queue(Work.MAILBOXES, name) for name in (None, "graph", "ews")),
        *(Queue(Work.ITEMS, name) for name in ("graph", "ews")),
    )
    return set(desk.ledger.read(lambda reading: reading.due(asked)))


@pytest.mark.parametrize("backend", [None, "graph"])
def test_a_booking_that_is_followed_is_one_unit_and_once(desk: Desk, backend: str | None) -> None:
    if backend:
        follows(desk, backend)
        claims(desk, backend)
    meeting = replace(
        LIVE, id="f" * 32, mailbox=MAILBOX, join_code=new_code(), start_code=new_code(), unbound=True
    )
    booking = NewBooking(
        meeting,
        None,
        NOW,
        Room("e" * 32, meeting.id, "pexip", 1, "svm-test-e", "alias", "k1", Wanted.PRESENT, 1),
        AuditEntry(NOW, TENANT, ANNA, "booked", meeting.id),
        b"k" * 32,
        b"f" * 32,
        ItemBinding(meeting.id, MAILBOX, NOW, offered="offered"),
    )

    first = desk.ledger.add_booking(booking, 30)
    second = desk.ledger.add_booking(booking, 30)

    assert (first is not None, second) == (True, None)
    found = desk.ledger.read(lambda reading: reading.binding(meeting.id))
    assert found == ItemBinding(meeting.id, MAILBOX, NOW, backend=backend, offered="offered")
    assert len(claims(desk, "graph")) == (1 if backend else 0)


def test_what_is_saved_of_an_item_is_what_was_seen(desk: Desk) -> None:
    follows(desk)
    (claim,) = claims(desk)
    seen = replace(claim.binding, item_id="item", uid="uid", version="1", looked_at=NOW, look_tagged=False)
    desk.ledger.write(lambda writing: writing.save_binding(claim, seen, None))
    assert desk.ledger.read(lambda reading: reading.binding(seen.meeting_id)) == seen


def test_each_calendar_has_its_own_turn(desk: Desk) -> None:
    meeting = follows(desk, "ews")
    assert claims(desk, "graph") == []
    assert [claim.meeting.id for claim in claims(desk, "ews")] == [meeting.id]


def test_a_second_meeting_in_a_mailbox_is_served_at_once(desk: Desk) -> None:
    follows(desk)
    second = desk.books(purge_at=NOW)
    desk.ledger.write(lambda writing: writing.add_binding(ItemBinding(second.id, MAILBOX, NOW)))
    assert second.id in {claim.meeting.id for claim in claims(desk)}


def test_what_somebody_holds_is_not_given_to_another(desk: Desk) -> None:
    follows(desk)
    assert len(claims(desk)) == 1
    assert claims(desk) == []


def test_whoever_has_lost_the_lease_writes_nothing(desk: Desk) -> None:
    meeting = follows(desk)
    (old,) = claims(desk)
    desk.ledger.write(lambda writing: writing.reroute(MAILBOX, "ews"))
    with pytest.raises(LeaseLost):
        desk.ledger.write(lambda writing: writing.save_binding(old, replace(old.binding, uid="uid"), 60))
    found = desk.ledger.read(lambda reading: reading.binding(meeting.id))
    assert found
    assert (found.uid, found.backend) == (None, "ews")


def test_what_was_asked_during_a_look_is_looked_at_again_at_once(desk: Desk) -> None:
    meeting = follows(desk)
    (claim,) = claims(desk)
    desk.ledger.write(lambda writing: writing.ask_bindings([meeting.id], also="other@region.example"))
    desk.ledger.write(lambda writing: writing.offer_item(meeting.id, "offered"))

    searched = replace(claim.binding, look_tagged=False)
    desk.ledger.write(lambda writing: writing.save_binding(claim, searched, 3600))

    (again,) = claims(desk)
    assert again.binding.look_tagged
    assert again.binding.also == ("other@region.example",)
    assert again.binding.offered == "offered"


def test_an_item_that_nobody_asks_about_is_left_alone_until_its_time(desk: Desk) -> None:
    follows(desk)
    (claim,) = claims(desk)
    desk.ledger.write(lambda writing: writing.save_binding(claim, claim.binding, 3600))
    assert claims(desk) == []


def test_a_hint_makes_its_item_due_and_says_since_when(desk: Desk) -> None:
    follows(desk)
    (claim,) = claims(desk)
    bound = replace(claim.binding, item_id="item", uid="uid")
    desk.ledger.write(lambda writing: writing.save_binding(claim, bound, 3600))

    mine, other = (item_hash(KEYRING, MAILBOX, name) for name in ("item", "another"))
    found = desk.ledger.write(lambda writing: writing.ask_items({mine, other}, NOW))

    assert found == {mine}
    (again,) = claims(desk)
    assert again.hinted_at == NOW


@pytest.mark.parametrize("desk", ["postgresql"], indirect=True)
def test_what_somebody_notes_while_a_mailbox_is_found_unreadable_is_kept(desk: Desk) -> None:
    meeting = follows(desk)

    def freezes(writing: Writing) -> None:
        writing.freeze_mailbox(MAILBOX, Unread.MAILBOX_MISSING, NOW, lost=True)

    with ThreadPoolExecutor(1) as hand:

        def notes(writing: Writing) -> Future[None]:
            held = writing.meeting(meeting.id)
            assert held
            writing.note_calendar(meeting.id, {CalendarNote.LINK_COMING})
            freezing = hand.submit(desk.ledger.write, freezes)
            desk.waits_until_somebody_waits()
            return freezing

        desk.ledger.write(notes).result(60)
    assert desk.reads(meeting).calendar_notes == {CalendarNote.LINK_COMING, CalendarNote.MAILBOX_LOST}
    binding = desk.ledger.read(lambda reading: reading.binding(meeting.id))
    assert binding
    assert binding.unread is Unread.MAILBOX_MISSING


def test_an_item_of_another_calendar_is_known_by_its_uid_alone(desk: Desk) -> None:
    follows(desk)
    (claim,) = claims(desk)
    bound = replace(claim.binding, item_id="item", uid="uid", version="1", tag_written=True)
    desk.ledger.write(lambda writing: writing.save_binding(claim, bound, 3600))

    desk.ledger.write(lambda writing: writing.reroute(MAILBOX, "ews"))

    (moved,) = claims(desk, "ews")
    assert (moved.binding.item_id, moved.binding.uid, moved.binding.tag_written) == (None, "uid", False)


def test_hints_are_taken_once_by_many(desk: Desk) -> None:
    told = [StoredHint(bytes([n]) * 32, "w" * 32, HintKind.UPDATED, None, NOW) for n in range(60)]
    with ThreadPoolExecutor(6) as hands:
        list(hands.map(lambda some: desk.ledger.write(lambda writing: writing.add_hints(some)), [told] * 6))
        taken = list(
            hands.map(lambda _: desk.ledger.write(lambda writing: writing.take_hints(20)), range(12))
        )
    assert sorted(hint.key for some in taken for hint in some) == [hint.key for hint in told]
    assert not due(desk)


def test_each_kind_of_work_is_due_at_whom_it_waits_for_and_until_it_is_claimed(desk: Desk) -> None:
    desk.ledger.write(
        lambda writing: writing.add_hints([StoredHint(b"k" * 32, "w" * 32, HintKind.UPDATED, None, NOW)])
    )
    assert due(desk) == {Queue(Work.HINTS)}
    desk.ledger.write(lambda writing: writing.take_hints(1))
    meeting = desk.books(purge_at=NOW)
    desk.ledger.write(lambda writing: writing.add_binding(ItemBinding(meeting.id, MAILBOX, NOW)))
    assert due(desk) == {Queue(Work.ROUTES)}
    desk.ledger.write(lambda writing: writing.route_bindings(10))
    assert due(desk) == {Queue(Work.ROUTES), Queue(Work.MAILBOXES)}
    (claim,) = claims_watches(desk, None)
    assert due(desk) == {Queue(Work.ROUTES)}
    desk.ledger.write(
        lambda writing: writing.save_watch(claim, replace(claim.watch, backend="graph"), due_in=0)
    )
    desk.ledger.write(lambda writing: writing.route_bindings(10))
    assert due(desk) == {Queue(Work.MAILBOXES, "graph"), Queue(Work.ITEMS, "graph")}
    claims(desk)
    claims_watches(desk, "graph")
    assert not due(desk)


def test_rooms_and_mails_are_due_when_their_time_has_come(desk: Desk) -> None:
    desk.ledger.add_booking(desk.new_booking(), lease_seconds=60)
    meeting = desk.books(purge_at=NOW)
    desk.ledger.write(lambda writing: writing.owe_notice(meeting.id, NoticeKind.RESCHEDULED, 60))
    assert not due(desk)
    desk.ledger.add_booking(desk.new_booking(), lease_seconds=0)
    desk.ledger.write(lambda writing: writing.owe_notice(meeting.id, NoticeKind.RESCHEDULED, 0))
    assert due(desk) == {Queue(Work.ROOMS, "pexip"), Queue(Work.NOTICES)}


def test_a_watch_that_was_asked_meanwhile_is_not_forgotten(desk: Desk) -> None:
    follows(desk)
    desk.ledger.write(lambda writing: writing.renew_watch(watch_id(desk)))
    desk.ledger.write(lambda writing: writing.scan_watch(watch_id(desk), NOW, 0.0))
    (claim,) = claims_watches(desk, "graph")
    desk.ledger.write(lambda writing: writing.renew_watch(claim.watch.id))
    with pytest.raises(LeaseLost):
        desk.ledger.write(lambda writing: writing.remove_watch(claim))
    assert claim.watch.renew_at
    assert claim.watch.scan_due_at
    assert claim.hinted_at == NOW


def test_a_mailbox_that_could_not_be_read_is_tried_before_its_time_when_another_one_can_be(
    desk: Desk,
) -> None:
    follows(desk)
    desk.ledger.write(lambda writing: writing.scan_watch(watch_id(desk), NOW, 0.0))
    (claim,) = claims_watches(desk, "graph")
    unread = replace(claim.watch, frozen=Frozen(Unread.UNREACHABLE, NOW), scan_due_at=NOW, attempts=9)
    desk.ledger.write(lambda writing: writing.save_watch(claim, unread, 600.0))
    assert not claims_watches(desk, "graph")
    assert desk.ledger.read(lambda reading: reading.unread_mailboxes("graph")) == 1
    assert desk.ledger.read(lambda reading: reading.unread_mailboxes(None)) == 0
    desk.ledger.write(lambda writing: writing.retry_unread(None, 4))
    assert not claims_watches(desk, "graph")
    desk.ledger.write(lambda writing: writing.retry_unread("graph", 4))
    assert claims_watches(desk, "graph")


def test_items_that_cannot_be_read_are_counted_where_their_mailbox_can_be(desk: Desk) -> None:
    def unread_items(backend: str) -> int:
        return desk.ledger.read(lambda reading: reading.unread_items(backend))

    for _ in range(3):
        follows(desk)
    ended, broken, _ = claims(desk)
    for claim, due_in in ((ended, None), (broken, 45.0)):
        unread = replace(claim.binding, frozen=Frozen(Unread.NOT_UNDERSTOOD, NOW))
        desk.ledger.write(partial(_save_binding, claim, unread, due_in))
    assert (unread_items("graph"), unread_items("ews")) == (1, 0)
    desk.ledger.write(lambda writing: writing.scan_watch(watch_id(desk), NOW, 0.0))
    (watch,) = claims_watches(desk, "graph")
    is_down = replace(watch.watch, frozen=Frozen(Unread.UNREACHABLE, NOW))
    desk.ledger.write(lambda writing: writing.save_watch(watch, is_down, 45.0))
    assert unread_items("graph") == 0


def test_sqlite_counts_them_without_going_through_all_that_are_due(tmp_path: Path) -> None:
    engine = open_engine(new_ledger(tmp_path))
    asked: list[tuple[str, Any]] = []
    listen(engine, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
    with engine.connect() as connection:
        SqlReading(connection, KEYRING).unread_items("graph")
        statement, values = asked[-1]
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    engine.dispose()
    assert "bindings_unread" in plan[0].detail


def _save_binding(claim: BindingClaim, binding: ItemBinding, due_in: float | None, writing: Writing) -> None:
    writing.save_binding(claim, binding, due_in)


def watch_id(desk: Desk) -> str:
    found = desk.ledger.read(lambda reading: reading.watch_by_mailbox(MAILBOX))
    assert found
    return found.id


def watches(desk: Desk, mailbox: str, due_in: float) -> bool:
    return desk.ledger.write(lambda writing: writing.watch_mailbox(mailbox, due_in))


def unwatched(desk: Desk, limit: int = 10) -> list[str]:
    """Return the mailboxes that nobody watches, page by page."""
    after: str | None = ""
    found: list[str] = []
    while after is not None:
        page, after = desk.ledger.read(partial(_unwatched, after, limit))
        found += page
    return found


def _unwatched(after: str, limit: int, reading: Reading) -> tuple[Sequence[str], str | None]:
    return reading.unwatched_mailboxes(after, limit)


@pytest.mark.parametrize("limit", [1, 10])
def test_who_has_to_do_with_a_meeting_is_known_until_it_is_purged(desk: Desk, limit: int) -> None:
    secretary, doctor = "bo.sandstrom@region.example", "karin.berg@region.example"
    bookings = [
        desk.new_booking(actor_mailbox=secretary),
        desk.new_booking(on_behalf_of=doctor),
        desk.new_booking(actor_mailbox=doctor, mailbox=secretary),
    ]
    for booking in bookings:
        followed = ItemBinding(booking.meeting.id, booking.meeting.mailbox, NOW)
        desk.ledger.add_booking(replace(booking, binding=followed), 30)

    assert set(unwatched(desk, limit)) == {MAILBOX, secretary, doctor}
    assert [watches(desk, secretary, 60.0), watches(desk, secretary, 90.0)] == [True, False]
    assert set(unwatched(desk, limit)) == {MAILBOX, doctor}
    assert claims_watches(desk, None) == []
    assert not watches(desk, secretary, 0.0)
    assert [claim.watch.mailbox for claim in claims_watches(desk, None)] == [secretary]

    def knows(mailbox: str) -> bool:
        return desk.ledger.read(lambda reading: reading.knows_mailbox(mailbox))

    assert [knows(one) for one in (MAILBOX, secretary, doctor, "nobody@region.example")] == [
        *[True] * 3,
        False,
    ]
    for booking in bookings:
        desk.ledger.write(partial(_purge, booking.meeting.id))
    assert not any(knows(one) for one in (MAILBOX, secretary, doctor))


def _purge(meeting_id: str, writing: Writing) -> None:
    writing.purge(meeting_id)


def test_who_may_write_in_whose_calendar_is_noted_in_the_place_of_what_was(desk: Desk) -> None:
    secretary, doctor, colleague = (f"{one}@region.example" for one in ("carin.ek", "karin.berg", "eva.holm"))
    watches(desk, secretary, 0.0)
    watches(desk, doctor, 0.0)
    claims = {claim.watch.mailbox: claim for claim in claims_watches(desk, None)}
    by_secretary, by_doctor = claims[secretary].watch.id, claims[doctor].watch.id

    def shared() -> list[str]:
        every = (doctor, colleague, MAILBOX)
        return desk.ledger.read(lambda reading: [one for one in every if reading.is_shared(one)])

    def notes(watch: str, *mailboxes: str) -> None:
        desk.ledger.write(lambda writing: writing.note_shared(watch, mailboxes))

    notes(by_secretary, doctor, colleague)
    notes(by_doctor, colleague)
    notes(by_secretary, doctor, MAILBOX)
    assert shared() == [doctor, colleague, MAILBOX]
    notes(by_doctor)
    assert shared() == [doctor, MAILBOX]
    desk.ledger.write(lambda writing: writing.remove_watch(claims[secretary]))
    assert shared() == []


def test_a_mailbox_that_was_only_known_is_probed_at_once_for_its_first_meeting(desk: Desk) -> None:
    watches(desk, MAILBOX, 3600.0)
    desk.ledger.write(lambda writing: writing.route_bindings(10))
    assert claims_watches(desk, None) == []
    meeting = desk.books(purge_at=NOW)
    desk.ledger.write(lambda writing: writing.add_binding(ItemBinding(meeting.id, MAILBOX, NOW)))
    desk.ledger.write(lambda writing: writing.route_bindings(10))
    assert [claim.watch.mailbox for claim in claims_watches(desk, None)] == [MAILBOX]


def test_the_meetings_of_one_item_are_those_that_live_and_follow_it(desk: Desk) -> None:
    item = ItemRef(MAILBOX, "item")
    meetings = [desk.books(purge_at=NOW) for _ in range(4)]
    for meeting, item_id in zip(meetings, ("item", "item", "another", None), strict=True):
        bound = ItemBinding(meeting.id, MAILBOX, NOW, item_id=item_id, uid="uid")
        desk.ledger.write(lambda writing, bound=bound: writing.add_binding(bound))  # type: ignore[misc]

    def there() -> set[str]:
        return {one.id for one in desk.ledger.read(lambda reading: reading.meetings_in_item(item))}

    assert there() == {meetings[0].id, meetings[1].id}
    cancelled = replace(meetings[0], revision=2, cancelled_at=NOW)
    desk.ledger.write(lambda writing: writing.change_meeting(cancelled, 1))
    assert there() == {meetings[1].id}


def test_what_was_found_last_of_the_rights_to_a_calendar_stays_while_it_is_followed(desk: Desk) -> None:
    for found in (RightsLimit.TOO_WIDE, RightsLimit.HELD):
        for calendar in ("graph", "ews"):
            desk.ledger.write(partial(_note_rights, calendar, found))
    desk.ledger.write(lambda writing: writing.forget_rights({"ews", "caldav"}))
    assert desk.ledger.read(lambda reading: reading.rights()) == {"ews": RightsLimit.HELD}
    desk.ledger.write(lambda writing: writing.forget_rights(frozenset()))
    assert desk.ledger.read(lambda reading: reading.rights()) == {}


def _note_rights(calendar: str, found: RightsLimit, writing: Writing) -> None:
    writing.note_rights(calendar, found)


def test_of_the_mailboxes_that_are_asked_those_with_a_meeting_count_by_themselves(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    desk.ledger.write(lambda writing: writing.add_binding(ItemBinding(meeting.id, MAILBOX, NOW)))
    for mailbox in (MAILBOX, "one@region.example", "another@region.example"):
        watches(desk, mailbox, 0.0)
    for claim in claims_watches(desk, None):
        pulls = not claim.watch.mailbox.startswith("another")
        probed = replace(claim.watch, backend="ews", pulls=pulls)
        desk.ledger.write(lambda writing, to=(claim, probed): writing.save_watch(*to, due_in=60))  # type: ignore[misc]
    assert desk.ledger.read(lambda reading: reading.pulled_mailboxes("ews")) == (1, 1)
    assert desk.ledger.read(lambda reading: reading.pulled_mailboxes("graph")) == (0, 0)
    cancelled = replace(meeting, revision=2, cancelled_at=NOW)
    desk.ledger.write(lambda writing: writing.change_meeting(cancelled, 1))
    assert desk.ledger.read(lambda reading: reading.pulled_mailboxes("ews")) == (0, 2)
