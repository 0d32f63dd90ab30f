"""A stub of a conferencing provider in a process of its own, so light that it hardly shows: `python -m bench.stub`.

It answers as much of Pexip's management API as a booking and the look afterwards need, each answer after a set delay,
and the key set of the bench's own token issuer, which is read from a file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import signal
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from bench.wire import content_length

ROOMS: Final = "/api/admin/configuration/v1/conference/"
KEYS: Final = "/keys"
DELAY: Final = "/delay/"
_ROOM: Final = re.compile(re.escape(ROOMS) + r"([0-9]+)/")
_HEAD_END: Final = b"\r\n\r\n"


class Provider:
    """The rooms by number, as the bytes that were sent: they are only read as JSON when somebody looks.

    `delay` is how many seconds each answer of the provider waits.
    """

    def __init__(self, keys: bytes, delay: float) -> None:
        self._keys = keys
        self.delay = delay
        self._bodies: dict[int, bytes] = {}
        self._last = 0

    def answer(self, method: str, target: str, body: bytes) -> bytes:
        """Return the whole HTTP answer to one request."""
        path = urlsplit(target).path
        if method == "POST" and path == ROOMS:
            return self._create(body)
        if path == KEYS:
            return _json(self._keys)
        if path.startswith(DELAY):
            self.delay = float(path.removeprefix(DELAY)) / 1000
            return _json(b"{}")
        if path.startswith(ROOMS):
            return self._look(method, target, body)
        return _page([])  # nobody is in any call

    def _create(self, body: bytes) -> bytes:
        self._last += 1
        self._bodies[self._last] = body
        location = f"{ROOMS}{self._last}/".encode()
        return b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nLocation: " + location + _HEAD_END

    def _look(self, method: str, target: str, body: bytes) -> bytes:
        match = _ROOM.fullmatch(urlsplit(target).path)
        if match is None:
            return self._list(parse_qs(urlsplit(target).query))
        number = int(match[1])
        if number not in self._bodies:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0" + _HEAD_END
        if method == "GET":
            return _json(json.dumps(self._room(number)).encode())
        if method == "DELETE":
            del self._bodies[number]
        else:
            self._bodies[number] = json.dumps(self._room(number) | json.loads(body)).encode()
        return b"HTTP/1.1 204 No Content" + _HEAD_END

    def _list(self, query: dict[str, list[str]]) -> bytes:
        begins = query.get("name__startswith", query.get("name", [""]))[0]
        rooms = (self._room(number) for number in list(self._bodies))
        return _page([room for room in rooms if room["name"].startswith(begins)][:100])

    def _room(self, number: int) -> dict[str, Any]:
        room: dict[str, Any] = json.loads(self._bodies[number])
        return room | {"id": number}


def _json(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}".encode()
    return head + _HEAD_END + body


def _page(objects: list[dict[str, Any]]) -> bytes:
    meta = {"limit": 100, "offset": 0, "next": None, "previous": None, "total_count": len(objects)}
    return _json(json.dumps({"meta": meta, "objects": objects}).encode())


class Connection(asyncio.Protocol):
    """One kept-alive connection; requests come one after the other."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._read = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        end = self._read.find(_HEAD_END)
        if end < 0:
            return
        head, start = self._read[:end], end + len(_HEAD_END)
        if len(self._read) < start + content_length(head):
            return
        body, self._read = self._read[start:], b""
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        answer = self._provider.answer(method, target, body)
        # Keys and delay are the bench's own and not the provider's: they do not wait.
        if self._provider.delay and target.startswith("/api/"):
            asyncio.get_running_loop().call_later(self._provider.delay, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


async def serve(delay: float, keys: bytes) -> None:
    """Listen on a free port of this machine, say which in one line, and serve until SIGTERM."""
    provider = Provider(keys, delay)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(provider), "127.0.0.1", 0, backlog=256)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    loop.add_signal_handler(signal.SIGINT, stopped.set)
    await stopped.wait()


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m bench.stub", description=__doc__)
    parser.add_argument(
        "--delay-ms", type=float, default=0.0, help="how long each answer waits; GET /delay/<ms> sets it"
    )
    parser.add_argument("--keys", type=Path, help="file with the JSON Web Key Set that /keys answers")
    told = parser.parse_args()
    keys = told.keys.read_bytes() if told.keys else b'{"keys": []}'
    asyncio.run(serve(told.delay_ms / 1000, keys))


if __name__ == "__main__":
    main()
