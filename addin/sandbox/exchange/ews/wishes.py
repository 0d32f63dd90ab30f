"""What a client wants of a calendar item: reads `t:CalendarItem`, and a change's `t:Updates`, into the store's wish."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, Final, cast

from lxml.etree import _Element

from addin.sandbox.exchange.ews.icalendar_text import told_in
from addin.sandbox.exchange.ews.properties import PLAIN_BODY, SUBJECT, property_of, value_of
from addin.sandbox.exchange.ews.recurrence import recurrence_of
from addin.sandbox.exchange.ews.soap import Failure, T, local_name
from addin.sandbox.exchange.ews.times import instant, known_zone
from addin.sandbox.exchange.items import (
    KEPT_BY_EXCHANGE,
    Attendee,
    AttendeeKind,
    Body,
    BodyKind,
    Item,
    PropertyId,
    Wish,
)

_BUSY: Final = {
    "Free": "free",
    "Tentative": "tentative",
    "Busy": "busy",
    "OOF": "oof",
    "WorkingElsewhere": "workingElsewhere",
    "NoData": "unknown",
}
_GUESTS: Final[dict[str, AttendeeKind]] = {
    "RequiredAttendees": "required",
    "OptionalAttendees": "optional",
    "Resources": "resource",
}
# Sent by clients along with what they change, and of no consequence here.
_UNHEARD: Final = frozenset(
    {
        *("ItemClass", "MeetingTimeZone", "ReminderDueBy", "Culture", "ConferenceType"),
        *("DateTimeStamp", "IsMeeting", "Organizer"),
    }
)
_EMPTY: Final[dict[str, Any]] = {
    "Subject": {"subject": ""},
    "Body": {"body": Body()},
    "Location": {"location": ""},
    "Categories": {"categories": ()},
    "Recurrence": {"recurrence": None},
    "ReminderIsSet": {"is_reminder_on": False},
}
ZONE: Final = "start_zone"
_ZONES: Final = frozenset({ZONE, "end_zone"})


def created(told: _Element, zone: str) -> tuple[Wish, str | None]:
    """Return what a new `t:CalendarItem` is to be, and the UID it is to have; `zone` counts where it tells none."""
    reader = _Reader(zone, None)
    reader.take_zones(told)
    for part in told:
        reader.take(part)
    if not {"start", "end"} <= set(reader.fields):
        raise Failure("ErrorInvalidPropertySet", "Start and end are required.")
    return reader.wish(), reader.uid


def changed(updates: _Element, item: Item, zone: str) -> Wish:
    """Return what a `t:Updates` changes of an item; raises Failure."""
    reader = _Reader(item.start_zone if item.recurrence else zone, item)
    for update in updates:
        reader.take_zones(update)
    for update in updates:
        kind = local_name(update)
        if kind == "SetItemField":
            reader.take(update[1][0])
        elif kind == "DeleteItemField":
            reader.drop(update[0])
        else:
            raise Failure(
                "ErrorInvalidPropertyAppend" if kind == "AppendToItemField" else "ErrorInvalidOperation", kind
            )
    return reader.wish()


class _Reader:
    """Collects fields and properties; `before` is the item that is changed, None for a new one."""

    def __init__(self, zone: str, before: Item | None) -> None:
        self.fields: dict[str, Any] = {}
        self.uid: str | None = None
        self._properties: dict[PropertyId, str | None] = {}
        self._zone, self._before = zone, before
        self._guests: dict[AttendeeKind, tuple[Attendee, ...]] = {}

    def take_zones(self, told: _Element) -> None:
        """Read the zones first, because wall times and rules count in them."""
        for name, field in (("StartTimeZone", ZONE), ("EndTimeZone", "end_zone")):
            found = told.find(f".//{T}{name}")
            if found is not None:
                self.fields[field] = known_zone(found.get("Id", ""))
        self._zone = self.fields.get(ZONE, self._zone)
        if self._before is None:
            self.fields.setdefault(ZONE, self._zone)
            self.fields.setdefault("end_zone", self._zone)

    def take(self, part: _Element) -> None:
        """Read one part of an item; raises Failure."""
        name = local_name(part)
        if name == "ExtendedProperty":
            self._take_property(property_of(part[0]), value_of(part))
        elif name == "MimeContent":
            self._take_text(base64.b64decode(part.text or ""))
        elif name == "UID":
            self._take_uid(part.text or "")
        elif name in _GUESTS:
            self._guests[_GUESTS[name]] = tuple(_attendee(one, _GUESTS[name]) for one in part)
        elif name in _READ:
            self.fields |= _READ[name](part, self._zone)
        elif name not in _UNHEARD and name not in {"StartTimeZone", "EndTimeZone"}:
            raise Failure("ErrorInvalidPropertySet", f"{name} cannot be set.")

    def drop(self, path: _Element) -> None:
        """Take a field or property away; raises Failure."""
        if local_name(path) == "ExtendedFieldURI":
            self._take_property(property_of(path), None)
            return
        name = path.get("FieldURI", "").partition(":")[2]
        if name in _GUESTS:
            self._guests[_GUESTS[name]] = ()
        elif name in _EMPTY:
            self.fields |= _EMPTY[name]
        elif name not in _UNHEARD:
            raise Failure("ErrorInvalidPropertyDelete", f"{name} cannot be deleted.")

    def wish(self) -> Wish:
        """Return what has been read."""
        if self._guests:
            kept = self._before.attendees if self._before else ()
            others = tuple(one for one in kept if one.kind not in self._guests)
            asked = tuple(one for some in self._guests.values() for one in some)
            self.fields["attendees"] = (*others, *asked)
        # Clients may write what Exchange works out by itself, and it works it out all the same.
        own = {name: value for name, value in self._properties.items() if name not in KEPT_BY_EXCHANGE}
        return Wish(self.fields, own)

    def _take_property(self, wanted: PropertyId, value: str | None) -> None:
        if wanted == SUBJECT:
            self.fields["subject"] = value or ""
        elif wanted == PLAIN_BODY:
            self.fields["body"] = Body("text", value or "")
        else:
            self._properties[wanted] = value

    def _take_text(self, content: bytes) -> None:
        fields, uid = told_in(content)
        # What is told beside it, as a field of its own, counts more.
        self.fields = fields | {name: value for name, value in self.fields.items() if name not in _ZONES}
        if uid:
            self._take_uid(uid)

    def _take_uid(self, uid: str) -> None:
        if self._before is not None and uid != self._before.uid:
            raise Failure("ErrorInvalidPropertySet", "UID cannot be changed.")
        self.uid = uid


def _attendee(told: _Element, kind: AttendeeKind) -> Attendee:
    address = told.findtext(f"{T}Mailbox/{T}EmailAddress") or ""
    return Attendee(told.findtext(f"{T}Mailbox/{T}Name") or address, address, kind)


def _body(part: _Element, _: str) -> dict[str, Any]:
    kind = cast("BodyKind", part.get("BodyType", "Text").lower())
    return {"body": Body(kind, part.text or "")}


def _words(field: str) -> Callable[[_Element, str], dict[str, Any]]:
    return lambda part, _: {field: part.text or ""}


def _lower(field: str) -> Callable[[_Element, str], dict[str, Any]]:
    return lambda part, _: {field: (part.text or "").lower()}


def _flag(field: str) -> Callable[[_Element, str], dict[str, Any]]:
    return lambda part, _: {field: part.text in {"true", "1"}}


def _moment(field: str) -> Callable[[_Element, str], dict[str, Any]]:
    return lambda part, zone: {field: instant(part.text, zone)}


_READ: Final[dict[str, Callable[[_Element, str], dict[str, Any]]]] = {
    "Subject": _words("subject"),
    "Location": _words("location"),
    "Body": _body,
    "Sensitivity": _lower("sensitivity"),
    "Importance": _lower("importance"),
    "Categories": lambda part, _: {"categories": tuple(one.text or "" for one in part)},
    "ReminderIsSet": _flag("is_reminder_on"),
    "ReminderMinutesBeforeStart": lambda part, _: {"reminder_minutes": int(part.text or 0)},
    "Start": _moment("start"),
    "End": _moment("end"),
    "IsAllDayEvent": _flag("is_all_day"),
    "LegacyFreeBusyStatus": lambda part, _: {"show_as": _BUSY[part.text or "Busy"]},
    "IsResponseRequested": _flag("response_requested"),
    "AllowNewTimeProposal": _flag("allow_new_time_proposals"),
    "Recurrence": lambda part, zone: {"recurrence": recurrence_of(part, zone)},
}
