"""Statements of the expression language that are compiled once, for the rows that every click writes.

Executed as expressions, a small INSERT costs several times what the database takes for it: each time SQLAlchemy looks
for the compiled text, works through every value's type and readies a result. Here the text is kept, and the values go
to the driver as they are. So a statement here may hold only types that both drivers take and give as Python has them
(whole numbers, texts, bytes, truths that are not read back), and no list of values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.elements import ClauseElement


class Executed(Protocol):
    """What came of a statement, from SQLAlchemy or straight from the driver."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Text:
    """The statement in one database's words; `order` is None where values go by name."""

    sql: str
    fixed: Mapping[str, Any]
    order: tuple[str, ...] | None

    def parameters(self, values: Mapping[str, Any]) -> Any:
        known = {**self.fixed, **values}
        return known if self.order is None else tuple([known[name] for name in self.order])


class Prepared:
    """One statement; `columns` are those that it writes from values of the same name, beside its own parameters."""

    def __init__(self, statement: ClauseElement, columns: Iterable[str] = ()) -> None:
        self._statement = statement
        self._columns = list(columns)
        self._texts: dict[str, Text] = {}

    def text(self, dialect: Dialect) -> Text:
        """Return it in the words of the database, and how it takes its values: one for every column and parameter."""
        text = self._texts.get(dialect.name)
        if text is None:
            text = self._texts[dialect.name] = self._compiled(dialect)
        return text

    def run(self, connection: Connection, values: Mapping[str, Any]) -> Executed:
        """Execute it; values that it does not name are left out."""
        text = self.text(connection.dialect)
        return connection.exec_driver_sql(text.sql, text.parameters(values))

    def _compiled(self, dialect: Dialect) -> Text:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns or None)
        # What is required and not given must fail by its name; SQLAlchemy has a stand-in for it, which is a number.
        fixed = {
            name: value
            for name, value in compiled.params.items()
            if value is not None and not compiled.binds[name].required
        }
        order = tuple(compiled.positiontup) if compiled.positional else None
        return Text(compiled.string, fixed, order)
