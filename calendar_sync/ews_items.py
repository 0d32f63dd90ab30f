"""A calendar item as Exchange Web Services tells it: which fields are asked for, and what is read from the answer.

Nothing that is not listed here is asked for. Sources: `types.xsd` (CalendarItemType), [MS-OXOCAL] 2.2.1.10 (state
flags) and 2.2.1.28 (clean global object id), [MS-OXCICAL] 2.1.3.1.1.20.26 (UIDs that came from iCalendar). Knows no
HTTP and no mailbox.
"""

from __future__ import annotations

import re
import threading
from datetime import datetime
from typing import Any, Final

from exchangelib import CalendarItem, ExtendedProperty
from exchangelib.fields import FieldPath
from lxml.etree import _Element

from calendar_sync import marks
from calendar_sync.ews_series import TYPES, instant, series_of
from calendar_sync.items import ItemRef, Kind, Snapshot
from calendar_sync.zones import iana_name

_PLAIN_FIELDS: Final = (
    *("uid", "start", "end", "is_all_day", "is_cancelled", "is_meeting", "my_response_type", "type"),
    *("recurrence", "modified_occurrences", "deleted_occurrences", "_start_timezone", "datetime_created"),
    *("parent_folder_id", "original_start"),
)
_KINDS: Final = {
    "Single": Kind.SINGLE,
    "RecurringMaster": Kind.MASTER,
    "Occurrence": Kind.OCCURRENCE,
    "Exception": Kind.OCCURRENCE,
}
_IS_MEETING, _IS_RECEIVED = 0x1, 0x2
# Of PidLidAppointmentAuxiliaryFlags.
_IS_COPIED: Final = 0x1
# Beginning of every UID that Exchange makes, and what marks one that it took over from iCalendar.
_EXCHANGE_UID: Final = re.compile(r"040000008200E00074C5B7101A82E008[0-9A-F]+", re.IGNORECASE)
_TAKEN_OVER: Final = bytes.fromhex("040000008200E00074C5B7101A82E008") + bytes(20)


class OwnTag(ExtendedProperty):
    """The service's own tag."""

    property_set_id = marks.OWN_SET
    property_name = marks.OWN_NAME
    property_type = "String"


class StateFlags(ExtendedProperty):
    """PidLidAppointmentStateFlags: whether it has attendees, and whether this is an attendee's."""

    distinguished_property_set_id = "Appointment"
    property_id = marks.STATE_FLAGS
    property_type = "Integer"


class AuxiliaryFlags(ExtendedProperty):
    """PidLidAppointmentAuxiliaryFlags: whether it is a copy of a meeting."""

    distinguished_property_set_id = "Appointment"
    property_id = 0x8207
    property_type = "Integer"


class CleanObjectId(ExtendedProperty):
    """PidLidCleanGlobalObjectId: what the UID is a text of."""

    distinguished_property_set_id = "Meeting"
    property_id = 0x23
    property_type = "Binary"


TAG_FIELD: Final = "vardmote_tag"
OBJECT_ID_FIELD: Final = "vardmote_object_id"
BODY_FIELD: Final = "body"
_STATE_FIELD: Final = "vardmote_state"
_AUXILIARY_FIELD: Final = "vardmote_auxiliary"
_registering = threading.Lock()


def _register(name: str, kind: type[ExtendedProperty]) -> None:
    """Teach exchangelib a property, once in a process: it searches and writes only what it knows by a name."""
    with _registering:
        if name not in CalendarItem.FIELDS:
            CalendarItem.register(name, kind)


