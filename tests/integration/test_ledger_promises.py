"""What the ledger promises, on SQLite and on PostgreSQL: claims, fences, and wishes that turn meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from addin.meetings.errors import LeaseLost
from addin.meetings.keyring import Keyring
from addin.meetings.ledger_port import RoomResult, Writing
from addin.meetings.model import Claim, Meeting, MeetingState, Principal, Room, Wanted
from addin.store import tables
from addin.store.ledger import SqlLedger, open_ledger
from tests.ledgers import new_ledger
from tests.region import NeverHappened
from tests.unit.meetings import doors

PROVIDER: Final = "pexip"
LEASE: Final = 30.0


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class Shelf:
    """A ledger and what the tests put into it."""

    ledger: SqlLedger
    made: int = 0

    def put(self, **changes: Any) -> Claim:
        """Store a meeting with a room, as a click does, and return the click's claim."""
        self.made += 1
        meeting = doors.meeting(id=f"m-{self.made}", state=MeetingState.WANTED, **changes)
        room = doors.room(
            id=f"r-{self.made}",
            meeting_id=meeting.id,
            name=f"svm-test-{self.made}",
            reference=None,
            applied_revision=0,
            made_at=None,
            verified_at=None,
        )

        def unit(writing: Writing) -> Claim:
            writing.add_meeting(meeting, None, meeting.window.end + timedelta(days=30))
            return writing.add_room(room, meeting, LEASE)

        return self.ledger.write(unit)

    def save(self, claim: Claim, room: Room, due_in: float | None = None, *, release: bool = True) -> bool:
        return self.ledger.write(lambda writing: writing.save_room(claim, RoomResult(room, due_in, release)))

    def claims(self, lease: float = LEASE, limit: int = 10) -> list[Claim]:
        return list(self.ledger.write(lambda writing: writing.claim_due(PROVIDER, lease, limit)))

    def claim(self, room: Room, lease: float = LEASE) -> Claim | None:
        return self.ledger.write(lambda writing: writing.claim(room.id, lease))

    def room(self, claim: Claim) -> Room:
        (room,) = self.ledger.read(lambda reading: reading.rooms(claim.meeting.id))
        return room

    def meeting(self, claim: Claim) -> Meeting:
        found = self.ledger.read(lambda reading: reading.meeting(claim.meeting.id))
        assert found is not None
        return found

    def empty(self) -> None:
        with self.ledger.engine.begin() as connection:
            for table in reversed(tables.metadata.sorted_tables):
                connection.execute(table.delete())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def _opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    if request.param == "sqlite":
        url = new_ledger(tmp_path_factory.mktemp("ledger"))
    else:
        url = request.getfixturevalue("postgres").new_ledger()
    ledger = open_ledger(url, Keyring({"k1": b"k" * 32}, "k1"), RealClock())
    yield Shelf(ledger)
    ledger.close()


@pytest.fixture
def shelf(_opened: Shelf) -> Shelf:
    """An empty ledger."""
    _opened.empty()
    return _opened


def test_a_claimed_room_is_nobody_elses(shelf: Shelf) -> None:
    claim = shelf.put()

    assert shelf.claim(claim.room) is None
    assert shelf.claims() == []


def test_every_due_room_is_claimed_by_one_worker_only(shelf: Shelf) -> None:
    for _ in range(40):
        claim = shelf.put()
        shelf.save(claim, claim.room, due_in=0)
    start = threading.Barrier(4)

    def work(_: int) -> list[str]:
        start.wait()
        taken: list[str] = []
        while claims := shelf.claims(limit=3):
            taken += [claim.room.id for claim in claims]
        return taken

    with ThreadPoolExecutor(4) as workers:
        taken = [room for part in workers.map(work, range(4)) for room in part]
    assert (len(taken), len(set(taken))) == (40, 40)


def test_one_provider_being_busy_does_not_starve_another(shelf: Shelf) -> None:
    claim = shelf.put()
    shelf.save(claim, claim.room, due_in=0)

    assert list(shelf.ledger.write(lambda writing: writing.claim_due("teams", LEASE, 10))) == []
    assert [one.room.id for one in shelf.claims()] == [claim.room.id]


def test_a_room_that_is_not_due_yet_is_not_claimed_by_the_worker(shelf: Shelf) -> None:
    claim = shelf.put()
    shelf.save(claim, claim.room, due_in=60)

    assert shelf.claims() == []
    assert shelf.claim(claim.room) is not None


def test_a_lease_that_was_given_back_leaves_nothing_to_look_for(shelf: Shelf) -> None:
    claim = shelf.put()
    shelf.save(claim, claim.room, due_in=0)

    (taken,) = shelf.claims()

    assert taken.number > claim.number
    assert not taken.room.must_look


def test_whoever_takes_over_a_lease_that_ran_out_looks_first(shelf: Shelf) -> None:
    assert lapsed(shelf).room.must_look


def test_a_lease_is_kept_from_step_to_step(shelf: Shelf) -> None:
    claim = shelf.put()

    assert shelf.save(claim, replace(claim.room, reference="7"), due_in=0, release=False)

    assert shelf.claims() == []
    assert shelf.save(claim, replace(claim.room, reference="8"), due_in=0)
    assert len(shelf.claims()) == 1


