"""OData queries, as far as calendars need them: $filter, $select, $expand, $orderby, $top, $skip."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from addin.sandbox.exchange.event import EXPANDED, SHOWN, property_id
from addin.sandbox.exchange.faults import bad_request, unknown_property
from addin.sandbox.shelf import Json

PAGE: Final = 10
LARGEST_PAGE: Final = 1000
TEXT: Final = r"'((?:[^']|'')*)'"
PROPERTY_FILTER: Final = re.compile(
    rf"singleValueExtendedProperties/any\((\w+):\s*\1/id eq {TEXT} and "
    rf"(?:\1/value (eq|ne) (?:{TEXT}|(null))|(contains|startswith)\(\1/value,\s*{TEXT}\))\)",
    re.IGNORECASE,
)
FIELD_FILTER: Final = re.compile(rf"(iCalUId|transactionId) eq {TEXT}")
EXPAND: Final = re.compile(rf"{EXPANDED}\(\$filter=(.+)\)", re.IGNORECASE)
EXPAND_ID: Final = re.compile(rf"id eq {TEXT}")

Test = Callable[[Json], bool]


def filter_of(query: Mapping[str, str]) -> Test:
    """Return the test that $filter tells, over stored items; raises GraphFault for one that is not understood."""
    told = query.get("$filter")
    if told is None:
        return lambda _: True
    by_field = FIELD_FILTER.fullmatch(told.strip())
    if by_field:
        name, wanted = by_field[1], _plain(by_field[2])
        return lambda item: bool(item.get(name) == wanted)
    by_property = PROPERTY_FILTER.fullmatch(told.strip())
    if by_property is None:
        raise bad_request(f"Invalid filter clause: {told}", "BadRequest")
    return _property_test(by_property)


def _property_test(told: re.Match[str]) -> Test:
    _, raw_id, compared, value, null, function, part = told.groups()
    name = property_id(_plain(raw_id))

    def holds(item: Json) -> bool:
        kept: str | None = item["properties"].get(name)
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


def expanded_ids(query: Mapping[str, str]) -> list[str]:
    """Return the ids of the extended properties that $expand asks for; raises GraphFault."""
    told = query.get("$expand")
    if told is None:
        return []
    found = EXPAND.fullmatch(told.strip())
    parts = re.split(r" or ", found[1], flags=re.IGNORECASE) if found else []
    ids = [EXPAND_ID.fullmatch(part.strip()) for part in parts]
    if not ids or not all(ids):
        raise bad_request(
            "Extended properties are expanded with $filter=id eq '...'.", "ErrorInvalidUrlQuery"
        )
    return [property_id(_plain(one[1])) for one in ids if one]


def with_properties(shown: Json, stored: Json, ids: list[str]) -> Json:
    """Return an event with the asked-for extended properties that it has; none leaves the list out."""
    found = [
        {"id": name, "value": stored["properties"][name]} for name in ids if name in stored["properties"]
    ]
    return shown | {EXPANDED: found} if found else shown


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
        return shown
    kept = names | {"id", EXPANDED}
    return {name: value for name, value in shown.items() if name in kept or name.startswith("@odata.")}


def ordered(items: list[Json], query: Mapping[str, str]) -> list[Json]:
    """Return stored items as $orderby tells: start, end or creation, up or down; raises GraphFault."""
    told = query.get("$orderby")
    if told is None:
        return items
    name, _, way = told.partition(" ")
    keys = {
        "start/dateTime": "start",
        "end/dateTime": "end",
        "createdDateTime": "created",
        "subject": "subject",
    }
    if name not in keys or way.lower() not in {"", "asc", "desc"}:
        raise bad_request(f"$orderby={told} is not supported.", "ErrorInvalidUrlQuery")
    return sorted(items, key=lambda item: str(item[keys[name]]), reverse=way.lower() == "desc")


def touches(start: datetime, end: datetime) -> Test:
    """Return the test whether an item lies, at least in part, in a calendar view."""

    def holds(item: Json) -> bool:
        begins, ends = datetime.fromisoformat(item["start"]), datetime.fromisoformat(item["end"])
        return begins < end and (ends > start or begins == ends == start)

    return holds


def page_edges(query: Mapping[str, str], preferred: int | None) -> tuple[int, int]:
    """Return (how many to skip, how many to give); raises GraphFault."""
    skip, top = query.get("$skip", "0"), query.get("$top", str(preferred or PAGE))
    if not skip.isdecimal() or not top.isdecimal() or not 0 < int(top) <= LARGEST_PAGE:
        raise bad_request("$top and $skip are whole numbers, $top from 1 to 1000.", "ErrorInvalidUrlQuery")
    return int(skip), int(top)


def _plain(quoted: str) -> str:
    return quoted.replace("''", "'")
