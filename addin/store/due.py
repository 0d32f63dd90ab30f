"""Which queues have something that is due and claimed by nobody, as one question that costs next to nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Table,
    exists,
    literal,
    select,
    union_all,
)

from addin.meetings.due import Queue, Work
from addin.store import tables
from addin.store.leases import is_claimable


def due_among(connection: Connection, queues: tuple[Queue, ...]) -> frozenset[Queue]:
    """Return those of the queues from which a claim would take something now."""
    places = connection.execute(_question(queues)).scalars().all()
    return frozenset(queues[place] for place in places)


@cache
def _question(queues: tuple[Queue, ...]) -> CompoundSelect[Any]:
    return union_all(
        *(
            select(literal(place)).where(_WAITING[queue.work](queue.whose))
            for place, queue in enumerate(queues)
        )
    )


def _some(table: Table, whose: ColumnElement[bool] | None = None) -> ColumnElement[bool]:
    """Whether a row of the table, of those in question, can be claimed now."""
    rows = exists().where(is_claimable(table.c))
    return rows if whose is None else rows.where(whose)


def _lost(_whose: str | None) -> ColumnElement[bool]:
    columns = tables.bindings.c
    return exists().where(columns.backend.is_(None), columns.due_at.is_not(None))


_WAITING: Final = MappingProxyType[Work, Callable[[str | None], ColumnElement[bool]]](
    {
        Work.ROOMS: lambda whose: _some(tables.rooms, tables.rooms.c.provider == whose),
        Work.NOTICES: lambda _: _some(tables.notices),
        Work.HINTS: lambda _: exists(select(tables.hints.c.key)),
        Work.ROUTES: _lost,
        Work.MAILBOXES: lambda whose: _some(tables.watches, tables.watches.c.backend == whose),
        Work.ITEMS: lambda whose: _some(tables.bindings, tables.bindings.c.backend == whose),
    }
)