class ItemReader:
    """Reads items for one installation; `home_zone` is preferred where Windows has one name for many zones."""

    def __init__(self, instance: str, add_in_id: str, home_zone: str) -> None:
        self._instance, self._home_zone = instance, home_zone
        told = {"distinguished_property_set_id": "PublicStrings", "property_type": "String"}
        told["property_name"] = marks.pane_name(add_in_id)
        self._pane = type("PaneProperties", (ExtendedProperty,), told)
        self.pane_field = f"vardmote_pane_{re.sub('[^0-9a-z]', '', add_in_id.lower())}"
        for name, kind in (
            (TAG_FIELD, OwnTag),
            (_STATE_FIELD, StateFlags),
            (_AUXILIARY_FIELD, AuxiliaryFlags),
            (OBJECT_ID_FIELD, CleanObjectId),
            (self.pane_field, self._pane),
        ):
            _register(name, kind)

    @property
    def fields(self) -> list[FieldPath]:
        """Return what is asked for of an item."""
        return _paths(*_PLAIN_FIELDS, TAG_FIELD, _STATE_FIELD, _AUXILIARY_FIELD, self.pane_field)

    def marked_fields(self, *, with_body: bool) -> list[FieldPath]:
        """Return what is asked for of an item whose marks are to be changed."""
        return _paths(self.pane_field, *([BODY_FIELD] if with_body else []))

    def pane_of(self, item: _Element) -> str | None:
        """Return the pane's properties of an item, as the text that they are."""
        return _property(item, self._pane)

    @staticmethod
    def folder_of(item: _Element) -> str | None:
        """Return the id of the folder that holds an item."""
        folder = item.find(f"{TYPES}ParentFolderId")
        return None if folder is None else folder.get("Id")

    def snapshot(self, mailbox: str, item: _Element, ref: ItemRef | None = None) -> Snapshot:
        """Return what a `t:CalendarItem` tells, under the id that was asked for; raises ValueError."""
        try:
            return self._snapshot(mailbox, item, ref)
        except (LookupError, ArithmeticError):
            # An unknown kind, or a time at the end of all calendars.
            raise ValueError("an item that cannot be followed") from None

    def _snapshot(self, mailbox: str, item: _Element, ref: ItemRef | None) -> Snapshot:
        identity = item.find(f"{TYPES}ItemId")
        if identity is None or item.tag != f"{TYPES}CalendarItem":
            raise ValueError("not a calendar item")
        start, end = _instant(item, "Start"), _instant(item, "End")
        zone, flags = self._zone_of(item), _flags(item)
        kind = _KINDS[_text(item, "CalendarItemType")]
        is_part = kind is Kind.OCCURRENCE
        own, pane = _property(item, OwnTag), self.pane_of(item)
        return Snapshot(
            ref=ref or ItemRef(mailbox, identity.get("Id", "")),
            uid=_text(item, "UID"),
            version=identity.get("ChangeKey", ""),
            start=start,
            end=end,
            zone=zone or "UTC",
            kind=kind,
            all_day=_is_true(item, "IsAllDayEvent"),
            is_cancelled=_is_true(item, "IsCancelled") or marks.is_cancelled(flags),
            is_organiser=_is_own(item, flags),
            is_meeting=marks.is_meeting(flags),
            created_at=_instant(item, "DateTimeCreated") if _has(item, "DateTimeCreated") else None,
            tag=marks.tag_in(own, pane, self._instance, is_occurrence=is_part),
            # A rule in a zone that nobody can name is most likely our own; in UTC it would be wrong half the year.
            series=series_of(item, zone or self._home_zone, start, end) if kind is Kind.MASTER else None,
            original_start=_instant(item, "OriginalStart")
            if is_part and _has(item, "OriginalStart")
            else None,
        )

    def _zone_of(self, item: _Element) -> str | None:
        """Return the IANA name of the item's zone; None for one that nobody can name, such as Outlook's own."""
        zone = item.find(f"{TYPES}StartTimeZone")
        name = zone.get("Id", "") if zone is not None else ""
        return iana_name(name, self._home_zone) if name else None


def global_object_id(uid: str) -> bytes:
    """Return the bytes that a UID is a text of, with no occurrence's day in them."""
    if _EXCHANGE_UID.fullmatch(uid) and len(uid) % 2 == 0:
        told = bytes.fromhex(uid)
        return told[:16] + bytes(4) + told[20:]
    data = b"vCal-Uid\x01\x00\x00\x00" + uid.encode() + b"\x00"
    return _TAKEN_OVER + len(data).to_bytes(4, "little") + data


def _flags(item: _Element) -> int:
    told = _property(item, StateFlags)
    if told is not None:
        return int(told)
    # An item that was never sent may lack the property.
    is_meeting = _is_true(item, "IsMeeting")
    is_received = is_meeting and item.findtext(f"{TYPES}MyResponseType") != "Organizer"
    return _IS_MEETING * is_meeting | _IS_RECEIVED * is_received


def _is_own(item: _Element, flags: int) -> bool:
    """Whether it is no attendee's item; a copy of a meeting counts as received, whoever organised it."""
    return not flags & _IS_RECEIVED or bool(int(_property(item, AuxiliaryFlags) or 0) & _IS_COPIED)


def _paths(*names: str) -> list[FieldPath]:
    return [FieldPath(field=CalendarItem.get_field_by_fieldname(name)) for name in names]


def _property(item: _Element, kind: type[ExtendedProperty]) -> Any | None:
    for told in item.iterfind(f"{TYPES}ExtendedProperty"):
        if kind.is_property_instance(told):
            return told.findtext(f"{TYPES}Value")
    return None


def _instant(item: _Element, name: str) -> datetime:
    found = item.find(f"{TYPES}{name}")
    if found is None:
        raise ValueError("an item without a time")
    return instant(found)


def _text(item: _Element, name: str) -> str:
    found = item.findtext(f"{TYPES}{name}")
    if not found:
        raise ValueError("an item that lacks a field")
    return found


def _has(item: _Element, name: str) -> bool:
    return item.find(f"{TYPES}{name}") is not None


def _is_true(item: _Element, name: str) -> bool:
    return item.findtext(f"{TYPES}{name}") in {"true", "1"}
