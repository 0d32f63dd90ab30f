"""The use cases over a real SQLite ledger and an unreliable provider in memory, with a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event, select

from addin.meetings.book import Booked, BookingRequest, BookMeeting
from addin.meetings.cancel import CancelMeeting
from addin.meetings.change import Change, ChangeMeeting
from addin.meetings.keyring import Keyring
from addin.meetings.meeting_types import MeetingTypes, load_meeting_types
from addin.meetings.model import Meeting, Principal, Room, Window
from addin.meetings.ports import ConferencingProvider, RoomWish
from addin.meetings.reconcile import Reconciler
from addin.meetings.rooms import RoomPlans
from addin.meetings.sweep import Sweep
from addin.meetings.units import Unit, Units
from addin.store import tables
from addin.store.ledger import SqlLedger, open_ledger
from addin.store.rows import to_time
from addin.worker import Worker
from tests.ledgers import new_ledger
from tests.unit.meetings.doors import ANNA, END, START, TENANT, ManualClock
from tests.unit.meetings.unreliable_provider import UnreliableProvider

PROVIDER: Final = "pexip"
OTHER: Final = "teams"
WHO: Final = Principal(TENANT, ANNA, "anna.lindgren@region.example")
WEEK_BEFORE: Final = START - timedelta(days=7)
REQUEST: Final = BookingRequest(
    mailbox="anna.lindgren@region.example",
    type="care-meeting-patient",
    variant="one-patient",
    unit="psychiatry",
    window=Window(START, END, "Europe/Stockholm"),
    hosts=(),
    on_behalf_of=None,
    item_id=None,
)
UNITS: Final = Units(
    Unit(
        id=name,
        name=f"Mottagningen {name}",
        telephone="08-465 004 10",
        hours="vardagar kl. 8–16",
        contact_without_speech="Skriv till mottagningen på 1177.se",
        data_controller="Region Exempel",
        hsa_id="",
        mailboxes=frozenset(),
    )
    for name in ("psychiatry", "habilitation")
)


@dataclass
class Desk:
    """A clinician's desk: what can be pressed, the worker behind it, and the provider's rooms."""

    ledger: SqlLedger
    provider: UnreliableProvider
    other: UnreliableProvider
    clock: ManualClock
    plans: RoomPlans

    @property
    def providers(self) -> dict[str, ConferencingProvider]:
        return {PROVIDER: self.provider, OTHER: self.other}

    @property
    def reconciler(self) -> Reconciler:
        return Reconciler(self.ledger, self.providers, self.plans, self.clock)

    @property
    def book_meeting(self) -> BookMeeting:
        domains = frozenset({"region.example"})
        return BookMeeting(
            self.ledger, self.reconciler, self.plans, UNITS, self.clock, domains, self.providers
        )

    def book(self, key: str, request: BookingRequest = REQUEST, who: Principal = WHO) -> Booked:
        """Press *Skapa möte*."""
        return self.book_meeting(request, who, key)

    def books(self, key: str = "key", **more: Any) -> Meeting:
        """Press *Skapa möte* and return the meeting."""
        return self.book(key, replace(REQUEST, **more)).meeting

    @property
    def change_meeting(self) -> ChangeMeeting:
        return ChangeMeeting(self.ledger, self.reconciler, self.plans, UNITS, self.clock, self.providers)

    def change(self, meeting: Meeting, who: Principal = WHO, **more: Any) -> Meeting:
        """Change the meeting as its holder last saw it."""
        return self.change_meeting(meeting.id, Change(**more), who, meeting.revision)

    def cancel(self, meeting: Meeting, who: Principal = WHO) -> Meeting:
        """Press *Ta bort möte*."""
        return CancelMeeting(self.ledger, self.reconciler, self.clock)(meeting.id, who)

    def sweep(self) -> None:
        """Do one round of the sweep."""
        Sweep(self.ledger, self.clock)()

    def works(self) -> bool:
        """Let the worker take one due room of each provider; False when none is due."""
        sweep = Sweep(self.ledger, self.clock)
        worker = Worker(self.ledger, self.reconciler, sweep, self.providers, lambda: None)
        worked = [worker.work_once(name) for name in self.providers]
        return any(worked)

    def works_until_settled(self, rounds: int = 200) -> None:
        """Let the worker and the time go on until nothing is due, now or later."""
        for _ in range(rounds):
            while self.works():
                pass
            if not self.due():
                return
            self.clock.time += timedelta(seconds=61)
        raise AssertionError(f"still due after {rounds} rounds: {self.due()}")

    def restarts(self) -> None:
        """What a new process does first with what the old one left."""
        self.ledger.take_up_leases()

    def reads(self, meeting_id: str) -> Meeting:
        found = self.ledger.read(lambda reading: reading.meeting(meeting_id))
        assert found is not None
        return found

    def rooms(self, meeting_id: str) -> list[Room]:
        return list(self.ledger.read(lambda reading: reading.rooms(meeting_id)))

    def there(self, meeting: Meeting) -> list[RoomWish]:
        """Return what the providers have of the meeting."""
        rooms = self.provider.ours() | self.other.ours()
        return [rooms[room.name][1] for room in self.rooms(meeting.id) if room.name in rooms]

    def wishes(self, meeting: Meeting) -> list[RoomWish]:
        """Return what the providers should have of the meeting now."""
        return [] if meeting.is_cancelled else [self.plans.wish(meeting, self.rooms(meeting.id)[-1])]

    def due(self) -> list[str]:
        """Return the ids of rooms that still have something to be done."""
        with self.ledger.engine.connect() as connection:
            rooms = tables.rooms.c
            return list(connection.execute(select(rooms.id).where(rooms.due_at.is_not(None))).scalars())

    def purged(self) -> int:
        """Return how many meetings are counted as forgotten."""
        with self.ledger.engine.connect() as connection:
            return sum(connection.execute(select(tables.purged.c.meetings)).scalars())

    def restores_a_backup(self) -> None:
        """Put the ledger into the place of one that went on; nothing has been read back from the providers yet."""
        state = {"id": 1, "starts": 1, "identity": "restored", "frozen_at": to_time(self.clock.time)}
        with self.ledger.engine.begin() as connection:
            connection.execute(tables.ledger_state.insert().values(state))

    def begins_anew(self) -> None:
        """Empty the ledger and the providers, for the next story."""
        self.provider, self.other = UnreliableProvider(), UnreliableProvider(OTHER)
        self.clock.time = WEEK_BEFORE
        with self.ledger.engine.begin() as connection:
            for table in reversed(tables.metadata.sorted_tables):
                connection.execute(table.delete())


@contextmanager
def opened_desk(folder: Path) -> Iterator[Desk]:
    """Yield a desk whose ledger is a new SQLite file in `folder`."""
    with desk_at(new_ledger(folder), ManualClock(WEEK_BEFORE)) as desk:
        event.listen(desk.ledger.engine, "connect", _without_waiting_for_the_disk)
        yield desk


@contextmanager
def desk_at(url: str, clock: ManualClock) -> Iterator[Desk]:
    """Yield a desk with the ledger at that address, whose time is the clock's."""
    keyring = Keyring({"k1": b"k" * 32}, "k1")
    ledger = open_ledger(url, keyring, clock)
    types = MeetingTypes(load_meeting_types())
    titles = {
        (kind.id, variant.id): f"{kind.name}, {variant.name}" for kind in types for variant in kind.variants
    }
    try:
        yield Desk(
            ledger,
            UnreliableProvider(),
            UnreliableProvider(OTHER),
            clock,
            RoomPlans(types, keyring, "test", titles),
        )
    finally:
        ledger.close()


def _without_waiting_for_the_disk(connection: Any, _record: object) -> None:
    # These tests end processes only in thought; that commits reach the disk is proved with real ones.
    connection.execute("PRAGMA synchronous=OFF")
