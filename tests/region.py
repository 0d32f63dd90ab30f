"""A region in real processes for tests: the service beside the sandbox, on ports of its own, over real sockets.

`Region` starts both as a trial does (`addin.trial`), kills and restarts the service, and reads back what stands at the
simulated Pexip and in the ledger. The fixtures `region` (shared; leave it as you found it) and `fresh_region` (one
test's own) stand at the end: a `conftest.py` that wants them imports them from here.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self
from uuid import uuid4
from zoneinfo import ZoneInfo

import psutil
import pytest
import requests
from sqlalchemy import and_, func, not_, or_, select, update

from addin.sandbox import people
from addin.sandbox.people import Person
from addin.store import tables
from addin.store.ledger import open_engine
from addin.trial import (
    Ports,
    end_group,
    prepare,
    region_command,
    service_command,
    wait_until_ready,
    write_settings,
)
from tests.ledgers import new_ledger
from tests.ports import HeldPorts
from tests.zygote import Forked, zygote

Json = dict[str, Any]
Command = Callable[[Path], list[str]]

ROOMS: Final = "/api/admin/configuration/v1/conference/"
CALLS: Final = "/api/admin/status/v1/conference/"
ZONE: Final = "Europe/Stockholm"
# How long to wait for what surely comes; how fast it comes on a busy machine is no test's subject.
SECONDS: Final = 60.0
PAUSE: Final = 0.05


class NeverHappened(AssertionError):
    """What a test waited for did not come about in good time."""


class Region:
    """One service and one sandbox. `command` tells how the service is started from its settings file."""

    def __init__(
        self, folder: Path, *, ledger_url: str | None = None, command: Command = service_command
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.log = folder / "region.log"
        self._held_ports = HeldPorts(3)
        first = self._held_ports.first
        self.ports = Ports(first, first + 1, first + 2)
        self.settings = write_settings(folder, self.ports)
        if ledger_url:
            self.replace_setting('url = "sqlite:///ledger.db"', f'url = "{ledger_url}"')
        self.ledger_url = ledger_url or f"sqlite:///{folder / 'ledger.db'}"
        self.command = command
        if not ledger_url and not (folder / "ledger.db").exists():
            new_ledger(folder)
        prepare(self.settings, folder, self.ports)
        self.service: Forked | None = None
        self._sandbox = zygote().starts(region_command(folder, self.ports), self.log)
        self._others: list[Forked] = []
        self._tokens: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            wait_until_ready(self._sandbox, f"{self.window_url}/window/config.json", self.log)
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End both and give the ports back."""
        # A service that waits for a held call would otherwise keep its stop waiting too.
        with suppress(requests.RequestException):
            self.heal()
        self.stop()
        self.end_others()
        end_group(self._sandbox.pid)
        self._sandbox.wait(SECONDS)
        self._held_ports.release()

    @property
    def window_url(self) -> str:
        """Where the sandbox, with its Outlook window, is."""
        return self.ports.window_url

    @property
    def service_url(self) -> str:
        """Where the service is."""
        return self.ports.service_url

    def replace_setting(self, before: str, after: str) -> None:
        """Change a line of the settings file; counts from the next start of the service."""
        text = self.settings.read_text(encoding="utf-8")
        assert before in text, f"the settings have no {before!r}"
        self.settings.write_text(text.replace(before, after), encoding="utf-8")

    # --- the service's process ------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the service and wait until it answers."""
        self.service = zygote().starts(self.command(self.settings), self.log)
        wait_until_ready(self.service, f"{self.service_url}/readyz", self.log)

    def stop(self) -> None:
        """End the service as an operator does (SIGTERM); nothing when it does not run."""
        if self.service:
            end_group(self.service.pid)
            self.service.wait(SECONDS)
            self.service = None

    def kill(self) -> None:
        """`kill -9` of every process of the service at once."""
        self.signal(signal.SIGKILL)
        assert self.service is not None
        members = self.processes()
        self.service.wait(SECONDS)
        self.waits_until(lambda: not any(map(_is_alive, members)), "the service is dead")
        self.service = None

    def restart(self) -> None:
        """Start the service again, after stopping it when it still runs."""
        self.stop()
        self.start()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to every process of the service."""
        assert self.service is not None
        os.killpg(self.service.pid, number)

    def processes(self) -> list[psutil.Process]:
        """Return the processes of the service."""
        assert self.service is not None
        return [one for one in psutil.process_iter() if _group_of(one.pid) == self.service.pid]

    def logs(self) -> str:
        """Return all that service and sandbox have written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def spawn(self, command: Command) -> Forked:
        """Start another process on the same settings, e.g. a worker; it ends with the region."""
        process = zygote().starts(command(self.settings), self.log)
        self._others.append(process)
        return process

    def end_others(self) -> None:
        """End what `spawn` started."""
        for process in self._others:
            end_group(process.pid)
            process.wait(SECONDS)
        self._others.clear()

    # --- the service's API ----------------------------------------------------------------------------------

    def token(self, person: Person = people.ANNA) -> str:
        """Return the access token that the Outlook host would give the pane of that person."""
        if person.object_id not in self._tokens:
            answer = self.sandbox("POST", "/sandbox/token", json={"object_id": person.object_id})
            self._tokens[person.object_id] = str(answer.json()["access_token"])
        return self._tokens[person.object_id]

    def api(
        self,
        method: str,
        path: str,
        *,
        person: Person = people.ANNA,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> requests.Response:
        """Call the JSON interface as that person: `path` begins after `/api/v1`, e.g. `/meetings`."""
        sent = {"Authorization": f"Bearer {self.token(person)}", **(headers or {})}
        return _call(method, f"{self.service_url}/api/v1{path}", headers=sent, **more)

    def book(
        self, *, key: str | None = None, person: Person = people.ANNA, timeout: float = SECONDS, **more: Any
    ) -> requests.Response:
        """Press *Skapa möte*; `more` replaces fields of the usual booking (see `booking`)."""
        headers = {"Idempotency-Key": key or uuid4().hex}
        body = booking(person, **more)
        return self.api("POST", "/meetings", person=person, headers=headers, json=body, timeout=timeout)

    def books(self, **more: Any) -> Json:
        """Press *Skapa möte* and return the meeting, when a machine that is busy has made the room that it promised."""
        answer = self.book(**more)
        assert answer.status_code in {200, 201, 202}, answer.text
        meeting = _object(answer)
        person = more.get("person", people.ANNA)
        return (
            self.waits_for_state(meeting["id"], "live", person=person)
            if answer.status_code == 202
            else meeting
        )

    def meeting(self, meeting_id: str, person: Person = people.ANNA) -> Json:
        """Return the meeting as the interface shows it now."""
        answer = self.api("GET", f"/meetings/{meeting_id}", person=person)
        assert answer.status_code == 200, answer.text
        return _object(answer)

    def change(self, meeting: Json, **more: Any) -> requests.Response:
        """Change the meeting as its holder last saw it."""
        headers = {"If-Match": f'"{meeting["revision"]}"'}
        return self.api("PATCH", f"/meetings/{meeting['id']}", headers=headers, json=more)

    def cancel(self, meeting: Json) -> requests.Response:
        """Press *Ta bort möte*."""
        return self.api("DELETE", f"/meetings/{meeting['id']}")

    def stop_sandbox(self) -> None:
        """End the whole simulated region, as when the network to it is gone; it keeps its state."""
        end_group(self._sandbox.pid)
        self._sandbox.wait(SECONDS)

    def start_sandbox(self) -> None:
        """Bring the simulated region back."""
        self._sandbox = zygote().starts(region_command(self.folder, self.ports), self.log)
        wait_until_ready(self._sandbox, f"{self.window_url}/window/config.json", self.log)

    # --- the sandbox ----------------------------------------------------------------------------------------

    def sandbox(self, method: str, path: str, **more: Any) -> requests.Response:
        """Call the sandbox; anything but success is an error of the test."""
        answer = _call(method, self.window_url + path, **more)
        answer.raise_for_status()
        return answer

    def pexip_rooms(self) -> list[Json]:
        """Return every room at the simulated Pexip, ours and others'."""
        login = (people.PEXIP_USER, people.PEXIP_PASSWORD)
        answer = self.sandbox("GET", f"{ROOMS}?limit=1000", auth=login)
        return list(answer.json()["objects"])

    def rooms_of(self, meeting_id: str) -> list[Json]:
        """Return the rooms at the simulated Pexip that the ledger's rooms of this meeting name."""
        rooms = tables.rooms.c
        names = set(self._column(select(rooms.name).where(rooms.meeting_id == meeting_id)))
        return [room for room in self.pexip_rooms() if room["name"] in names]

    def rooms_besides(self, meetings: Sequence[str]) -> list[Json]:
        """Return the rooms at the simulated Pexip that are of none of these meetings, whenever theirs are made."""
        rooms = tables.rooms.c
        names = set(self._column(select(rooms.name).where(rooms.meeting_id.in_(meetings))))
        return [room for room in self.pexip_rooms() if room["name"] not in names]

    def disagreements(self) -> list[str]:
        """Return the names of rooms that are at the simulated Pexip and not wished for, or the other way round."""
        rooms = tables.rooms.c
        wished = set(self._column(select(rooms.name).where(rooms.wanted == "present")))
        there = {room["name"] for room in self.pexip_rooms() if str(room["tag"]).startswith("v1.")}
        return sorted(wished ^ there)

    def fault(self, kind: str, path_prefix: str = ROOMS, *, method: str | None = None, **more: Any) -> None:
        """Switch a fault on; kinds and their fields stand in `addin/sandbox/faults.py`."""
        match = {"path_prefix": path_prefix} | ({"method": method} if method else {})
        self.sandbox("POST", "/sandbox/faults", json={"fault": kind, "match": match, **more})

    def heal(self) -> None:
        """Switch all faults off and let go what is held."""
        self.sandbox("DELETE", "/sandbox/faults")

    def wait_until_held(self, at_least: int = 1) -> list[Json]:
        """Wait until so many requests stand still under `hold` faults, and return them."""
        query = {"at_least": at_least, "wait": SECONDS}
        holds = self.sandbox("GET", "/sandbox/holds", params=query, timeout=2 * SECONDS).json()["holds"]
        if len(holds) < at_least:
            raise NeverHappened(f"{len(holds)} of {at_least} requests are held")
        return list(holds)

    def release(self, *, drop: bool = False) -> None:
        """Let all held requests go on, or with `drop` close their connections where they stand."""
        self.sandbox("POST", "/sandbox/release", json={"drop": drop})

    def requests_made(
        self, method: str | None = None, path_prefix: str = "/api/admin/", at_least: int = 0
    ) -> list[Json]:
        """Return the requests that reached the sandbox, after waiting until `at_least` have been answered."""
        query = {"path_prefix": path_prefix, "at_least": at_least, "wait": SECONDS if at_least else 0}
        if method:
            query["method"] = method
        answer = self.sandbox("GET", "/sandbox/log", params=query, timeout=2 * SECONDS)
        return list(answer.json()["requests"])

    def forget_requests(self) -> None:
        """Empty the sandbox's journal."""
        self.sandbox("DELETE", "/sandbox/log")

    # --- waiting --------------------------------------------------------------------------------------------

    def due_rooms(self, meeting_id: str | None = None) -> int:
        """Return for how many rooms in the ledger, or of a meeting, something is still to be done.

        A room that is as wished, and only read back now and then because a late change may reach it, is not counted;
        while somebody is at it, it is.
        """
        rooms = tables.rooms.c
        as_wished = and_(
            rooms.wanted == "present",
            rooms.verified_at.is_not(None),
            rooms.applied_revision >= rooms.wanted_revision,
        )
        is_due = and_(rooms.due_at.is_not(None), not_(as_wished))
        those = select(func.count()).where(or_(is_due, rooms.lease_until.is_not(None)))
        return int(self._column(those.where(rooms.meeting_id == meeting_id) if meeting_id else those)[0])

    def booked(self) -> list[str]:
        """Return the ids of all meetings in the ledger, cancelled or not, oldest first."""
        meetings = tables.meetings.c
        return self._column(select(meetings.id).order_by(meetings.created_at))

    def settles(self, meeting_id: str | None = None) -> None:
        """Wait until no room (of the meeting) is due: wish and provider agree, as far as the service can tell."""
        self.waits_until(lambda: self.due_rooms(meeting_id) == 0, "no room is due")

    def rests(self) -> None:
        """Wait until nothing is to be done for any room, not even because a lost call may still take effect."""
        rooms = tables.rooms.c
        under_way = select(func.count()).where(or_(rooms.due_at.is_not(None), rooms.lease_until.is_not(None)))

        def are_at_rest() -> bool:
            # Again and again: whoever works on a room writes down what it knew before.
            self.lands_nothing_more()
            return not any(self._column(under_way))

        self.waits_until(are_at_rest, "nothing is to be done for any room")

    def lands_nothing_more(self) -> None:
        """Let the minutes have gone in which a call whose answer was lost may still take effect."""
        rooms = tables.rooms.c
        looked_for = update(tables.rooms).where(rooms.lookup_until > 0, rooms.due_at.is_not(None))
        engine = open_engine(self.ledger_url)
        try:
            with engine.begin() as connection:
                connection.execute(looked_for.values(lookup_until=0, due_at=0))
        finally:
            engine.dispose()

    def waits_for_state(
        self, meeting_id: str, *states: str, person: Person = people.ANNA, seconds: float = SECONDS
    ) -> Json:
        """Wait until the interface shows the meeting in one of `states`, and return it."""
        self.waits_until(
            lambda: self.meeting(meeting_id, person)["state"] in states,
            f"the meeting is {' or '.join(states)}",
            seconds,
        )
        return self.meeting(meeting_id, person)

    def waits_until(self, holds: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
        """Ask again and again until `holds()`; raises NeverHappened, which says `what`, after `seconds`."""
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                raise NeverHappened(f"not within {seconds:.0f} s: {what}; logs in {self.log}")
            time.sleep(PAUSE)

    def _column(self, query: Any) -> list[Any]:
        engine = open_engine(self.ledger_url)
        try:
            with engine.connect() as connection:
                return list(connection.execute(query).scalars())
        finally:
            engine.dispose()


def booking(person: Person = people.ANNA, **more: Any) -> Json:
    """Return the body of a usual booking: one patient, tomorrow at ten, half an hour; `more` replaces fields."""
    start = datetime.now(ZoneInfo(ZONE)).replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(
        days=1
    )
    return {
        "mailbox": person.address,
        "type": "care-meeting-patient",
        "variant": "one-patient",
        "unit": "psykiatri",
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=30)).isoformat(),
        "time_zone": ZONE,
        **more,
    }


