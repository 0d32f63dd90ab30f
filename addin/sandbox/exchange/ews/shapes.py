"""A calendar item as Exchange Web Services show it: which parts are wanted, and each of them (`t:CalendarItem`)."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from lxml.etree import _Element

from addin.sandbox.exchange import series
from addin.sandbox.exchange.ews.icalendar_text import calendar_text
from addin.sandbox.exchange.ews.properties import properties_of, property_of, told_property
from addin.sandbox.exchange.ews.recurrence import told_recurrence
from addin.sandbox.exchange.ews.soap import Failure, T, local_name, text, types
from addin.sandbox.exchange.ews.times import definition, stamp, windows_name
from addin.sandbox.exchange.items import (
    IS_CANCELED,
    IS_MEETING,
    IS_RECEIVED,
    Attendee,
    Body,
    Item,
    PropertyId,
)
from addin.sandbox.exchange.plain_text import text_of
from addin.sandbox.exchange.zones import zone

# In the schema's order (types.xsd, ItemType and CalendarItemType), which an answer must keep.
ORDER: Final = (
    *("MimeContent", "ItemId", "ParentFolderId", "ItemClass", "Subject", "Sensitivity", "Body"),
    *(
        "DateTimeReceived",
        "Size",
        "Categories",
        "Importance",
        "IsSubmitted",
        "IsDraft",
        "IsFromMe",
        "IsResend",
    ),
    *("IsUnmodified", "DateTimeSent", "DateTimeCreated", "ReminderDueBy", "ReminderIsSet"),
    *(
        "ReminderMinutesBeforeStart",
        "DisplayCc",
        "DisplayTo",
        "HasAttachments",
        "ExtendedProperty",
        "Culture",
    ),
    *("LastModifiedName", "LastModifiedTime", "IsAssociated", "UID", "RecurrenceId", "DateTimeStamp"),
    *("Start", "End", "OriginalStart", "IsAllDayEvent", "LegacyFreeBusyStatus", "Location", "IsMeeting"),
    *("IsCancelled", "IsRecurring", "MeetingRequestWasSent", "IsResponseRequested", "CalendarItemType"),
    *("MyResponseType", "Organizer", "RequiredAttendees", "OptionalAttendees", "Resources", "Duration"),
    *("AppointmentSequenceNumber", "AppointmentState", "Recurrence", "FirstOccurrence", "LastOccurrence"),
    *("ModifiedOccurrences", "DeletedOccurrences", "StartTimeZone", "EndTimeZone", "AllowNewTimeProposal"),
    *("IsOnlineMeeting", "IsOrganizer"),
)
_DEFAULT: Final = frozenset(
    {
        *("ItemId", "ParentFolderId", "ItemClass", "Subject", "Sensitivity", "DateTimeReceived", "Size"),
        *("Importance", "IsSubmitted", "IsDraft", "DateTimeSent", "DateTimeCreated", "ReminderIsSet"),
        *("HasAttachments", "UID", "Start", "End", "LegacyFreeBusyStatus", "Location", "CalendarItemType"),
        *("IsRecurring", "IsMeeting", "Organizer"),
    }
)
# FindItem reads a folder's table, which has no column for these.
NOT_IN_TABLES: Final = frozenset(
    {
        *("MimeContent", "Body", "RequiredAttendees", "OptionalAttendees", "Resources", "Recurrence"),
        *("FirstOccurrence", "LastOccurrence", "ModifiedOccurrences", "DeletedOccurrences"),
    }
)
_BUSY: Final = {
    "free": "Free",
    "tentative": "Tentative",
    "busy": "Busy",
    "oof": "OOF",
    "workingElsewhere": "WorkingElsewhere",
    "unknown": "NoData",
}
_RESPONSES: Final = {
    "none": "Unknown",
    "organizer": "Organizer",
    "tentativelyAccepted": "Tentative",
    "accepted": "Accept",
    "declined": "Decline",
    "notResponded": "NoResponseReceived",
}
_KINDS: Final = {
    "single": "Single",
    "master": "RecurringMaster",
    "occurrence": "Occurrence",
    "exception": "Exception",
}


@dataclass(frozen=True)
class Shape:
    """What is wanted of an item: parts by name, properties, and the body as `HTML`, `Text` or (None) as it is."""

    parts: frozenset[str]
    properties: tuple[PropertyId, ...]
    body_kind: str | None


def shape_of(told: _Element, *, in_table: bool = False) -> Shape:
    """Return what a `m:ItemShape` asks for; raises Failure."""
    base = told.findtext(f"{T}BaseShape", "IdOnly")
    every = frozenset(ORDER) - {"MimeContent", "ExtendedProperty"}
    parts = {"IdOnly": frozenset({"ItemId"}), "Default": _DEFAULT, "AllProperties": every}[base]
    if in_table:
        parts -= NOT_IN_TABLES
    if told.findtext(f"{T}IncludeMimeContent") == "true":
        parts |= {"MimeContent"}
    properties = []
    for path in told.iterfind(f"{T}AdditionalProperties/*"):
        if local_name(path) == "ExtendedFieldURI":
            properties.append(property_of(path))
        else:
            name = path.get("FieldURI", "").partition(":")[2]
            if in_table and name in NOT_IN_TABLES:
                raise Failure(
                    "ErrorInvalidPropertyRequest", "The property is not valid for this object type."
                )
            parts |= {name}
    body_kind = told.findtext(f"{T}BodyType")
    return Shape(parts, tuple(properties), None if body_kind in {None, "Best"} else body_kind)


def identity(item: Item) -> _Element:
    """Return an item's `t:ItemId`."""
    return types.ItemId(Id=item.item_id, ChangeKey=item.change_key)


