"""The ledger's own time as an expression, which SQLite and PostgreSQL are asked for in different words.

On PostgreSQL several machines write, so the database's clock counts; on SQLite one process writes, and its clock
stands behind the function `ledger_now()` that every connection is given (docs/adr/0013). PostgreSQL's is the moment
when the statement arrived: that is one value for the whole statement, so that an index can be asked for what is due
(PostgreSQL, "Function Volatility Categories", 36.7), and a lease that begins there ends no sooner than the deadline
that its holder counted before asking.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

SQLITE_FUNCTION = "ledger_now"


class LedgerNow(FunctionElement[int]):
    """Microseconds since 1970-01-01 UTC."""

    type = BigInteger()
    inherit_cache = True


@compiles(LedgerNow, "sqlite")
def _on_sqlite(_element: LedgerNow, _compiler: Any, **_: Any) -> str:
    return f"{SQLITE_FUNCTION}()"


@compiles(LedgerNow, "postgresql")
def _on_postgresql(_element: LedgerNow, _compiler: Any, **_: Any) -> str:
    return "CAST(extract(epoch FROM statement_timestamp()) * 1000000 AS BIGINT)"
