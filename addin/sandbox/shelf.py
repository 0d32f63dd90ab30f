"""What the sandbox remembers over a restart: JSON documents by kind and key in one SQLite file."""

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class Shelf:
    """Keeps documents; each write is in the file when the method returns, so `kill -9` loses nothing."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        # A killed process keeps what the system has taken over; only a power cut could lose it, and this is a sandbox.
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, key))"
        )

    def documents(self, kind: str) -> dict[str, Json]:
        """Return every document of a kind by its key, oldest first."""
        with self._lock:
            found = self._database.execute(
                "SELECT key, body FROM documents WHERE kind = ? ORDER BY rowid", (kind,)
            )
            return {key: json.loads(body) for key, body in found}

    def put(self, kind: str, key: str, document: Json) -> None:
        """Write one document, in place of an earlier one with the same kind and key."""
        with self._lock:
            self._database.execute(
                "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
                (kind, key, json.dumps(document)),
            )

    def remove(self, kind: str, key: str) -> None:
        """Forget one document; one that is not there is no error."""
        with self._lock:
            self._database.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, key))

    def clear(self, kind: str) -> None:
        """Forget every document of a kind."""
        with self._lock:
            self._database.execute("DELETE FROM documents WHERE kind = ?", (kind,))
