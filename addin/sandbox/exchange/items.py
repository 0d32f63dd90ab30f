"""What lies in a mailbox: folders, calendar items, recurrence rules and named properties, as plain values.

Knows no protocol: Graph and Exchange Web Services both show and change these. All instants are UTC.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

BodyKind = Literal["html", "text"]
AttendeeKind = Literal["required", "optional", "resource"]
Response = Literal["none", "organizer", "tentativelyAccepted", "accepted", "declined", "notResponded"]
FolderKind = Literal["calendar", "deleted", "deleted_calendar"]
ItemKind = Literal["single", "master", "occurrence", "exception"]
PatternKind = Literal[
    "daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"
]
RangeKind = Literal["endDate", "noEnd", "numbered"]
Weekday = Literal["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
WeekIndex = Literal["first", "second", "third", "fourth", "last"]

# Beginning of every global object id; then the occurrence's day, the time of creation, eight zeros, the size of what
# follows, and what follows ([MS-OXOCAL], section 2.2.1.27).
UID_BEGINNING: Final = "040000008200E00074C5B7101A82E008"
NO_DAY: Final = "00000000"

# Bits of PidLidAppointmentStateFlags ([MS-OXOCAL], section 2.2.1.10) and of PidLidAppointmentAuxiliaryFlags (2.2.1.3).
IS_MEETING: Final = 0x1
IS_RECEIVED: Final = 0x2
IS_CANCELED: Final = 0x4
IS_COPIED: Final = 0x1


@dataclass(frozen=True, slots=True)
class PropertyId:
    """A MAPI property: `kind` as Graph writes it (`String`), set in lower case ("" for a tag), name or number."""

    kind: str
    property_set: str
    name: str | int


PSETID_APPOINTMENT: Final = "00062002-0000-0000-c000-000000000046"
STATE_FLAGS: Final = PropertyId("Integer", PSETID_APPOINTMENT, 0x8217)
AUXILIARY_FLAGS: Final = PropertyId("Integer", PSETID_APPOINTMENT, 0x8207)
# PidTagParentEntryId ([MS-OXPROPS]): a property with a tag of its own belongs to no set.
PARENT_ENTRY: Final = PropertyId("Binary", "", 0x0E09)
KEPT_BY_EXCHANGE: Final = frozenset({STATE_FLAGS, AUXILIARY_FLAGS, PARENT_ENTRY})


@dataclass(frozen=True, slots=True)
class Address:
    """Somebody's name and address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who is asked to a meeting, and what they answered."""

    name: str
    address: str
    kind: AttendeeKind = "required"
    response: Response = "none"


@dataclass(frozen=True, slots=True)
class Body:
    """What stands in an item."""

    kind: BodyKind = "html"
    content: str = ""


@dataclass(frozen=True, slots=True)
class Folder:
    """A calendar, Deleted Items, or a calendar in Deleted Items, of a mailbox (`mailbox` is its object id)."""

    folder_id: str
    mailbox: str
    kind: FolderKind
    name: str
    change_key: str
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Recurrence:
    """When a series takes place, in the terms that Graph and Exchange Web Services share.

    `first` is the first day that counts, `last` and `count` end it as `range_kind` says; `zone` is the name, Windows
    or IANA, of the zone in which days count.
    """

    kind: PatternKind
    interval: int
    first: date
    zone: str
    range_kind: RangeKind = "noEnd"
    last: date | None = None
    count: int | None = None
    days: tuple[Weekday, ...] = ()
    day_of_month: int = 0
    month: int = 0
    index: WeekIndex = "first"
    first_weekday: Weekday = "sunday"


