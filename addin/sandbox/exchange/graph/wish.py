"""What a client wants of a calendar item: reads a request's body into fields of `Item` and named properties.

A name or a value that Graph's type does not have is refused, so that whatever is shown later is a true `event`.
"""

from collections.abc import Callable
from typing import Any, Final

from addin.sandbox.exchange.graph.event import EXPANDED, IGNORED
from addin.sandbox.exchange.graph.faults import bad_request, unknown_property
from addin.sandbox.exchange.graph.identifiers import property_of
from addin.sandbox.exchange.graph.recurrence import rule_of
from addin.sandbox.exchange.graph.times import instant
from addin.sandbox.exchange.items import KEPT_BY_EXCHANGE, Attendee, AttendeeKind, Body, PropertyId, Wish
from addin.sandbox.shelf import Json

Fields = dict[str, Any]
CHOICES: Final = {
    "importance": ("low", "normal", "high"),
    "sensitivity": ("normal", "personal", "private", "confidential"),
    "showAs": ("unknown", "free", "tentative", "busy", "oof", "workingElsewhere"),
}
SWITCHES: Final = {
    "isAllDay": "is_all_day",
    "isReminderOn": "is_reminder_on",
    "responseRequested": "response_requested",
    "allowNewTimeProposals": "allow_new_time_proposals",
    "hideAttendees": "hide_attendees",
}
ATTENDEES: Final[dict[str, AttendeeKind]] = {
    "required": "required",
    "optional": "optional",
    "resource": "resource",
}
FIELDS: Final = {"showAs": "show_as", "transactionId": "transaction_id"}


def wish_of(told: Json, zone: str = "UTC") -> Wish:
    """Return what a body asks for; a rule without a zone counts in `zone`; raises GraphFault."""
    fields: Fields = {}
    for name, value in told.items():
        if name in IGNORED or name.startswith("@odata."):
            continue
        if name not in RULES:
            raise unknown_property(name)
        fields |= RULES[name](name, value)
    if told.get("recurrence") is not None:
        fields["recurrence"] = rule_of(told["recurrence"], str(fields.get("start_zone", zone)))
    return Wish(fields, _properties_of(told))


def _properties_of(told: Json) -> dict[PropertyId, str | None]:
    found: dict[PropertyId, str | None] = {}
    for item in told.get(EXPANDED) or []:
        if (
            not isinstance(item, dict)
            or {name for name in item if not name.startswith("@odata.")} != {"id", "value"}
            or not isinstance(item["value"], str | None)
        ):
            raise bad_request("An extended property is { id, value }.")
        name = property_of(str(item["id"]))
        if name in KEPT_BY_EXCHANGE:
            raise bad_request("The extended property is kept by Exchange.", "ErrorInvalidExtendedProperty")
        found[name] = item["value"]
    return found


def _text(name: str, value: Any) -> Fields:
    if not isinstance(value, str | None):
        raise bad_request(f"{name} is a string.")
    return {name: value or ""}


def _transaction(name: str, value: Any) -> Fields:
    if not isinstance(value, str | None):
        raise bad_request(f"{name} is a string.")
    return {FIELDS[name]: value}


def _choice(name: str, value: Any) -> Fields:
    if value not in CHOICES[name]:
        raise bad_request(f"Requested value '{value}' was not found in {name}.")
    return {FIELDS.get(name, name): value}


def _switch(name: str, value: Any) -> Fields:
    if not isinstance(value, bool):
        raise bad_request(f"{name} is a boolean.")
    return {SWITCHES[name]: value}


def _minutes(name: str, value: Any) -> Fields:
    if not isinstance(value, int) or isinstance(value, bool):
        raise bad_request(f"{name} is a whole number.")
    return {"reminder_minutes": value}


def _words(name: str, value: Any) -> Fields:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise bad_request(f"{name} is a list of strings.")
    return {name: tuple(value)}


def _moment(name: str, value: Any) -> Fields:
    return {name: instant(value), f"{name}_zone": value.get("timeZone") or "UTC"}


def _body(name: str, value: Any) -> Fields:
    told = _part(value, "itemBody", {"contentType", "content"})
    kind = str(told.get("contentType") or "text").lower()
    if kind not in {"html", "text"}:
        raise bad_request(f"Requested value '{kind}' was not found in bodyType.")
    return {name: Body("html" if kind == "html" else "text", told.get("content") or "")}


def _place(name: str, value: Any) -> Fields:
    known = {"displayName", "locationUri", "locationEmailAddress", "uniqueId", "locationType", "uniqueIdType"}
    told = _part(value, "location", known)
    details = {one: told[one] for one in ("locationUri", "locationEmailAddress", "uniqueId") if told.get(one)}
    return {name: told.get("displayName") or "", "location_details": details}


def _attendees(name: str, value: Any) -> Fields:
    if not isinstance(value, list):
        raise bad_request("attendees is a list.")
    return {name: tuple(_attendee(item) for item in value)}


def _attendee(value: Any) -> Attendee:
    told = _part(value, "attendee", {"type", "emailAddress", "status"}, plain=False)
    address = _part(told.get("emailAddress"), "emailAddress", {"address", "name"})
    kind = ATTENDEES.get(told.get("type") or "required")
    if kind is None:
        raise bad_request("Requested value was not found in attendeeType.")
    where = str(address.get("address") or "")
    return Attendee(str(address.get("name") or where), where, kind)


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


def _nothing(_: str, __: Any) -> Fields:
    return {}


def _rule(name: str, value: Any) -> Fields:
    # A rule is read when the zone of the start is known; null makes a series one item again.
    return {name: None} if value is None else {}


RULES: Final[dict[str, Callable[[str, Any], Fields]]] = {
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
    "recurrence": _rule,
    EXPANDED: _nothing,  # read by _properties_of
}
