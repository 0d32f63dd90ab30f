"""Which of the service's own keys the ledger's rows still need.

A row is sealed and looked up with the key that was current when it was made, and its room bears the same key's id; so
the rooms tell for the whole ledger, and a key may leave the settings only when no room names it any more.
"""

from __future__ import annotations

from sqlalchemy import Engine, select

from addin.store import tables

_NEEDED = select(tables.rooms.c.key_id).distinct()


def keys_needed(engine: Engine) -> set[str]:
    """Return the ids of the keys without which some meeting can be neither found nor opened."""
    with engine.connect() as connection:
        return set(connection.execute(_NEEDED).scalars())
