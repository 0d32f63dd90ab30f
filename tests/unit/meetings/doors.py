"""One meeting behind two doors: builders and fakes of the ports for the join page's and the start page's rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from addin.meetings.codes import new_code
from addin.meetings.deadline import Deadline
from addin.meetings.errors import ProviderError, ProviderUnavailable
from addin.meetings.keyring import Keyring
from addin.meetings.ledger_port import Ledger, Reading, Writing
from addin.meetings.links import MeetingLink
from addin.meetings.meeting_types import MeetingType, MeetingTypes, load_meeting_types
from addin.meetings.model import AuditEntry, LobbyLevel, Meeting, MeetingState, Room, Wanted, Window
from addin.meetings.ports import Occupancy, OwnedRoom, ProviderCapabilities, ProvisionedRoom, RoomWish
from addin.meetings.rooms import RoomPlans

T = TypeVar("T")

START = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
END = START + timedelta(minutes=45)
TENANT = "11111111-2222-4333-8444-555555555555"
ANNA = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
TYPE = next(kind for kind in load_meeting_types() if kind.id == "care-meeting-patient")
READY_AFTER = 90.0
CAPABILITIES = ProviderCapabilities(
    lobby=LobbyLevel.WAIT_FOR_HOST,
    host_pin=True,
    room_has_window=False,
    ready_after_seconds=READY_AFTER,
    encrypted=True,
    never_recorded=True,
)


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time


def meeting(**changes: Any) -> Meeting:
    """Return a booked meeting, 45 minutes from START."""
    booked = Meeting(
        id="m-1",
        tenant=TENANT,
        actor=ANNA,
        mailbox="psykiatrimottagningen@region.example",
        on_behalf_of=None,
        hosts=(),
        type=TYPE.id,
        variant="one-patient",
        unit="psychiatry",
        window=Window(START, END, "Europe/Stockholm"),
        previous=None,
        revision=1,
        state=MeetingState.LIVE,
        attention=None,
        unbound=False,
        join_code=new_code(),
        start_code=new_code(),
        created_at=START - timedelta(days=7),
    )
    return replace(booked, **changes)


def room(**changes: Any) -> Room:
    """Return a room that was made and verified a week before the meeting."""
    made = START - timedelta(days=7)
    good = Room(
        id="r-1",
        meeting_id="m-1",
        provider="pexip",
        generation=1,
        name="svm-test-r-1",
        alias="k3m9qxp2rtwhd7zb",
        key_id="k1",
        wanted=Wanted.PRESENT,
        wanted_revision=1,
        reference="42",
        applied_revision=1,
        made_at=made,
        verified_at=made,
    )
    return replace(good, **changes)


@dataclass
class RoomsOfOneProvider:
    """A provider whose only talent is to say who is in the room."""

    seen: Occupancy | ProviderError = field(default_factory=lambda: Occupancy(0, host_present=False))
    meanwhile: Callable[[], object] | None = None
    asked: int = 0
    refuses_to_end: bool = False
    name: str = "pexip"
    capabilities: ProviderCapabilities = CAPABILITIES

    def occupancy(self, wish: RoomWish, deadline: Deadline) -> Occupancy:
        self.asked += 1
        if self.meanwhile:
            self.meanwhile()
        if isinstance(self.seen, ProviderError):
            raise self.seen
        return self.seen

    def guest_address(self, wish: RoomWish) -> str:
        return f"https://video.region.example/webapp3/m/{wish.alias}"

    def host_address(self, wish: RoomWish) -> str:
        return f"https://video.region.example/webapp3/m/{wish.alias}?role=host"

    def ensure_room(self, wish: RoomWish, deadline: Deadline) -> ProvisionedRoom:
        raise AssertionError("a page never makes rooms")

    def find_room(self, wish: RoomWish, deadline: Deadline) -> ProvisionedRoom | None:
        raise AssertionError("a page never looks for rooms")

    def update_room(self, reference: str, wish: RoomWish, deadline: Deadline) -> None:
        raise AssertionError("a page never changes rooms")

    def verify_protection(self, reference: str, wish: RoomWish, deadline: Deadline) -> Sequence[str]:
        raise AssertionError("a page never verifies rooms")

    def end_call(self, wish: RoomWish, deadline: Deadline) -> None:
        if isinstance(self.seen, ProviderError) or self.refuses_to_end:
            raise ProviderUnavailable
        self.seen = Occupancy(0, host_present=False)

    def delete_room(self, reference: str, wish: RoomWish, deadline: Deadline) -> Any:
        raise AssertionError("a page never removes rooms")

    def list_owned(self, prefix: str, deadline: Deadline) -> Iterator[OwnedRoom]:
        raise AssertionError("a page never lists rooms")

    def check(self, deadline: Deadline) -> None:
        raise AssertionError("a page never checks the provider")


@dataclass
class OneMeeting:
    """A ledger with one meeting and its rooms in memory: just what the two pages read and write."""

    meeting: Meeting
    rooms_kept: list[Room]
    audited: list[AuditEntry] = field(default_factory=list)
    failure: Exception | None = None
    writes: int = 0

    def read(self, unit: Callable[[Reading], T]) -> T:
        if self.failure:
            raise self.failure
        return unit(cast("Reading", self))

    def write(self, unit: Callable[[Writing], T]) -> T:
        self.writes += 1
        return unit(cast("Writing", self))

    def meeting_by_join_code(self, code: str) -> Meeting | None:
        return self.meeting if code == self.meeting.join_code else None

    def meeting_by_start_code(self, code: str) -> Meeting | None:
        return self.meeting if code == self.meeting.start_code else None

    def link(self, code: str) -> MeetingLink | None:
        return None

    def rooms(self, meeting_id: str) -> Sequence[Room]:
        return [kept for kept in self.rooms_kept if kept.meeting_id == meeting_id]

    def host_started(self, meeting_id: str, at: datetime) -> None:
        self.meeting = replace(self.meeting, host_started_at=at)

    def audit(self, entry: AuditEntry) -> None:
        self.audited.append(entry)

    def as_ledger(self) -> Ledger:
        """Return itself under the port's type; the two pages use nothing of the rest."""
        return cast("Ledger", self)


def plans(kind: MeetingType = TYPE) -> RoomPlans:
    """Return plans that know one type."""
    titles = {(kind.id, variant.id): "Skyddat vårdmöte" for variant in kind.variants}
    return RoomPlans(MeetingTypes([kind]), Keyring({"k1": b"k" * 32}, "k1"), "test", titles)