# Of one occurrence, by the day it had first: the fields of the item that differ from the series'.
Exceptions = Mapping[date, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Item:
    """One calendar item: single, master of a series, or an occurrence as seen through its master.

    `item_id` is in the form of Exchange Web Services and becomes another when the item is moved to another folder;
    `immutable_id` stays as long as the item is in the mailbox. `uid` is the same in every mailbox of a meeting and
    for all occurrences. `organiser` is who sent it; of an appointment without attendees, the mailbox's
    owner. `is_received`: it came from somebody else, or is a copy of a meeting.
    """

    mailbox: str
    folder: str
    item_id: str
    immutable_id: str
    uid: str
    change_key: str
    created: datetime
    modified: datetime
    organiser: Address
    start: datetime
    end: datetime
    start_zone: str = "UTC"
    end_zone: str = "UTC"
    subject: str = ""
    body: Body = Body()
    location: str = ""
    location_details: Mapping[str, str] = field(default_factory=dict)
    attendees: tuple[Attendee, ...] = ()
    categories: tuple[str, ...] = ()
    importance: str = "normal"
    sensitivity: str = "normal"
    show_as: str = "busy"
    is_all_day: bool = False
    is_reminder_on: bool = True
    reminder_minutes: int = 15
    response_requested: bool = True
    allow_new_time_proposals: bool = True
    hide_attendees: bool = False
    transaction_id: str | None = None
    is_organiser: bool = True
    is_received: bool = False
    is_cancelled: bool = False
    is_copied: bool = False
    response: Response = "organizer"
    sequence: int = 0
    recurrence: Recurrence | None = None
    cancelled_days: frozenset[date] = frozenset()
    exceptions: Exceptions = field(default_factory=dict)
    properties: Mapping[PropertyId, str] = field(default_factory=dict)
    master_id: str | None = None
    master_immutable_id: str | None = None
    original_start: datetime | None = None
    is_exception: bool = False

    @property
    def kind(self) -> ItemKind:
        """Return what it is in a series."""
        if self.original_start is not None:
            return "exception" if self.is_exception else "occurrence"
        return "master" if self.recurrence else "single"

    @property
    def is_meeting(self) -> bool:
        """Whether it has attendees, or came from somebody who has."""
        return bool(self.attendees) or self.is_received

    @property
    def length(self) -> timedelta:
        """Return how long it is."""
        return self.end - self.start

    @property
    def named_properties(self) -> Mapping[PropertyId, str]:
        """Return the properties that clients wrote and those that Exchange keeps itself."""
        flags = (
            IS_MEETING * self.is_meeting | IS_RECEIVED * self.is_received | IS_CANCELED * self.is_cancelled
        )
        kept = {STATE_FLAGS: str(flags), PARENT_ENTRY: b64encode(self.folder.encode()).decode()}
        if self.is_copied:
            kept[AUXILIARY_FLAGS] = str(IS_COPIED)
        return {**self.properties, **kept}

    @property
    def global_object_id(self) -> str:
        """Return the UID with the occurrence's first day in it ([MS-OXOCAL], section 2.2.1.27): other for each."""
        if self.original_start is None:
            return self.uid
        day = self.original_day
        told = f"{day.year:04X}{day.month:02X}{day.day:02X}"
        return f"{self.uid[: len(UID_BEGINNING)]}{told}{self.uid[len(UID_BEGINNING) + len(NO_DAY) :]}"

    @property
    def original_day(self) -> date:
        """Return the day that an occurrence had first; its id ends with it."""
        return date.fromisoformat(self.item_id[-8:])

    def with_fields(self, fields: Mapping[str, Any]) -> Item:
        """Return the item with other values in some fields."""
        return replace(self, **fields)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client wants to be changed: fields of `Item` by name, and properties (None takes one away)."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[PropertyId, str | None] = field(default_factory=dict)


# What a client may write; the rest is Exchange's own.
WRITABLE: Final = frozenset(
    {
        *("start", "end", "start_zone", "end_zone", "subject", "body", "location", "location_details"),
        *("attendees", "categories", "importance", "sensitivity", "show_as", "is_all_day", "is_reminder_on"),
        *("reminder_minutes", "response_requested", "allow_new_time_proposals", "hide_attendees"),
        *("transaction_id", "recurrence"),
    }
)
