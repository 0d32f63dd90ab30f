"""`m:Restriction`: which items, or folders, a search finds."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

from lxml.etree import _Element

from addin.sandbox.exchange.ews.properties import properties_of, property_of
from addin.sandbox.exchange.ews.soap import Failure, T, local_name, text
from addin.sandbox.exchange.ews.times import stamp
from addin.sandbox.exchange.items import Item

# Returns what a path (`t:FieldURI`, `t:ExtendedFieldURI`) names in the thing that is tested, None when it has none.
Look = Callable[[Any, _Element], str | None]
Test = Callable[[Any], bool]

_FIELDS: Final[dict[str, Callable[[Item], str]]] = {
    "item:Subject": lambda item: item.subject,
    "item:ItemClass": lambda _: "IPM.Appointment",
    "item:DateTimeCreated": lambda item: stamp(item.created),
    "item:DateTimeReceived": lambda item: stamp(item.created),
    "item:LastModifiedTime": lambda item: stamp(item.modified),
    "item:IsAssociated": lambda _: "false",
    "calendar:Start": lambda item: stamp(item.start),
    "calendar:End": lambda item: stamp(item.end),
    "calendar:Location": lambda item: item.location,
    "calendar:IsMeeting": lambda item: text(item.is_meeting),
    "calendar:IsRecurring": lambda item: text(item.recurrence is not None),
    "calendar:CalendarItemType": lambda item: {"single": "0", "master": "3"}.get(item.kind, "1"),
}
_COMPARED: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "IsEqualTo": operator.eq,
    "IsNotEqualTo": operator.ne,
    "IsGreaterThan": operator.gt,
    "IsGreaterThanOrEqualTo": operator.ge,
    "IsLessThan": operator.lt,
    "IsLessThanOrEqualTo": operator.le,
}


def restriction(told: _Element | None, look: Look) -> Test:
    """Return the test that a `m:Restriction` tells; None lets everything pass. Raises Failure."""
    return (lambda _: True) if told is None else _test(told[0], look)


def of_item(item: Item, path: _Element) -> str | None:
    """Return what a path names in an item; raises Failure for a field that cannot be searched by, like a UID."""
    if local_name(path) == "ExtendedFieldURI":
        return properties_of(item).get(property_of(path))
    if path.get("FieldURI", "") not in _FIELDS:
        raise Failure(
            "ErrorUnsupportedPathForQuery", "The property can not be used with this type of restriction."
        )
    return _FIELDS[path.get("FieldURI", "")](item)


def _test(told: _Element, look: Look) -> Test:
    name = local_name(told)
    if name in {"And", "Or", "Not"}:
        parts = [_test(part, look) for part in told]
        if name == "Not":
            return lambda one: not parts[0](one)
        gather = all if name == "And" else any
        return lambda one: gather(part(one) for part in parts)
    if name == "Exists":
        return lambda one: look(one, told[0]) is not None
    if name == "Contains":
        return _contains(told, look)
    if name in _COMPARED:
        return _comparison(told, look)
    raise Failure("ErrorUnsupportedQueryFilter", "The filter is not supported.")


def _comparison(told: _Element, look: Look) -> Test:
    compare = _COMPARED[local_name(told)]
    constant = told.find(f"{T}FieldURIOrConstant/{T}Constant")
    if constant is None:
        raise Failure("ErrorUnsupportedQueryFilter", "Only constants are compared with here.")
    wanted = constant.get("Value", "")

    def holds(one: Any) -> bool:
        kept = look(one, told[0])
        return kept is not None and compare(kept, wanted)

    return holds


def _contains(told: _Element, look: Look) -> Test:
    mode, comparison = told.get("ContainmentMode", "Substring"), told.get("ContainmentComparison", "Exact")
    constant = told.find(f"{T}Constant")
    ignores_case = "IgnoreCase" in comparison or comparison == "Loose"
    wanted = constant.get("Value", "") if constant is not None else ""

    def holds(one: Any) -> bool:
        kept, sought = look(one, told[0]), wanted
        if kept is None:
            return False
        if ignores_case:
            kept, sought = kept.casefold(), sought.casefold()
        if mode == "FullString":
            return kept == sought
        return kept.startswith(sought) if mode.startswith("Prefixed") else sought in kept

    return holds
