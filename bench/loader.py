"""Sends bookings in a process of its own and measures the answers: `python -m bench.loader` reads one JSON job.

The job comes on standard input, the result goes to standard output, both as one line of JSON. A closed loop of
clients sends the next request when the answer has come. An open loop sends at a fixed rate whatever comes back, and
measures from the moment when each request *should* have been sent, so that waiting in a queue is not forgotten.
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from bench.wire import content_length

ANSWER_SECONDS: Final = 30.0
_HEAD_END: Final = b"\r\n\r\n"


@dataclass(frozen=True)
class Job:
    """What to send. `rate` requests a second make it an open loop; otherwise `clients` make a closed one.

    `expected` is the only status that counts as done. With `keyed`, each request has an Idempotency-Key of its own.
    Where `bodies` stand, they are sent in turn instead of `body`; all are of one length.
    """

    port: int
    method: str
    path: str
    headers: dict[str, str]
    body: str
    expected: int
    seconds: float
    clients: int = 1
    rate: float = 0.0
    keyed: bool = True
    bodies: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Result:
    """What came back; latencies in milliseconds, of answers that were done. `highest` is the longest of them.

    `errors` are all others; `promised` are those among them that were 202: the room takes longer than a click waits.
    """

    done: int
    errors: int
    promised: int
    per_second: float
    p50: float
    p95: float
    p99: float
    highest: float
    statuses: dict[str, int]


class Client(asyncio.Protocol):
    """One connection, which carries one request at a time."""

    def __init__(self) -> None:
        self._read = b""
        self._transport: asyncio.WriteTransport | None = None
        self._answered: asyncio.Future[int] | None = None
        self.is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            self._transport, self.is_open = transport, True

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(exc or ConnectionResetError())

    def data_received(self, data: bytes) -> None:
        self._read += data
        end = self._read.find(_HEAD_END)
        if end < 0 or len(self._read) < end + len(_HEAD_END) + content_length(self._read[:end]):
            return
        status, self._read = int(self._read[9:12]), b""
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(status)

    async def send(self, request: bytes) -> int:
        """Return the status of the answer; raises OSError and TimeoutError."""
        if self._transport is None or not self.is_open:
            raise ConnectionResetError
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        async with asyncio.timeout(ANSWER_SECONDS):
            return await self._answered

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Load:
    """One job being done."""

    def __init__(self, job: Job) -> None:
        self._job = job
        # Keys must differ between runs too: a repeated one would be answered from the ledger.
        self._prefix = f"bench-{time.time_ns():x}-".encode()
        self._sent = 0
        self._head, self._tail = self._parts()
        self._latencies: list[float] = []
        self._statuses: Counter[str] = Counter()
        self._idle: deque[Client] = deque()

    def _parts(self) -> tuple[bytes, bytes]:
        job = self._job
        body = (job.bodies[0] if job.bodies else job.body).encode()
        lines = [f"{job.method} {job.path} HTTP/1.1", f"Host: 127.0.0.1:{job.port}"]
        lines += [f"{name}: {value}" for name, value in job.headers.items()]
        if body:
            lines += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
        head = "\r\n".join(lines).encode() + b"\r\n"
        if job.bodies:
            body = b""
        return (head + b"Idempotency-Key: ", b"\r\n\r\n" + body) if job.keyed else (head, b"\r\n" + body)

    def _request(self) -> bytes:
        self._sent += 1
        key = self._prefix + str(self._sent).encode() if self._job.keyed else b""
        bodies = self._job.bodies
        return self._head + key + self._tail + (bodies[self._sent % len(bodies)].encode() if bodies else b"")

    async def run(self) -> Result:
        """Do the job."""
        began = time.perf_counter()
        await (self._open_loop(began) if self._job.rate else self._closed_loop(began))
        taken = time.perf_counter() - began
        return self._result(taken)

    async def _closed_loop(self, began: float) -> None:
        async def client() -> None:
            # Each sends at least one, however long the others have kept the machine.
            await self._one(time.perf_counter())
            while time.perf_counter() < began + self._job.seconds:
                await self._one(time.perf_counter())

        await asyncio.gather(*(client() for _ in range(self._job.clients)))

    async def _open_loop(self, began: float) -> None:
        under_way = set()
        for number in range(int(self._job.rate * self._job.seconds)):
            due = began + number / self._job.rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            under_way.add(asyncio.create_task(self._one(due)))
        await asyncio.gather(*under_way)

    async def _one(self, from_moment: float) -> None:
        try:
            client = await self._connection()
            status = await client.send(self._request())
        except (OSError, TimeoutError) as failure:
            self._statuses[type(failure).__name__] += 1
            return
        self._idle.append(client)
        self._statuses[str(status)] += 1
        if status == self._job.expected:
            self._latencies.append((time.perf_counter() - from_moment) * 1000)

    async def _connection(self) -> Client:
        while self._idle:
            client = self._idle.pop()
            if client.is_open:
                return client
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(Client, "127.0.0.1", self._job.port)
        return client

    def _result(self, taken: float) -> Result:
        for client in self._idle:
            client.close()
        ordered = sorted(self._latencies)
        return Result(
            done=len(ordered),
            errors=sum(self._statuses.values()) - len(ordered),
            promised=self._statuses["202"] if self._job.expected != 202 else 0,
            per_second=len(ordered) / taken,
            p50=_percentile(ordered, 0.50),
            p95=_percentile(ordered, 0.95),
            p99=_percentile(ordered, 0.99),
            highest=_percentile(ordered, 1.0),
            statuses=dict(self._statuses),
        )


def _percentile(ordered: list[float], share: float) -> float:
    """Return the nearest-rank percentile; infinite when nothing was done."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.inf


def main() -> None:
    """Do the one job on standard input."""
    told: dict[str, Any] = json.load(sys.stdin)
    print(json.dumps(asdict(asyncio.run(Load(Job(**told)).run()))))


if __name__ == "__main__":
    main()
