"""A calendar item as Graph's `event`."""

from dataclasses import dataclass
from typing import Final

from markupsafe import escape

from addin.sandbox.exchange.graph.identifiers import id_of, master_id_of
from addin.sandbox.exchange.graph.recurrence import shown_rule
from addin.sandbox.exchange.graph.times import in_zone, stamp, zone_of
from addin.sandbox.exchange.items import Attendee, Body, Item
from addin.sandbox.exchange.plain_text import text_of
from addin.sandbox.shelf import Json

# Sent back by clients that PATCH what they once read; Graph takes no notice of them.
IGNORED: Final = frozenset(
    {
        *("id", "iCalUId", "changeKey", "createdDateTime", "lastModifiedDateTime", "organizer"),
        *("isOrganizer", "bodyPreview", "webLink", "type", "seriesMasterId", "isCancelled", "isDraft"),
        *("hasAttachments", "locations", "originalStartTimeZone", "originalEndTimeZone", "responseStatus"),
        *("onlineMeeting", "onlineMeetingUrl", "isOnlineMeeting", "onlineMeetingProvider", "originalStart"),
    }
)
WRITTEN: Final = frozenset(
    {
        *("subject", "body", "location", "attendees", "categories", "importance", "sensitivity", "showAs"),
        *("isAllDay", "isReminderOn", "reminderMinutesBeforeStart", "responseRequested", "hideAttendees"),
        *("allowNewTimeProposals", "start", "end", "recurrence", "transactionId"),
    }
)
ONLY_WHEN_SELECTED: Final = frozenset({"cancelledOccurrences"})
EXCEPTIONS: Final = "exceptionOccurrences"
SHOWN: Final = IGNORED | WRITTEN | ONLY_WHEN_SELECTED | {EXCEPTIONS}
EXPANDED: Final = "singleValueExtendedProperties"
NEVER: Final = "0001-01-01T00:00:00Z"
PREVIEW: Final = 255
TYPES: Final = {
    "single": "singleInstance",
    "master": "seriesMaster",
    "occurrence": "occurrence",
    "exception": "exception",
}
# Never Exchange's own online meetings, and never attachments.
ALWAYS: Final[Json] = {
    "hasAttachments": False,
    "isDraft": False,
    "onlineMeetingUrl": None,
    "isOnlineMeeting": False,
    "onlineMeetingProvider": "unknown",
    "onlineMeeting": None,
}


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a caller wants items to be shown (header `Prefer`); `body_type` None is the body as it is stored."""

    immutable: bool = False
    zone: str = "UTC"
    body_type: str | None = None


def shown(item: Item, wanted: Preferences) -> Json:
    """Return the whole `event`."""
    zone_of(wanted.zone)
    item_id = id_of(item, immutable=wanted.immutable)
    return (
        ALWAYS
        | _times(item, wanted.zone)
        | {
            "@odata.etag": etag_of(item),
            "id": item_id,
            "changeKey": item.change_key,
            "iCalUId": item.global_object_id,
            "type": TYPES[item.kind],
            "seriesMasterId": master_id_of(item, immutable=wanted.immutable),
            "recurrence": shown_rule(item.recurrence) if item.recurrence else None,
            "cancelledOccurrences": [f"OID.{item_id}.{day}" for day in sorted(item.cancelled_days)],
            "transactionId": item.transaction_id,
            "subject": item.subject,
            "categories": list(item.categories),
            "importance": item.importance,
            "sensitivity": item.sensitivity,
            "showAs": item.show_as,
            "isAllDay": item.is_all_day,
            "isReminderOn": item.is_reminder_on,
            "reminderMinutesBeforeStart": item.reminder_minutes,
            "responseRequested": item.response_requested,
            "allowNewTimeProposals": item.allow_new_time_proposals,
            "hideAttendees": item.hide_attendees,
            "isCancelled": item.is_cancelled,
            "isOrganizer": item.is_organiser,
            "responseStatus": {"response": item.response, "time": NEVER},
            "bodyPreview": text_of(item.body)[:PREVIEW],
            "webLink": f"https://outlook.example/calendar/item/{item_id}",
            "body": _body_as(item.body, wanted.body_type),
            "attendees": [_attendee(one) for one in item.attendees],
            "organizer": {"emailAddress": {"name": item.organiser.name, "address": item.organiser.address}},
            **_place(item),
        }
    )


def etag_of(item: Item) -> str:
    """Return the weak ETag that stands for the change key."""
    return f'W/"{item.change_key}"'


def _times(item: Item, zone: str) -> Json:
    told: Json = {
        "createdDateTime": stamp(item.created),
        "lastModifiedDateTime": stamp(item.modified),
        "originalStartTimeZone": item.start_zone,
        "originalEndTimeZone": item.end_zone,
        "start": in_zone(item.start, zone),
        "end": in_zone(item.end, zone),
    }
    if item.original_start is not None:
        told["originalStart"] = stamp(item.original_start)
    return told


def _place(item: Item) -> Json:
    place = {
        "displayName": item.location,
        "locationType": "default",
        "uniqueIdType": "unknown",
        **item.location_details,
    }
    return {"location": place, "locations": [place] if item.location else []}


def _attendee(one: Attendee) -> Json:
    return {
        "type": one.kind,
        "emailAddress": {"name": one.name, "address": one.address},
        "status": {"response": one.response, "time": NEVER},
    }


def _body_as(body: Body, body_type: str | None) -> Json:
    if body_type in {None, body.kind}:
        return {"contentType": body.kind, "content": body.content}
    if body_type == "text":
        return {"contentType": "text", "content": text_of(body)}
    lines = str(escape(body.content)).replace("\n", "<br>\n")
    return {"contentType": "html", "content": f"<html><body>{lines}</body></html>"}
