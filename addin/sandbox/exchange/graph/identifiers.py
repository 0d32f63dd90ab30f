"""Graph's forms of Exchange's identifiers: of items and folders, and of named properties.

An item's id in Graph is the id of Exchange Web Services with `-` for `/` and `_` for `+` (Office.js,
`convertToRestId`); immutable ids are written the same way.
"""

import re
from typing import Final

from addin.sandbox.exchange.graph.faults import bad_request
from addin.sandbox.exchange.items import Item, PropertyId

PROPERTY_ID: Final = re.compile(r"(\w+) \{([0-9a-fA-F-]{36})\} (?:Name (.+)|Id (0x[0-9a-fA-F]+))")
TAG_ID: Final = re.compile(r"(\w+) 0x([0-9a-fA-F]{1,4})")
EWS: Final = "ewsId"
REST: Final = "restId"
IMMUTABLE: Final = "restImmutableEntryId"


def rest(exchange_id: str) -> str:
    """Return an id as Graph writes it."""
    return exchange_id.replace("/", "-").replace("+", "_")


def unrest(graph_id: str) -> str:
    """Return the id that Exchange itself has."""
    return graph_id.replace("-", "/").replace("_", "+")


def id_of(item: Item, *, immutable: bool) -> str:
    """Return an item's id in Graph, of the kind that was asked for."""
    return rest(item.immutable_id if immutable else item.item_id)


def master_id_of(item: Item, *, immutable: bool) -> str | None:
    """Return the id of an occurrence's series in Graph, None of anything else."""
    found = item.master_immutable_id if immutable else item.master_id
    return rest(found) if found else None


def property_of(told: str) -> PropertyId:
    """Return the property of an id in Graph's form; raises GraphFault."""
    if by_tag := TAG_ID.fullmatch(told):
        return PropertyId(by_tag[1], "", int(by_tag[2], 16))
    parts = PROPERTY_ID.fullmatch(told)
    if parts is None:
        raise bad_request(f"The property id '{told}' is not valid.", "ErrorInvalidArgument")
    name = parts[3] if parts[4] is None else int(parts[4], 16)
    return PropertyId(parts[1], parts[2].lower(), name)


def property_id(told: PropertyId) -> str:
    """Return a property's id as Graph writes it back: the set in lower case, the name as it is."""
    if not told.property_set:
        return f"{told.kind} 0x{told.name:x}"
    name = f"Name {told.name}" if isinstance(told.name, str) else f"Id 0x{told.name:x}"
    return f"{told.kind} {{{told.property_set}}} {name}"
