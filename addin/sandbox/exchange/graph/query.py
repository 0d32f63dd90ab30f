"""OData queries, as far as calendars need them: $filter, $select, $expand, $orderby, $top, $skip."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final

from addin.sandbox.exchange.graph.event import EXPANDED, ONLY_WHEN_SELECTED, SHOWN, TYPES
from addin.sandbox.exchange.graph.faults import bad_request, unknown_property
from addin.sandbox.exchange.graph.identifiers import property_id, property_of
from addin.sandbox.exchange.graph.times import moment_of
from addin.sandbox.exchange.items import Item, PropertyId
from addin.sandbox.shelf import Json

PAGE: Final = 10
LARGEST_PAGE: Final = 1000
TEXT: Final = r"'((?:[^']|'')*)'"
PROPERTY_FILTER: Final = re.compile(
    rf"singleValueExtendedProperties/any\((\w+):\s*\1/id eq {TEXT} and "
    rf"(?:\1/value (eq|ne) (?:{TEXT}|(null))|(contains|startswith)\(\1/value,\s*{TEXT}\))\)",
    re.IGNORECASE,
)
FIELD_FILTER: Final = re.compile(
    r"(iCalUId|transactionId|subject|type|isCancelled|start/dateTime|end/dateTime|lastModifiedDateTime"
    rf"|createdDateTime) (eq|ne|ge|gt|le|lt) (?:{TEXT}|(true|false)|([0-9T:.Z+-]+))"
)
AND: Final = re.compile(r"\s+and\s+", re.IGNORECASE)
EXPANSION: Final = re.compile(r"(\w+)(?:\(((?:[^()']|'[^']*')*)\))?")
EXPAND_ID: Final = re.compile(rf"id eq {TEXT}")
COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": eq,
    "ne": ne,
    "ge": ge,
    "gt": gt,
    "le": le,
    "lt": lt,
}
FIELDS: Final[dict[str, Callable[[Item], Any]]] = {
    "iCalUId": lambda item: item.global_object_id,
    "transactionId": lambda item: item.transaction_id,
    "subject": lambda item: item.subject,
    "type": lambda item: TYPES[item.kind],
    "isCancelled": lambda item: item.is_cancelled,
    "start/dateTime": lambda item: item.start,
    "end/dateTime": lambda item: item.end,
    "lastModifiedDateTime": lambda item: item.modified,
    "createdDateTime": lambda item: item.created,
}
ORDERS: Final = {"start/dateTime", "end/dateTime", "createdDateTime", "lastModifiedDateTime", "subject"}

Test = Callable[[Item], bool]


@dataclass(frozen=True, slots=True)
class Expansion:
    """What $expand asks for: extended properties by id, and a series' exceptions with a selection of their own."""

    properties: tuple[PropertyId, ...] = ()
    exceptions: bool = False
    exceptions_selection: frozenset[str] | None = None


def filter_of(query: Mapping[str, str]) -> Test:
    """Return the test that $filter tells; raises GraphFault for one that is not understood."""
    told = query.get("$filter", "").strip()
    tests: list[Test] = []
    at = 0
    while told:
        by_field, by_property = FIELD_FILTER.match(told, at), PROPERTY_FILTER.match(told, at)
        found = by_field or by_property
        if found is None:
            raise bad_request(f"Invalid filter clause: {told}", "BadRequest")
        tests.append(_field_test(found) if found is by_field else _property_test(found))
        if found.end() == len(told):
            break
        following = AND.match(told, found.end())
        if following is None:
            raise bad_request(f"Invalid filter clause: {told}", "BadRequest")
        at = following.end()
    return lambda item: all(test(item) for test in tests)


def _field_test(told: re.Match[str]) -> Test:
    name, operator, text, truth, bare = told.groups()
    value: Any = _plain(text) if text is not None else truth == "true" if truth else bare
    if name.endswith(("DateTime", "/dateTime")):
        value = moment_of(value, name)
    read, compare = FIELDS[name], COMPARE[operator]
    return lambda item: (kept := read(item)) is not None and compare(kept, value)


def _property_test(told: re.Match[str]) -> Test:
    _, raw_id, compared, value, null, function, part = told.groups()
    name = property_of(_plain(raw_id))

    def holds(item: Item) -> bool:
        kept = item.named_properties.get(name)
        if null:
            return (kept is None) == (compared.lower() == "eq")
        if kept is None:
            return False
        # Values are compared without regard to case (extended-properties overview).
        kept, wanted = kept.casefold(), _plain(value if function is None else part).casefold()
        if function is None:
            return (kept == wanted) == (compared.lower() == "eq")
        return kept.startswith(wanted) if function.lower() == "startswith" else wanted in kept

    return holds