def test_an_old_lease_holder_can_write_nothing(shelf: Shelf) -> None:
    first = shelf.put()
    shelf.save(first, first.room, due_in=0)
    (old,) = shelf.claims(lease=0.01)
    new = taken_over(shelf, old)

    with pytest.raises(LeaseLost):
        shelf.save(old, replace(old.room, reference="old"))

    assert shelf.room(new).reference is None
    shelf.save(new, replace(new.room, reference="new"))
    assert shelf.room(new).reference == "new"


def test_what_an_old_lease_holder_did_beside_is_undone_with_it(shelf: Shelf) -> None:
    first = shelf.put()
    shelf.save(first, first.room, due_in=0)
    (old,) = shelf.claims(lease=0.01)
    taken_over(shelf, old)

    def unit(writing: Writing) -> None:
        writing.set_state(old.meeting, MeetingState.LIVE, None)
        writing.save_room(old, RoomResult(old.room, None, True))

    with pytest.raises(LeaseLost):
        shelf.ledger.write(unit)
    assert shelf.meeting(old).state is MeetingState.WANTED


def test_a_wish_that_turned_meanwhile_makes_the_room_due_at_once(shelf: Shelf) -> None:
    claim = shelf.put()
    shelf.ledger.write(lambda writing: writing.want_rooms(claim.meeting.id, Wanted.ABSENT, 2))

    assert not shelf.save(claim, replace(claim.room, reference="7"), due_in=None, release=False)

    (taken,) = shelf.claims()
    assert (taken.room.wanted, taken.room.wanted_revision, taken.room.reference) == (Wanted.ABSENT, 2, "7")


def test_a_state_is_not_written_over_a_newer_wish(shelf: Shelf) -> None:
    claim = shelf.put()
    newer = replace(claim.meeting, revision=2)
    shelf.ledger.write(lambda writing: writing.change_meeting(newer, 1))

    assert not shelf.ledger.write(lambda writing: writing.set_state(claim.meeting, MeetingState.LIVE, None))
    assert shelf.meeting(claim).state is MeetingState.WANTED


def test_a_meeting_is_found_by_its_codes_and_its_item_and_by_nothing_else(shelf: Shelf) -> None:
    claim = shelf.put()
    meeting = claim.meeting
    read = shelf.ledger.read

    assert read(lambda reading: reading.meeting_by_join_code(meeting.join_code)) == meeting
    assert read(lambda reading: reading.meeting_by_start_code(meeting.start_code)) == meeting
    assert read(lambda reading: reading.meeting_by_join_code(meeting.start_code)) is None
    assert read(lambda reading: reading.meeting_by_start_code(meeting.join_code)) is None
    assert read(lambda reading: reading.meeting_by_item(meeting.tenant, meeting.mailbox, "item")) is None


def test_my_meetings_are_those_i_booked_hold_share_or_host_in_order_and_by_pages(shelf: Shelf) -> None:
    start = doors.START
    mine = [
        shelf.put(
            window=replace(doors.meeting().window, start=start + timedelta(hours=hour)), hosts=hosts, **who
        )
        for hour, hosts, who in (
            (3, (), {}),
            (1, (doors.ANNA,), {"actor": "somebody-else", "mailbox": "bo.sandstrom@region.example"}),
            (2, (), {"actor": "somebody-else", "mailbox": "anna.lindgren@region.example"}),
            (4, (), {"actor": "somebody-else", "on_behalf_of": "anna.lindgren@region.example"}),
            (5, (), {"actor": "somebody-else", "mailbox": "mottagningen@region.example"}),
        )
    ]
    shelf.put(actor="somebody-else", mailbox="bo.sandstrom@region.example")
    shared = ("mottagningen@region.example",)
    who = Principal(doors.TENANT, doors.ANNA, "anna.lindgren@region.example", shared)

    def page(last: Meeting | None) -> list[Meeting]:
        after = (last.window.start, last.id) if last else None
        found = shelf.ledger.read(
            lambda reading: reading.meetings_of(who, start=None, end=None, after=after, limit=3)
        )
        return [one for one in found if isinstance(one, Meeting)]

    first = page(None)
    second = page(first[-1])

    in_order = sorted(mine, key=lambda claim: claim.meeting.window.start)
    assert [meeting.id for meeting in first + second] == [claim.meeting.id for claim in in_order]
    assert page(second[-1]) == []


def lapsed(shelf: Shelf) -> Claim:
    """Return the claim of whoever took over a room from a holder that never came back."""
    first = shelf.put()
    shelf.save(first, first.room, due_in=0)
    (old,) = shelf.claims(lease=0.01)
    return taken_over(shelf, old)


def taken_over(shelf: Shelf, old: Claim) -> Claim:
    """Claim the room as soon as the old lease has run out."""
    give_up = datetime.now(UTC) + timedelta(seconds=60)
    while (claim := shelf.claim(old.room)) is None:
        if datetime.now(UTC) > give_up:
            raise NeverHappened("the lease never ran out")
    return claim
