"""What a client wants of a calendar item: reads a request's body into the stored form.

A name or a value that Graph's type does not have is refused, so that whatever is shown later is a true `event`.
"""

from collections.abc import Callable
from typing import Any, Final

from addin.sandbox.exchange.event import EXPANDED, IGNORED, property_id
from addin.sandbox.exchange.faults import SERIES, bad_request, unknown_property
from addin.sandbox.exchange.times import instant, stamp
from addin.sandbox.shelf import Json

CHOICES: Final = {
    "importance": ("low", "normal", "high"),
    "sensitivity": ("normal", "personal", "private", "confidential"),
    "showAs": ("unknown", "free", "tentative", "busy", "oof", "workingElsewhere"),
}
SWITCHES: Final = ("isAllDay", "isReminderOn", "responseRequested", "allowNewTimeProposals", "hideAttendees")


def changes_of(wish: Json) -> Json:
    """Return the stored form of the properties that a body names; raises GraphFault."""
    changes: Json = {}
    for name, value in wish.items():
        if name in IGNORED or name.startswith("@odata."):
            continue
        if name == "recurrence" and value is not None:
            raise SERIES
        if name not in RULES:
            raise unknown_property(name)
        changes |= RULES[name](name, value)
    return changes


def properties_of(wish: Json) -> dict[str, str | None]:
    """Return the extended properties that a body names, by normalised id; a value of None takes one away."""
    found: dict[str, str | None] = {}
    for item in wish.get(EXPANDED) or []:
        if (
            not isinstance(item, dict)
            or set(item) != {"id", "value"}
            or not isinstance(item["value"], str | None)
        ):
            raise bad_request("An extended property is { id, value }.")
        found[property_id(str(item["id"]))] = item["value"]
    return found


def _text(name: str, value: Any) -> Json:
    if not isinstance(value, str | None):
        raise bad_request(f"{name} is a string.")
    return {name: value or ""}


def _transaction(name: str, value: Any) -> Json:
    if not isinstance(value, str | None):
        raise bad_request(f"{name} is a string.")
    return {name: value}


def _choice(name: str, value: Any) -> Json:
    if value not in CHOICES[name]:
        raise bad_request(f"Requested value '{value}' was not found in {name}.")
    return {name: value}


def _switch(name: str, value: Any) -> Json:
    if not isinstance(value, bool):
        raise bad_request(f"{name} is a boolean.")
    return {name: value}


def _minutes(name: str, value: Any) -> Json:
    if not isinstance(value, int) or isinstance(value, bool):
        raise bad_request(f"{name} is a whole number.")
    return {name: value}


def _words(name: str, value: Any) -> Json:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise bad_request(f"{name} is a list of strings.")
    return {name: value}


def _moment(name: str, value: Any) -> Json:
    return {name: stamp(instant(value)), f"{name}Zone": value.get("timeZone") or "UTC"}


def _body(name: str, value: Any) -> Json:
    told = _part(value, "itemBody", {"contentType", "content"})
    kind = str(told.get("contentType") or "text").lower()
    if kind not in {"html", "text"}:
        raise bad_request(f"Requested value '{kind}' was not found in bodyType.")
    return {name: {"contentType": kind, "content": told.get("content") or ""}}


def _place(name: str, value: Any) -> Json:
    told = _part(value, "location", {"displayName", "locationUri", "locationEmailAddress", "uniqueId"})
    return {name: {"displayName": "", **told}}


def _attendees(name: str, value: Any) -> Json:
    if not isinstance(value, list):
        raise bad_request("attendees is a list.")
    return {name: [_attendee(item) for item in value]}


def _attendee(value: Any) -> Json:
    told = _part(value, "attendee", {"type", "emailAddress", "status"}, plain=False)
    address = _part(told.get("emailAddress"), "emailAddress", {"address", "name"})
    kind = told.get("type") or "required"
    if kind not in {"required", "optional", "resource"}:
        raise bad_request(f"Requested value '{kind}' was not found in attendeeType.")
    name = address.get("name") or address.get("address")
    return {"type": kind, "emailAddress": {"name": name, "address": address.get("address")}}


def _part(value: Any, kind: str, names: set[str], *, plain: bool = True) -> Json:
    """Return a complex value whose properties its type has; with `plain` each of them a string or null."""
    if not isinstance(value, dict):
        raise bad_request(f"A value of type microsoft.graph.{kind} was expected.")
    told = {name: item for name, item in value.items() if not name.startswith("@odata.")}
    if set(told) - names:
        raise unknown_property(min(set(told) - names), kind)
    if plain and not all(isinstance(item, str | None) for item in told.values()):
        raise bad_request(f"A property of microsoft.graph.{kind} has a value of the wrong type.")
    return told


def _nothing(_: str, __: Any) -> Json:
    return {}


RULES: Final[dict[str, Callable[[str, Any], Json]]] = {
    **dict.fromkeys(CHOICES, _choice),
    **dict.fromkeys(SWITCHES, _switch),
    "subject": _text,
    "transactionId": _transaction,
    "reminderMinutesBeforeStart": _minutes,
    "categories": _words,
    "start": _moment,
    "end": _moment,
    "body": _body,
    "location": _place,
    "attendees": _attendees,
    "recurrence": _nothing,
    EXPANDED: _nothing,  # read by properties_of
}
