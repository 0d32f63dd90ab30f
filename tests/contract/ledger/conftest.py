"""One empty ledger on each database, and meetings to put into it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from addin.meetings.codes import new_code
from addin.meetings.keyring import Keyring
from addin.meetings.ledger_port import NewBooking, Writing
from addin.meetings.model import AuditEntry, Meeting, MeetingState, Room, Wanted, Window
from addin.store.ledger import SqlLedger, open_ledger
from tests.ledgers import new_ledger
from tests.postgres import Postgres, postgres, requires_postgres

__all__ = ["postgres", "requires_postgres"]

KEYRING = Keyring({"k1": b"k" * 32}, "k1")
# PostgreSQL keeps its own time, and tests tell what is due from what is to come: the moment is ahead of either clock.
NOW = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=90)
ANNA = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
TENANT = "11111111-2222-4333-8444-555555555555"
LIVE = Meeting(
    id="",
    tenant=TENANT,
    actor=ANNA,
    mailbox="psykiatrimottagningen@region.example",
    on_behalf_of=None,
    hosts=(),
    type="care-meeting-patient",
    variant="one-patient",
    unit="psychiatry",
    window=Window(NOW, NOW + timedelta(minutes=45), "Europe/Stockholm"),
    previous=None,
    revision=1,
    state=MeetingState.LIVE,
    attention=None,
    unbound=False,
    join_code="",
    start_code="",
    created_at=NOW,
)


class StandingClock:
    """Always NOW."""

    def now(self) -> datetime:
        return NOW


@dataclass
class Desk:
    """An open ledger and who writes into it."""

    ledger: SqlLedger
    folder: Path
    numbers: Iterator[int]

    def books(self, *, purge_at: datetime, state: MeetingState = MeetingState.LIVE) -> Meeting:
        """Add a meeting as it stands; returns it."""
        booked = replace(
            LIVE,
            id=f"{next(self.numbers):032x}",
            join_code=new_code(),
            start_code=new_code(),
            state=state,
            cancelled_at=NOW if state is MeetingState.CANCELLING else None,
        )

        def unit(writing: Writing) -> None:
            writing.add_meeting(booked, None, purge_at)
            if booked.cancelled_at:
                writing.change_meeting(booked, booked.revision)

        self.ledger.write(unit)
        return booked

    def new_booking(self, **changes: Any) -> NewBooking:
        """Return what a click would write; `changes` are the meeting's."""
        number = next(self.numbers)
        meeting = replace(
            LIVE, id=f"{number:032x}", join_code=new_code(), start_code=new_code(), state=MeetingState.WANTED
        )
        meeting = replace(meeting, **changes)
        return NewBooking(
            meeting=meeting,
            item_id=None,
            purge_at=NOW,
            room=Room(
                id=f"{number:030x}ff",
                meeting_id=meeting.id,
                provider="pexip",
                generation=1,
                name=f"svm-test-{number}",
                alias="k3m9qxp2rtwhd7zb",
                key_id="k1",
                wanted=Wanted.PRESENT,
                wanted_revision=1,
            ),
            audit=AuditEntry(NOW, TENANT, ANNA, "booked", meeting.id),
            key=number.to_bytes(32),
            fingerprint=b"f" * 32,
        )

    def waits_until_somebody_waits(self) -> None:
        """Return when one connection to PostgreSQL waits for what another holds."""
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        latest = time.monotonic() + 60
        with self.ledger.engine.connect() as connection:
            while not connection.execute(waiting).scalar_one():
                assert time.monotonic() < latest, "nobody waits"

    def reads(self, meeting: Meeting) -> Meeting:
        """Return the meeting as it is stored now."""
        found = self.ledger.read(lambda reading: reading.meeting(meeting.id))
        assert found is not None
        return found


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.new_ledger()
    else:
        url = new_ledger(tmp_path)
    ledger = open_ledger(url, KEYRING, StandingClock())
    yield Desk(ledger, tmp_path, count(1))
    ledger.close()
