"""The floor: the least that a booking can cost with the same libraries, as one Flask view under granian.

It reads JSON, makes one POST to the provider through a pooled session, makes one durable commit and answers JSON. It
verifies nothing, looks for nothing and can lose a room at any crash. Settings come from the environment:
`BENCH_PROVIDER` is the provider's address, `BENCH_LEDGER` a SQLite file or a PostgreSQL address.
"""

from __future__ import annotations

import os
import queue
import secrets
import sqlite3
import threading
from concurrent.futures import Future
from contextlib import closing
from typing import Any, Final, Protocol

import requests
from flask import Flask, Response, jsonify, request
from requests.adapters import HTTPAdapter

THREADS: Final = 32
LARGEST_GROUP: Final = 64
CREATE: Final = (
    "CREATE TABLE IF NOT EXISTS bookings (id TEXT PRIMARY KEY, mailbox TEXT, starts TEXT, room TEXT)"
)
INSERT: Final = "INSERT INTO bookings VALUES (?, ?, ?, ?)"

Row = tuple[str, str, str, str]


class Store(Protocol):
    """Where a booking is kept."""

    def keep(self, row: Row) -> None:
        """Return when the row is durable."""


class SqliteStore:
    """One writer thread with group commit: WAL, synchronous FULL."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._waiting: queue.SimpleQueue[tuple[Row, Future[None]]] = queue.SimpleQueue()
        threading.Thread(target=self._write, daemon=True).start()

    def keep(self, row: Row) -> None:
        done: Future[None] = Future()
        self._waiting.put((row, done))
        done.result()

    def _write(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        while True:
            group = self._group()
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(INSERT, [row for row, _ in group])
            connection.execute("COMMIT")
            for _, done in group:
                done.set_result(None)

    def _group(self) -> list[tuple[Row, Future[None]]]:
        group = [self._waiting.get()]
        while len(group) < LARGEST_GROUP and not self._waiting.empty():
            group.append(self._waiting.get())
        return group


class PostgresStore:
    """One row, one commit, through a pool with a connection for each thread."""

    def __init__(self, address: str) -> None:
        # Not needed, and maybe not installed, where the floor stands on SQLite.
        from psycopg_pool import ConnectionPool

        self._pool = ConnectionPool(address, min_size=4, max_size=THREADS // 2, open=True)

    def keep(self, row: Row) -> None:
        with self._pool.connection() as connection:
            connection.execute(INSERT.replace("?", "%s"), row)


def prepare(address: str) -> None:
    """Make the floor's one table."""
    if address.startswith("postgresql://"):
        # Not needed, and maybe not installed, where the floor stands on SQLite.
        import psycopg

        with psycopg.connect(address) as connection:
            connection.execute(CREATE)
    else:
        with closing(sqlite3.connect(address)) as file:
            file.execute(CREATE)


def _store(address: str) -> Store:
    return PostgresStore(address) if address.startswith("postgresql://") else SqliteStore(address)


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", HTTPAdapter(pool_maxsize=THREADS))
    return session


def create_application() -> Flask:
    """Return the floor as a WSGI application."""
    application = Flask(__name__)
    store, session = _store(os.environ["BENCH_LEDGER"]), _session()
    rooms = os.environ["BENCH_PROVIDER"] + "/api/admin/configuration/v1/conference/"

    def book() -> tuple[Response, int]:
        wish: dict[str, Any] = request.get_json()
        booking = secrets.token_hex(16)
        room = {
            "name": booking,
            "aliases": [{"alias": secrets.token_hex(8)}],
            "pin": "482913",
            "tag": booking,
        }
        answer = session.post(rooms, json=room, auth=("vardmote", "bench"), timeout=10)
        answer.raise_for_status()
        store.keep((booking, wish["mailbox"], wish["start"], answer.headers["Location"]))
        return jsonify(id=booking, join_url=f"https://vardmote.region.example/m/{booking}"), 201

    application.add_url_rule("/api/v1/meetings", view_func=book, methods=["POST"])
    application.add_url_rule("/ready", view_func=lambda: "")
    return application