def bare(item: Item) -> _Element:
    """Return an item of which nothing but its id is told."""
    return types.CalendarItem(identity(item))


def shown(item: Item, shape: Shape) -> _Element:
    """Return a `t:CalendarItem` with what is wanted and what the item has."""
    told = types.CalendarItem()
    kept = properties_of(item)
    for name in ORDER:
        if name == "ExtendedProperty":
            told.extend(told_property(one, kept[one]) for one in shape.properties if one in kept)
        elif name == "Body" and name in shape.parts:
            told.append(_body(item.body, shape.body_kind))
        elif name in shape.parts:
            part = PARTS[name](item)
            if part is not None:
                told.append(part)
    return told


def _body(body: Body, wanted: str | None) -> _Element:
    kind = wanted or {"html": "HTML", "text": "Text"}[body.kind]
    content = body.content
    if kind == "Text":
        content = text_of(body)
    elif body.kind == "text":
        content = f"<html><body>{html.escape(body.content)}</body></html>"
    return types.Body(content, BodyType=kind)


def _flag(name: str, value: bool) -> _Element:  # noqa: FBT001 - a value, not a switch
    return types(name, text(value))


def _words(name: str, value: str) -> Callable[[Item], _Element]:
    return lambda _: types(name, value)


def _people(name: str, kind: str) -> Callable[[Item], _Element | None]:
    def part(item: Item) -> _Element | None:
        asked = [_attendee(one) for one in item.attendees if one.kind == kind]
        return types(name, *asked) if asked else None

    return part


def _attendee(one: Attendee) -> _Element:
    return types.Attendee(_mailbox(one.name, one.address), types.ResponseType(_RESPONSES[one.response]))


def _mailbox(name: str, address: str) -> _Element:
    parts = (
        types.Name(name),
        types.EmailAddress(address),
        types.RoutingType("SMTP"),
        types.MailboxType("Mailbox"),
    )
    return types.Mailbox(*parts)


def _categories(item: Item) -> _Element | None:
    return types.Categories(*(types.String(one) for one in item.categories)) if item.categories else None


def _moment(name: str, moment: datetime | None) -> _Element | None:
    return types(name, stamp(moment)) if moment else None


def _state(item: Item) -> _Element:
    flags = IS_MEETING * item.is_meeting | IS_RECEIVED * item.is_received | IS_CANCELED * item.is_cancelled
    return types.AppointmentState(str(flags))


def _edge(name: str, which: int) -> Callable[[Item], _Element | None]:
    def part(item: Item) -> _Element | None:
        if not item.recurrence or (which == -1 and item.recurrence.range_kind == "noEnd"):
            return None
        found = list(series.occurrences(item))
        return _occurrence(name, found[which]) if found else None

    return part


def _occurrence(name: str, one: Item) -> _Element:
    return types(
        name,
        types.ItemId(Id=one.item_id, ChangeKey=one.change_key),
        types.Start(stamp(one.start)),
        types.End(stamp(one.end)),
        types.OriginalStart(stamp(one.original_start or one.start)),
    )


def _modified(item: Item) -> _Element | None:
    changed = [series.occurrence_on(item, day) for day in sorted(item.exceptions)]
    return (
        types.ModifiedOccurrences(*(_occurrence("Occurrence", one) for one in changed)) if changed else None
    )


def _deleted(item: Item) -> _Element | None:
    if not item.recurrence or not item.cancelled_days:
        return None
    where = zone(item.recurrence.zone)
    clock = item.start.astimezone(where).time()
    starts = [datetime.combine(day, clock, where).astimezone(UTC) for day in sorted(item.cancelled_days)]
    return types.DeletedOccurrences(*(types.DeletedOccurrence(types.Start(stamp(one))) for one in starts))


def _mime(item: Item) -> _Element:
    content = base64.b64encode(calendar_text(item).encode()).decode()
    return types.MimeContent(content, CharacterSet="UTF-8")


