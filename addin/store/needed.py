"""Which settings the ledger's meetings still need: keys, meeting types and units may not go while they are in use.

A row is sealed and looked up with the key that was current when it was made, and its room bears the same key's id; so
the rooms tell for the whole ledger, but for links that are to come, whose rooms are not there yet. Without its type
or variant no room can be changed or removed, without its unit no text rendered.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Engine, select

from addin.store import tables


@dataclass(frozen=True, slots=True)
class Needed:
    """Ids of keys, meeting types and units without which some meeting cannot be found, kept or told about.

    `variants` are pairs of type and variant.
    """

    keys: frozenset[str]
    types: frozenset[str]
    variants: frozenset[tuple[str, str]]
    units: frozenset[str]


def settings_needed(engine: Engine) -> Needed:
    """Return what the meetings that are not purged yet need of the settings."""
    kinds = select(tables.meetings.c.type, tables.meetings.c.variant).distinct()
    with engine.connect() as connection:
        variants = frozenset((kind, variant) for kind, variant in connection.execute(kinds))
        return Needed(
            keys=_values(connection, tables.rooms.c.key_id) | _values(connection, tables.links.c.key_id),
            types=frozenset(kind for kind, _ in variants),
            variants=variants,
            units=_values(connection, tables.meetings.c.unit),
        )


def _values(connection: Connection, column: ColumnElement[str]) -> frozenset[str]:
    """Return what stands in the column."""
    return frozenset(connection.execute(select(column).where(column.is_not(None)).distinct()).scalars())
