"""Tables that only count: one row for each kind of thing, with how many there were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, insert, update


def add_to(connection: Connection, counter: Table, keys: Mapping[str, Any], by: int = 1) -> None:
    """Add to the row with these keys, or begin it. The counter's one column that is no key says how many."""
    (counted,) = (column for column in counter.c if not column.primary_key)
    mine = [counter.c[name] == value for name, value in keys.items()]
    statement = update(counter).where(*mine).values({counted: counted + by})
    if not connection.execute(statement).rowcount:
        connection.execute(insert(counter).values({**keys, counted.name: by}))