def _length(item: Item) -> _Element:
    minutes = int(item.length.total_seconds() // 60)
    return types.Duration(f"PT{minutes}M")


PARTS: Final[dict[str, Callable[[Item], _Element | None]]] = {
    "MimeContent": _mime,
    "ItemId": identity,
    "ParentFolderId": lambda item: types.ParentFolderId(Id=item.folder, ChangeKey="AQAAAA=="),
    "ItemClass": _words("ItemClass", "IPM.Appointment"),
    "Subject": lambda item: types.Subject(item.subject),
    "Sensitivity": lambda item: types.Sensitivity(item.sensitivity.capitalize()),
    "DateTimeReceived": lambda item: _moment("DateTimeReceived", item.created),
    "Size": lambda item: types.Size(str(1000 + len(item.body.content))),
    "Categories": _categories,
    "Importance": lambda item: types.Importance(item.importance.capitalize()),
    "IsSubmitted": _words("IsSubmitted", "false"),
    "IsDraft": _words("IsDraft", "false"),
    "IsFromMe": _words("IsFromMe", "false"),
    "IsResend": _words("IsResend", "false"),
    "IsUnmodified": _words("IsUnmodified", "false"),
    "DateTimeSent": lambda item: _moment("DateTimeSent", item.created),
    "DateTimeCreated": lambda item: _moment("DateTimeCreated", item.created),
    "ReminderDueBy": lambda item: _moment("ReminderDueBy", item.start),
    "ReminderIsSet": lambda item: _flag("ReminderIsSet", item.is_reminder_on),
    "ReminderMinutesBeforeStart": lambda item: types.ReminderMinutesBeforeStart(str(item.reminder_minutes)),
    "DisplayCc": _words("DisplayCc", ""),
    "DisplayTo": lambda item: types.DisplayTo("; ".join(one.name for one in item.attendees)),
    "HasAttachments": _words("HasAttachments", "false"),
    "Culture": _words("Culture", "sv-SE"),
    "LastModifiedName": lambda item: types.LastModifiedName(item.organiser.name),
    "LastModifiedTime": lambda item: _moment("LastModifiedTime", item.modified),
    "IsAssociated": _words("IsAssociated", "false"),
    "UID": lambda item: types.UID(item.uid),
    "RecurrenceId": lambda item: _moment("RecurrenceId", item.original_start),
    "DateTimeStamp": lambda item: _moment("DateTimeStamp", item.modified),
    "Start": lambda item: _moment("Start", item.start),
    "End": lambda item: _moment("End", item.end),
    "OriginalStart": lambda item: _moment("OriginalStart", item.original_start),
    "IsAllDayEvent": lambda item: _flag("IsAllDayEvent", item.is_all_day),
    "LegacyFreeBusyStatus": lambda item: types.LegacyFreeBusyStatus(_BUSY[item.show_as]),
    "Location": lambda item: types.Location(item.location) if item.location else None,
    "IsMeeting": lambda item: _flag("IsMeeting", item.is_meeting),
    "IsCancelled": lambda item: _flag("IsCancelled", item.is_cancelled),
    "IsRecurring": lambda item: _flag("IsRecurring", item.original_start is not None),
    "MeetingRequestWasSent": lambda item: _flag("MeetingRequestWasSent", bool(item.attendees)),
    "IsResponseRequested": lambda item: _flag("IsResponseRequested", item.response_requested),
    "CalendarItemType": lambda item: types.CalendarItemType(_KINDS[item.kind]),
    "MyResponseType": lambda item: types.MyResponseType(_RESPONSES[item.response]),
    "Organizer": lambda item: types.Organizer(_mailbox(item.organiser.name, item.organiser.address)),
    "RequiredAttendees": _people("RequiredAttendees", "required"),
    "OptionalAttendees": _people("OptionalAttendees", "optional"),
    "Resources": _people("Resources", "resource"),
    "Duration": _length,
    "AppointmentSequenceNumber": lambda item: types.AppointmentSequenceNumber(str(item.sequence)),
    "AppointmentState": _state,
    "Recurrence": lambda item: told_recurrence(item.recurrence) if item.recurrence else None,
    "FirstOccurrence": _edge("FirstOccurrence", 0),
    "LastOccurrence": _edge("LastOccurrence", -1),
    "ModifiedOccurrences": _modified,
    "DeletedOccurrences": _deleted,
    "StartTimeZone": lambda item: _zone("StartTimeZone", item.start_zone),
    "EndTimeZone": lambda item: _zone("EndTimeZone", item.end_zone),
    "AllowNewTimeProposal": lambda item: _flag("AllowNewTimeProposal", item.allow_new_time_proposals),
    "IsOnlineMeeting": _words("IsOnlineMeeting", "false"),
    "IsOrganizer": lambda item: _flag("IsOrganizer", item.is_organiser),
}


def _zone(part: str, name: str) -> _Element:
    told = definition(windows_name(name), full=True)
    told.tag = f"{T}{part}"
    return told
