"""A calendar item as it is stored, and as it is shown: Graph's `event`. Stored are UTC instants as text."""

import re
from datetime import datetime
from html.parser import HTMLParser
from typing import Final

from markupsafe import escape

from addin.sandbox.exchange.faults import GraphFault, bad_request
from addin.sandbox.exchange.times import in_zone
from addin.sandbox.people import Mailbox
from addin.sandbox.shelf import Json

DEFAULTS: Final[Json] = {
    "subject": "",
    "body": {"contentType": "html", "content": ""},
    "location": {"displayName": ""},
    "attendees": [],
    "categories": [],
    "importance": "normal",
    "sensitivity": "normal",
    "showAs": "busy",
    "isAllDay": False,
    "isReminderOn": True,
    "reminderMinutesBeforeStart": 15,
    "responseRequested": True,
    "allowNewTimeProposals": True,
    "hideAttendees": False,
}
# Sent back by clients that PATCH what they once read; Graph takes no notice of them.
IGNORED: Final = frozenset(
    {
        *(
            "id",
            "iCalUId",
            "changeKey",
            "createdDateTime",
            "lastModifiedDateTime",
            "organizer",
            "isOrganizer",
        ),
        *(
            "bodyPreview",
            "webLink",
            "type",
            "seriesMasterId",
            "isCancelled",
            "isDraft",
            "hasAttachments",
            "locations",
        ),
        *(
            "originalStartTimeZone",
            "originalEndTimeZone",
            "responseStatus",
            "onlineMeeting",
            "onlineMeetingUrl",
        ),
        *("isOnlineMeeting", "onlineMeetingProvider"),
    }
)
SHOWN: Final = IGNORED | frozenset(DEFAULTS) | {"start", "end", "recurrence", "transactionId"}
EXPANDED: Final = "singleValueExtendedProperties"
PROPERTY_ID: Final = re.compile(r"(\w+) (\{[0-9a-fA-F-]{36}\}) (Name .+|Id 0x[0-9a-fA-F]+)")
NEVER: Final = "0001-01-01T00:00:00Z"
PREVIEW: Final = 255
AS_STORED: Final = (frozenset(DEFAULTS) - {"body", "location", "attendees"}) | {
    "changeKey",
    "transactionId",
    "iCalUId",
}
# The same for every item here: single appointments of the organiser's own, never Exchange's online meetings.
ALWAYS: Final[Json] = {
    "hasAttachments": False,
    "isCancelled": False,
    "isOrganizer": True,
    "isDraft": False,
    "seriesMasterId": None,
    "type": "singleInstance",
    "onlineMeetingUrl": None,
    "isOnlineMeeting": False,
    "onlineMeetingProvider": "unknown",
    "onlineMeeting": None,
    "recurrence": None,
    "responseStatus": {"response": "organizer", "time": NEVER},
}


def property_id(told: str) -> str:
    """Return an extended property's id as Graph writes it back: the set in lower case, the name as it is."""
    parts = PROPERTY_ID.fullmatch(told)
    if parts is None:
        raise bad_request(f"The property id '{told}' is not valid.", "ErrorInvalidArgument")
    return f"{parts[1]} {parts[2].lower()} {parts[3]}"


def shown(stored: Json, mailbox: Mailbox, item_id: str, zone: str, body_type: str | None) -> Json:
    """Return the whole `event`; `body_type` is html, text, or None for the body as it is stored."""
    place = {"locationType": "default", "uniqueIdType": "unknown", **stored["location"]}
    return ALWAYS | {
        "@odata.etag": etag_of(stored),
        "id": item_id,
        **{name: stored[name] for name in AS_STORED},
        "createdDateTime": stored["created"],
        "lastModifiedDateTime": stored["modified"],
        "originalStartTimeZone": stored["startZone"],
        "originalEndTimeZone": stored["endZone"],
        "bodyPreview": text_of(stored["body"])[:PREVIEW],
        "webLink": f"https://outlook.example/calendar/item/{item_id}",
        "body": _body_as(stored["body"], body_type),
        "start": in_zone(datetime.fromisoformat(stored["start"]), zone),
        "end": in_zone(datetime.fromisoformat(stored["end"]), zone),
        "location": place,
        "locations": [place] if place["displayName"] else [],
        "attendees": [item | {"status": {"response": "none", "time": NEVER}} for item in stored["attendees"]],
        "organizer": {"emailAddress": {"name": mailbox.name, "address": mailbox.address}},
    }


def etag_of(stored: Json) -> str:
    """Return the weak ETag that stands for the change key."""
    return f'W/"{stored["changeKey"]}"'


def text_of(body: Json) -> str:
    """Return a body as plain text."""
    if body["contentType"] == "text":
        return str(body["content"])
    reader = _Text()
    reader.feed(body["content"])
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.parts)).strip()


def check_order(stored: Json) -> None:
    """Refuse an item that ends before it starts; raises GraphFault."""
    if stored["end"] < stored["start"]:
        message = "End date is earlier than start date."
        raise GraphFault(400, "ErrorCalendarEndDateIsEarlierThanStartDate", message)


class _Text(HTMLParser):
    """Reads what a person would read of an HTML body."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._hidden += tag in {"style", "script", "head"}
        if tag in {"br", "p", "div", "tr", "li", "h1", "h2", "h3"}:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"style", "script", "head"}

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def _body_as(body: Json, body_type: str | None) -> Json:
    if body_type in {None, body["contentType"]}:
        return dict(body)
    if body_type == "text":
        return {"contentType": "text", "content": text_of(body)}
    lines = str(escape(body["content"])).replace("\n", "<br>\n")
    return {"contentType": "html", "content": f"<html><body>{lines}</body></html>"}