def expansion_of(query: Mapping[str, str]) -> Expansion:
    """Return what $expand asks for; raises GraphFault."""
    told = query.get("$expand", "").strip()
    properties: tuple[PropertyId, ...] = ()
    exceptions, selection = False, None
    at = 0
    while at < len(told):
        found = EXPANSION.match(told, at)
        if found is None or told[found.end() : found.end() + 1] not in {"", ","}:
            raise _bad_expansion()
        at = found.end() + 1
        name, options = found[1].lower(), found[2] or ""
        if name == EXPANDED.lower():
            properties = _expanded_properties(options)
        elif name == "exceptionoccurrences":
            exceptions, selection = True, _nested_selection(options)
        else:
            raise _bad_expansion()
    return Expansion(properties, exceptions, selection)


def _expanded_properties(options: str) -> tuple[PropertyId, ...]:
    if not options.lower().startswith("$filter="):
        raise _bad_expansion()
    parts = re.split(r" or ", options[len("$filter=") :], flags=re.IGNORECASE)
    ids = [EXPAND_ID.fullmatch(part.strip()) for part in parts]
    if not all(ids):
        raise _bad_expansion()
    return tuple(property_of(_plain(one[1])) for one in ids if one)


def _nested_selection(options: str) -> frozenset[str] | None:
    if not options:
        return None
    if not options.startswith("$select="):
        raise _bad_expansion()
    return selection_of({"$select": options[len("$select=") :]})


def _bad_expansion() -> Exception:
    message = "Extended properties are expanded with $filter=id eq '...', exceptionOccurrences with $select."
    return bad_request(message, "ErrorInvalidUrlQuery")


def properties_shown(item: Item, ids: tuple[PropertyId, ...]) -> Json:
    """Return the asked-for extended properties that an item has; none leaves the list out."""
    has = item.named_properties
    found = [{"id": property_id(name), "value": has[name]} for name in ids if name in has]
    return {EXPANDED: found} if found else {}


def selection_of(query: Mapping[str, str]) -> frozenset[str] | None:
    """Return the names of $select, or None for all; raises GraphFault."""
    told = query.get("$select")
    if told is None:
        return None
    names = frozenset(name.strip() for name in told.split(","))
    wrong = sorted(names - SHOWN)
    if wrong:
        raise unknown_property(wrong[0])
    return names


def selected(shown: Json, names: frozenset[str] | None) -> Json:
    """Return only the selected properties; id and annotations always stand."""
    if names is None:
        return {name: value for name, value in shown.items() if name not in ONLY_WHEN_SELECTED}
    return {
        name: value
        for name, value in shown.items()
        if name in names or name == "id" or name.startswith("@odata.")
    }


def ordered(items: list[Item], query: Mapping[str, str]) -> list[Item]:
    """Return items as $orderby tells: by one field, up or down; raises GraphFault."""
    told = query.get("$orderby")
    if told is None:
        return items
    name, _, way = told.partition(" ")
    if name not in ORDERS or way.lower() not in {"", "asc", "desc"}:
        raise bad_request(f"$orderby={told} is not supported.", "ErrorInvalidUrlQuery")
    return sorted(items, key=FIELDS[name], reverse=way.lower() == "desc")


def window_of(query: Mapping[str, str]) -> tuple[datetime, datetime]:
    """Return the window of time that a calendar view wants; raises GraphFault."""
    edges = ("startDateTime", "endDateTime")
    start, end = (moment_of(query.get(name), name) for name in edges)
    return start, end


def page_edges(query: Mapping[str, str], preferred: int | None) -> tuple[int, int]:
    """Return (how many to skip, how many to give); raises GraphFault."""
    skip, top = query.get("$skip", "0"), query.get("$top", str(preferred or PAGE))
    if not skip.isdecimal() or not top.isdecimal() or not 0 < int(top) <= LARGEST_PAGE:
        raise bad_request("$top and $skip are whole numbers, $top from 1 to 1000.", "ErrorInvalidUrlQuery")
    return int(skip), int(top)


def _plain(quoted: str) -> str:
    return quoted.replace("''", "'")