def _call(method: str, url: str, *, timeout: float = SECONDS, **more: Any) -> requests.Response:
    # A session for each call: a connection that was kept from before a `kill -9` would only confuse.
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, timeout=timeout, allow_redirects=False, **more)


def _object(answer: requests.Response) -> Json:
    found = answer.json()
    assert isinstance(found, dict)
    return found


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _is_alive(process: psutil.Process) -> bool:
    # A child that outlived its parent for a moment may wait long for somebody to take note of its end. Its first thread
    # can have ended before the others, that wait for the disk: as long as one is left, files and ports are still open.
    try:
        return process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1
    except psutil.NoSuchProcess:
        return False


@contextmanager
def running_region(folder: Path, **options: Any) -> Iterator[Region]:
    """Yield a region that runs in `folder`; `options` as for `Region`. A failed test finds all it wrote there."""
    with Region(folder, **options) as region:
        yield region


@pytest.fixture(scope="session")
def _shared_region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    with running_region(tmp_path_factory.mktemp("region")) as region:
        yield region


@pytest.fixture
def region(_shared_region: Region) -> Iterator[Region]:
    """A region that this test process's tests share: faults are switched off after each, meetings stay."""
    yield _shared_region
    _shared_region.heal()


@pytest.fixture
def fresh_region(tmp_path: Path) -> Iterator[Region]:
    """A region of one test's own: it may be killed, restarted, and counted in."""
    with running_region(tmp_path / "region") as region:
        yield region
