"""Lists as Tastypie gives them: Django lookups in the query, order, pages of 20 with `meta`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from addin.sandbox.shelf import Json

PAGE: Final = 20
LARGEST_PAGE: Final = 10_000
NOT_FILTERS: Final = frozenset({"limit", "offset", "order_by", "format"})

LOOKUPS: Final[dict[str, Callable[[str, str], bool]]] = {
    "exact": lambda value, wanted: value == wanted,
    "iexact": lambda value, wanted: value.casefold() == wanted.casefold(),
    "contains": lambda value, wanted: wanted in value,
    "icontains": lambda value, wanted: wanted.casefold() in value.casefold(),
    "startswith": lambda value, wanted: value.startswith(wanted),
    "istartswith": lambda value, wanted: value.casefold().startswith(wanted.casefold()),
    "in": lambda value, wanted: value in wanted.split(","),
    "gt": lambda value, wanted: _ordered(value, wanted) > 0,
    "gte": lambda value, wanted: _ordered(value, wanted) >= 0,
    "lt": lambda value, wanted: _ordered(value, wanted) < 0,
    "lte": lambda value, wanted: _ordered(value, wanted) <= 0,
}


Test = Callable[[Json], bool]


class BadRequest(Exception):
    """A body, filter, order or page that Tastypie answers with 400."""


def page_of(objects: Iterable[Json], path: str, query: Mapping[str, str], fields: frozenset[str]) -> Json:
    """Return `{"meta", "objects"}` for a list request; raises BadRequest."""
    tests = _filters(query, fields)
    found = [item for item in objects if all(test(item) for test in tests)]
    found = _sorted(found, query.get("order_by"), fields)
    limit, offset = _whole(query, "limit", PAGE), _whole(query, "offset", 0)
    limit = min(limit or LARGEST_PAGE, LARGEST_PAGE)

    def address(start: int) -> str | None:
        if not 0 <= start < len(found):
            return None
        return f"{path}?{urlencode({**query, 'limit': limit, 'offset': start})}"

    meta = {
        "limit": limit,
        "offset": offset,
        "total_count": len(found),
        "next": address(offset + limit),
        "previous": address(max(offset - limit, 0)) if offset else None,
    }
    return {"meta": meta, "objects": found[offset : offset + limit]}


def _filters(query: Mapping[str, str], fields: frozenset[str]) -> list[Test]:
    return [_filter(key, wanted, fields) for key, wanted in query.items() if key not in NOT_FILTERS]


def _filter(key: str, wanted: str, fields: frozenset[str]) -> Test:
    field, _, lookup = key.partition("__")
    compare = LOOKUPS.get(lookup or "exact")
    if field not in fields or compare is None:
        raise BadRequest(f"The '{key}' filter is not allowed.")
    # Tastypie takes true and True alike; both are compared with str(True).
    told = wanted.capitalize() if wanted in {"true", "false"} else wanted
    return lambda item: compare(_text(item.get(field)), told)


def _sorted(items: list[Json], order: str | None, fields: frozenset[str]) -> list[Json]:
    if not order:
        return items
    field = order.removeprefix("-")
    if field not in fields:
        raise BadRequest(f"The '{field}' field does not allow ordering.")
    return sorted(items, key=lambda item: _sort_key(_text(item.get(field))), reverse=order.startswith("-"))


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    value = query.get(name, str(default))
    if not value.isdecimal():
        raise BadRequest(f"Invalid {name} '{value}' provided. Please provide a positive integer.")
    return int(value)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _sort_key(value: str) -> tuple[int, int, str]:
    return (0, int(value), "") if value.isdecimal() else (1, 0, value)


def _ordered(value: str, wanted: str) -> int:
    left, right = _sort_key(value), _sort_key(wanted)
    return (left > right) - (left < right)
