"""A PostgreSQL whose every commit takes longer: a proxy before the real one that holds back the word of a commit.

Only the session that commits waits, as with a slow disk or a synchronous standby; nothing else is delayed. It reads
the protocol just far enough to know a commit when it passes (PostgreSQL documentation, "Message Formats").
"""

from __future__ import annotations

import argparse
import asyncio
import json
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

CHUNK: Final = 65_536
HEADER: Final = 5  # a byte that tells the kind, and the length with itself in four
SSL_REQUEST: Final = 80_877_103
GSS_REQUEST: Final = 80_877_104
COMMAND_COMPLETE: Final = ord("C")
READY_FOR_QUERY: Final = ord("Z")
IDLE: Final = ord("I")
CHANGES: Final = (b"INSERT", b"UPDATE", b"DELETE", b"MERGE")


@dataclass
class Session:
    """What one client's session has been told so far; `parts` returns what to send, cut before each commit's word."""

    is_open: bool = False  # a transaction was begun and not ended
    _rest: bytearray = field(default_factory=bytearray)

    def parts(self, chunk: bytes) -> list[tuple[bool, bytes]]:
        """Return (whether to wait before it, bytes) in order; an unfinished message is kept for the next chunk."""
        self._rest += chunk
        found: list[tuple[bool, bytes]] = []
        start = at = 0
        while at + HEADER <= len(self._rest):
            (length,) = struct.unpack_from("!I", self._rest, at + 1)
            end = at + 1 + length
            if end > len(self._rest):
                break
            if self._is_commit(self._rest[at], bytes(self._rest[at + HEADER : min(end, at + HEADER + 16)])):
                if at > start:
                    found.append((False, bytes(self._rest[start:at])))
                found.append((True, bytes(self._rest[at:end])))
                start = end
            at = end
        if at > start:
            found.append((False, bytes(self._rest[start:at])))
        del self._rest[:at]
        return found

    def _is_commit(self, kind: int, body: bytes) -> bool:
        if kind == READY_FOR_QUERY:
            self.is_open = body[0] != IDLE
        if kind != COMMAND_COMPLETE:
            return False
        if body.startswith(b"BEGIN"):
            self.is_open = True
            return False
        if body.startswith(b"COMMIT"):
            self.is_open = False
            return True
        # A statement outside of a transaction is one of its own.
        return not self.is_open and body.startswith(CHANGES)


class Proxy:
    """Carries sessions between a port of 127.0.0.1 and the server at `target` (a socket's path, or host:port)."""

    def __init__(self, target: str, seconds: float) -> None:
        self._target, self._seconds = target, seconds

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one session to its end."""
        startup = await _startup(reader, writer)
        if startup is None:
            writer.close()
            return
        to_server, from_server = await self._connect(startup)
        async with asyncio.TaskGroup() as both:
            both.create_task(_pour(reader, to_server))
            both.create_task(self._tell(from_server, writer))

    async def _connect(self, startup: bytes) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
        if self._target.startswith("/"):
            reader, writer = await asyncio.open_unix_connection(self._target)
        else:
            host, _, port = self._target.rpartition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(startup)
        return writer, reader

    async def _tell(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session()
        with suppress(ConnectionError):
            while chunk := await reader.read(CHUNK):
                for waits, part in session.parts(chunk):
                    if waits:
                        await asyncio.sleep(self._seconds)
                    writer.write(part)
                await writer.drain()
        writer.close()


async def _startup(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
    """Return the client's first message, after saying no to encryption; None when it hangs up."""
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readexactly(8)
            length, code = struct.unpack("!II", head)
            if code not in (SSL_REQUEST, GSS_REQUEST):
                return head + await reader.readexactly(length - 8)
            writer.write(b"N")
            await writer.drain()
    return None


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()


async def _serve(target: str, seconds: float) -> None:
    server = await asyncio.start_server(Proxy(target, seconds).carry, "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    async with server:
        await server.serve_forever()


def main() -> int:
    """Serve until ended; prints its port as JSON."""
    parser = argparse.ArgumentParser(description="Delays the commits of a PostgreSQL server.")
    parser.add_argument("--target", required=True, help="the server: a socket's path, or host:port")
    parser.add_argument("--delay-ms", type=float, required=True, help="how much longer each commit takes")
    told = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(told.target, told.delay_ms / 1000))
    return 0


if __name__ == "__main__":
    sys.exit(main())
