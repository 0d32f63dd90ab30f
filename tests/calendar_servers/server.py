"""What every real server is to a test: where it is, who may ask it, and mailboxes of its own for each test."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol

import psutil
import requests

SERVICE: Final = ("dienst", "hemligt")
DOMAIN: Final = "region.example"
_START_SECONDS: Final = 120
_STOP_SECONDS: Final = 2


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One person's calendars. `home` is the address of the folder that holds them, `calendar` that of the first."""

    address: str
    home: str
    calendar: str
    credentials: tuple[str, str] = field(repr=False)


class CalendarServer(Protocol):
    """A running server.

    `url` is what `CalDavSettings.url` takes. `schedules`: it sends what an organiser writes on to the attendees.
    """

    name: ClassVar[str]
    schedules: ClassVar[bool]
    url: str

    def new_mailbox(self) -> Mailbox:
        """Make a person with one empty calendar."""

    def removes(self, mailbox: Mailbox) -> None:
        """Take a person's calendars away, as when she has left."""

    def stop(self) -> None:
        """End all processes that were started."""


class Names:
    """Names of people that no other test of this run has."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self) -> str:
        return f"person{next(self._numbers)}"


def started(
    command: Sequence[str | Path],
    log: Path,
    *,
    user: str | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server as that user, where one is named; what it prints goes to `log`."""
    with log.open("ab") as out:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            user=user,
            group=user,
            extra_groups=[] if user else None,
        )


def until_it_answers(process: subprocess.Popen[bytes], log: Path, is_up: Callable[[], bool]) -> None:
    """Wait until `is_up`; raises AssertionError with what the server printed when it ends or never comes up."""
    latest = time.monotonic() + _START_SECONDS
    while time.monotonic() < latest:
        if process.poll() is not None:
            break
        try:
            if is_up():
                return
        except (OSError, requests.RequestException):
            pass
        time.sleep(0.05)
    stopped(process)
    raise AssertionError(f"{process.args!r} did not come up: {log.read_text(errors='replace')[-2000:]}")


def stopped(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it has started, and wait for that; nothing of theirs is worth keeping."""
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.terminate()
    _, left = psutil.wait_procs(family, _STOP_SECONDS)
    for member in left:
        member.kill()
    process.wait()


def ask(method: str, url: str, credentials: tuple[str, str], **more: Any) -> requests.Response:
    """Send one request on a connection of its own: SOGo closes idle ones without saying so."""
    headers = {"Connection": "close", **more.pop("headers", {})}
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, auth=credentials, headers=headers, timeout=30, **more)
