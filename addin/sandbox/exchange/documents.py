"""Items and folders as JSON documents on the shelf, and back; every field is kept, so a restart changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any, Final

from addin.sandbox.exchange.items import Address, Attendee, Body, Folder, Item, PropertyId, Recurrence
from addin.sandbox.shelf import Json

MOMENTS: Final = ("created", "modified", "start", "end", "original_start")


def item_document(item: Item) -> Json:
    """Return an item as JSON."""
    told = {part.name: getattr(item, part.name) for part in fields(item)}
    return {name: WRITE.get(name, _as_it_is)(value) for name, value in told.items() if value is not None}


def item_of(document: Json) -> Item:
    """Return the item that a document tells."""
    return Item(**{name: READ.get(name, _as_it_is)(value) for name, value in document.items()})


def folder_of(document: Json) -> Folder:
    """Return the folder that a document tells."""
    return Folder(**document)


def folder_document(folder: Folder) -> Json:
    """Return a folder as JSON."""
    return asdict(folder)


def _as_it_is(value: Any) -> Any:
    return value


def _moment(value: datetime) -> str:
    return value.isoformat()


def _rule(rule: Recurrence) -> Json:
    return asdict(rule) | {
        "first": rule.first.isoformat(),
        "last": rule.last.isoformat() if rule.last else None,
    }


def _rule_of(told: Json) -> Recurrence:
    last = date.fromisoformat(told["last"]) if told["last"] else None
    return Recurrence(
        **told | {"first": date.fromisoformat(told["first"]), "last": last, "days": tuple(told["days"])}
    )


def _attendees(some: tuple[Attendee, ...]) -> list[Json]:
    return [asdict(one) for one in some]


def _attendees_of(told: list[Json]) -> tuple[Attendee, ...]:
    return tuple(Attendee(**one) for one in told)


def _properties(some: Mapping[PropertyId, str]) -> list[list[str | int]]:
    return [[one.kind, one.property_set, one.name, value] for one, value in some.items()]


def _properties_of(told: list[list[Any]]) -> dict[PropertyId, str]:
    return {PropertyId(kind, property_set, name): value for kind, property_set, name, value in told}


def _exceptions(some: Mapping[date, Mapping[str, Any]]) -> Json:
    return {
        day.isoformat(): {name: WRITE.get(name, _as_it_is)(value) for name, value in differing.items()}
        for day, differing in some.items()
    }


def _exceptions_of(told: Json) -> dict[date, dict[str, Any]]:
    return {
        date.fromisoformat(day): {name: READ.get(name, _as_it_is)(value) for name, value in differing.items()}
        for day, differing in told.items()
    }


WRITE: Final[dict[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(MOMENTS, _moment),
    "organiser": asdict,
    "body": asdict,
    "attendees": _attendees,
    "recurrence": _rule,
    "cancelled_days": lambda days: sorted(day.isoformat() for day in days),
    "exceptions": _exceptions,
    "properties": _properties,
    "categories": list,
    "location_details": dict,
}
READ: Final[dict[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(MOMENTS, datetime.fromisoformat),
    "organiser": lambda told: Address(**told),
    "body": lambda told: Body(**told),
    "attendees": _attendees_of,
    "recurrence": _rule_of,
    "cancelled_days": lambda days: frozenset(date.fromisoformat(day) for day in days),
    "exceptions": _exceptions_of,
    "properties": _properties_of,
    "categories": tuple,
}
