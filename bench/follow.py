"""Following calendars under load: notifications acknowledged in time, and a dragged item on the join page soon.

The service runs as in a region, with two processes on PostgreSQL, each commit of which takes 50 ms longer; beside it
the simulated region, whose Exchange notifies of everything three times and in random order. A loader sends what a whole
organisation's calendars would add: notifications of items that are none of ours, with the right secrets.

Then every notification is lost, and only sweeps can find what was dragged. Their period is the setting
`calendars.sweep_minutes`, here as short as it may be: what is measured is that a change is on the page *within the
period*, whatever the period, so the delay is told as a part of it.
"""

from __future__ import annotations

import json
import math
import random
import re
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import requests

from addin.sandbox import people
from addin.sandbox.exchange.graph.subscriptions import KIND
from addin.sandbox.people import Person
from addin.sandbox.shelf import Shelf
from addin.trial import (
    Ports,
    end_group,
    prepare,
    region_command,
    service_command,
    spawn,
    wait_until_ready,
    write_settings,
)
from addin.trial_job import PROPERTY
from bench.loader import Job, Result
from bench.processes import POSTGRESQL, free_port, load, postgresql

COMMIT_MS: Final = 50.0
TIMES: Final = 3  # how often the region tells of each change
ZONE: Final = "Europe/Stockholm"
ROOMS: Final = "/api/admin/configuration/"
SECONDS: Final = 20.0
LOOK_SECONDS: Final = 0.1
# The shortest period that the settings take; with the usual quarter of an hour nobody would wait for this bench.
SWEEP_SECONDS: Final = 30.0
# To a hundredth of the period; each look costs the service a page.
SWEEP_LOOK_SECONDS: Final = SWEEP_SECONDS / 100
PEOPLE: Final = (people.ANNA, people.BO, people.DAVID)


@dataclass(frozen=True)
class Plan:
    """How much is done: `rate` notifications a second for `seconds`, `meetings` of which one is dragged at a time.

    `swept` meetings of tomorrow are dragged within one period of the sweep while nothing is told.
    """

    seconds: float = 60.0
    rate: float = 200.0
    meetings: int = 30
    pause: float = 0.5
    swept: int = 12


def follow(plan: Plan, folder: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    """Run the whole plan. Times of acknowledgements in milliseconds, of pages in seconds."""
    with ExitStack() as stack:
        ledgers = stack.enter_context(postgresql(folder / "postgresql"))
        ledger = stack.enter_context(_slow_commits(ledgers["ours"]))
        region = stack.enter_context(_region(folder / "region", ledger))
        tell(f"{plan.meetings} meetings, each in an item of its own")
        meetings = [
            region.books(PEOPLE[number % len(PEOPLE)], _next_week(number)) for number in range(plan.meetings)
        ]
        near = [region.books(PEOPLE[number % len(PEOPLE)], _soon(number)) for number in range(plan.swept)]
        region.waits_until(lambda: all(map(region.is_settled, [*meetings, *near])), "every item is bound")
        followed = {meeting.person for meeting in [*meetings, *near]}
        # An item can be found before its mailbox is subscribed to.
        region.waits_until(lambda: region.subscribed() >= followed, "every mailbox is subscribed to")
        region.notifies_badly()
        region.forgets_requests()
        tell(f"{plan.rate:g} notifications a second for {plan.seconds:g} s, and an item dragged now and then")
        drags = _Drags(region, meetings, plan.pause)
        with drags:
            result = load(_notifications(region, plan))
        region.waits_until(region.has_notified, "all is told")
        tell(f"{plan.swept} items dragged within {SWEEP_SECONDS:g} s, and every notification lost")
        region.notifies_nothing()
        swept = _swept(region, near)
        excess = region.mutations()
    return _report(plan, result, drags, swept, excess)


def _report(plan: Plan, result: Result, drags: _Drags, swept: Sequence[float], excess: int) -> dict[str, Any]:
    taken = sorted(drags.taken)
    return {
        "ack_p99_ms": round(result.p99, 1),
        "ack_max_ms": round(result.highest, 1),
        "ack_p50_ms": round(result.p50, 1),
        "ack_errors": result.errors,
        "notifications": result.done,
        "push_to_page_p95_s": round(taken[math.ceil(0.95 * len(taken)) - 1], 2) if taken else math.inf,
        "push_to_page_p50_s": round(taken[math.ceil(0.5 * len(taken)) - 1], 2) if taken else math.inf,
        "drags": len(taken),
        "drags_never_seen": drags.never_seen,
        # Of the period: 1 is a change that a sweep found as late as it may.
        "sweep_to_page_max_ratio": round(max(swept, default=math.inf) / SWEEP_SECONDS, 3),
        "sweep_to_page_p50_s": round(sorted(swept)[len(swept) // 2], 2) if swept else math.inf,
        "sweep_to_page_max_s": round(max(swept, default=math.inf), 2),
        "sweep_period_s": SWEEP_SECONDS,
        "swept_drags": sum(map(math.isfinite, swept)),
        # A reschedule asks nothing of Pexip, whose rooms have no time, so that every change there is one too many.
        "provider_calls_excess": excess,
        "told_times": TIMES,
        "commit_ms": COMMIT_MS,
        "rate": plan.rate,
    }


# --- the parts ----------------------------------------------------------------------------------------------


@contextmanager
def _slow_commits(ledger: str) -> Iterator[str]:
    """Put the proxy before the server; yields the address of the same database by way of it."""
    parts = urlsplit(ledger)
    socket = parse_qs(parts.query)["host"][0]
    command = [sys.executable, "-m", "bench.slow_commits", "--delay-ms", str(COMMIT_MS)]
    command += ["--target", f"{socket}/.s.PGSQL.5432"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["port"]
        try:
            yield urlunsplit((parts.scheme, f"{parts.username}@127.0.0.1:{port}", parts.path, "", ""))
        finally:
            process.terminate()


@contextmanager
def _region(folder: Path, ledger: str) -> Iterator[_Region]:
    folder.mkdir(parents=True)
    ports = Ports(free_port(), free_port())
    settings = write_settings(folder, ports)
    text = settings.read_text(encoding="utf-8").replace('url = "sqlite:///ledger.db"', f'url = "{ledger}"')
    size = f"[server]\nprocesses = {POSTGRESQL.processes}\nthreads = {POSTGRESQL.threads}"
    sweep = f"[calendars]\nsweep_minutes = {SWEEP_SECONDS / 60}"
    text = text.replace("[server]", size, 1).replace("[calendars]", sweep, 1)
    settings.write_text(text, encoding="utf-8")
    prepare(settings, folder, ports)
    log = folder / "region.log"
    started = [spawn(region_command(folder, ports), log)]
    try:
        wait_until_ready(started[0], f"{ports.window_url}/window/config.json", log)
        started.append(spawn(service_command(settings), log))
        wait_until_ready(started[1], f"{ports.service_url}/readyz", log)
        yield _Region(ports, folder / "region.db")
    finally:
        for process in started:
            end_group(process.pid)
            process.wait(SECONDS)


@dataclass
class _Meeting:
    """A meeting with its item; `start` is aware."""

    person: Person
    id: str
    join_url: str
    item: str
    start: datetime


@dataclass
class _Region:
    """The service and the simulated region, and what a person and a bench do with them."""

    ports: Ports
    state: Path
    _http: requests.Session = field(default_factory=requests.Session)
    _tokens: dict[tuple[str, str | None], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._http.trust_env = False

    def books(self, person: Person, start: datetime) -> _Meeting:
        """Book a meeting and save an item that holds it, as the pane and Outlook do."""
        wish = {
            "mailbox": person.address,
            "type": "care-meeting-patient",
            "variant": "one-patient",
            "unit": "psykiatri",
            "start": start.isoformat(),
            "end": (start + timedelta(minutes=30)).isoformat(),
            "time_zone": ZONE,
        }
        key = {"Idempotency-Key": secrets.token_hex(16)}
        meeting = self._api("POST", "/meetings", person, json=wish, headers=key)
        item = self._graph("POST", "/me/events", person, json=self._event(meeting, start))
        return _Meeting(person, meeting["id"], meeting["join_url"], item["id"], start)

    def _event(self, meeting: dict[str, Any], start: datetime) -> dict[str, Any]:
        kept = json.dumps({"meeting": meeting["id"]})
        return {
            "subject": meeting["neutral_subject"],
            **self._times(start),
            "singleValueExtendedProperties": [{"id": PROPERTY, "value": kept}],
        }

    def _times(self, start: datetime) -> dict[str, Any]:
        return {
            name: {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%S}", "timeZone": ZONE}
            for name, moment in (("start", start), ("end", start + timedelta(minutes=30)))
        }

    def is_settled(self, meeting: _Meeting) -> bool:
        """Whether the service has found the item, and has made the room."""
        now = self._api("GET", f"/meetings/{meeting.id}", meeting.person)
        return not now["unbound"] and now["state"] == "live"

    def drags(self, meeting: _Meeting, start: datetime) -> None:
        """Move the item as Outlook does."""
        self._graph("PATCH", f"/me/events/{meeting.item}", meeting.person, json=self._times(start))
        meeting.start = start

    def tells_time(self, meeting: _Meeting) -> bool:
        """Whether the join page says when the item is now."""
        page = self._ask("GET", meeting.join_url).text
        new = re.search(r"Ny tid: [^.<]*?(\d+) \w+ \d+ kl\.\s(?:<[^>]+>)?(\d\d\.\d\d)", page)
        return bool(new and (int(new[1]), new[2]) == (meeting.start.day, f"{meeting.start:%H.%M}"))

    def notifies_badly(self) -> None:
        """Have the region tell of each change three times, in any order."""
        wish = {"notify_times": TIMES, "notify_shuffled": True}
        self._ask("POST", f"{self.ports.window_url}/sandbox/exchange/settings", json=wish)

    def notifies_nothing(self) -> None:
        """Have every notification lost, as when nobody can reach us from outside."""
        wish = {"notify_lost_percent": 100}
        self._ask("POST", f"{self.ports.window_url}/sandbox/exchange/settings", json=wish)

    def has_notified(self) -> bool:
        """Whether the region has nothing more to tell."""
        told = self._ask("GET", f"{self.ports.window_url}/sandbox/exchange/notifications", params={"wait": 5})
        return bool(told.json()["settled"])

    def subscribed(self) -> set[Person]:
        """Return those whose mailboxes are subscribed to."""
        mailboxes = {one["mailbox"] for one in self._subscriptions()}
        return {person for person in PEOPLE if person.object_id in mailboxes}

    def secrets(self) -> list[tuple[str, str]]:
        """Return (subscription, secret) of every subscription."""
        return [(one["subscription_id"], one["secret"]) for one in self._subscriptions()]

    def _subscriptions(self) -> list[dict[str, Any]]:
        """Return all that only Graph knows of them: read where it keeps them."""
        return list(Shelf(self.state).documents(KIND).values())

    def forgets_requests(self) -> None:
        """Empty the region's journal."""
        self._ask("DELETE", f"{self.ports.window_url}/sandbox/log")

    def mutations(self) -> int:
        """Return how many changes the provider was asked for since the journal was emptied."""
        found = self._ask("GET", f"{self.ports.window_url}/sandbox/log", params={"path_prefix": ROOMS}).json()
        return sum(one["method"] != "GET" for one in found["requests"])

    def waits_until(self, holds: Callable[[], bool], what: str) -> None:
        """Return when it holds; raises TimeoutError."""
        until = time.monotonic() + 3 * SECONDS
        while not holds():
            if time.monotonic() > until:
                raise TimeoutError(f"never: {what}")
            time.sleep(LOOK_SECONDS)

    def _api(self, method: str, path: str, person: Person, **more: Any) -> dict[str, Any]:
        return self._as(person, None, method, f"{self.ports.service_url}/api/v1{path}", **more)

    def _graph(self, method: str, path: str, person: Person, **more: Any) -> dict[str, Any]:
        return self._as(person, people.GRAPH_AUDIENCE, method, f"{self.ports.window_url}/v1.0{path}", **more)

    def _as(self, person: Person, audience: str | None, method: str, url: str, **more: Any) -> dict[str, Any]:
        headers = {**more.pop("headers", {}), "Authorization": f"Bearer {self._token(person, audience)}"}
        found: dict[str, Any] = self._ask(method, url, headers=headers, **more).json()
        return found

    def _token(self, person: Person, audience: str | None) -> str:
        key = (person.object_id, audience)
        if key not in self._tokens:
            wish = {"object_id": person.object_id} | ({"audience": audience} if audience else {})
            answer = self._ask("POST", f"{self.ports.window_url}/sandbox/token", json=wish)
            self._tokens[key] = str(answer.json()["access_token"])
        return self._tokens[key]

    def _ask(self, method: str, url: str, **more: Any) -> requests.Response:
        answer = self._http.request(method, url, timeout=SECONDS, **more)
        answer.raise_for_status()
        return answer


class _Drags:
    """Somebody who drags one item after the other, and looks at its join page until it tells the new time."""

    def __init__(self, region: _Region, meetings: Sequence[_Meeting], pause: float) -> None:
        self._region, self._meetings, self._pause = region, meetings, pause
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._drag_on)
        self.taken: list[float] = []
        self.never_seen = 0

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _drag_on(self) -> None:
        turn = 0
        while not self._ended.is_set():
            meeting = self._meetings[turn % len(self._meetings)]
            turn += 1
            began = time.monotonic()
            # Every time is another one, so that a page that tells an older one is not taken for the new.
            self._region.drags(meeting, meeting.start + timedelta(minutes=5))
            try:
                self._region.waits_until(partial(self._region.tells_time, meeting), "the page tells it")
                self.taken.append(time.monotonic() - began)
            except TimeoutError:
                self.never_seen += 1
            self._ended.wait(self._pause)


def _swept(region: _Region, meetings: Sequence[_Meeting]) -> list[float]:
    """Drag each item at a moment of its own within one period, and return how long its page took to tell, in seconds.

    Infinite for one that was not told within two periods.
    """
    began = time.monotonic()
    at = {number: began + random.uniform(0, SWEEP_SECONDS) for number in range(len(meetings))}
    taken: dict[int, float] = {}
    dragged: dict[int, float] = {}
    while len(taken) < len(meetings):
        for number, meeting in enumerate(meetings):
            now = time.monotonic()
            if number not in dragged and now >= at[number]:
                region.drags(meeting, meeting.start + timedelta(minutes=5))
                dragged[number] = time.monotonic()
            elif number in dragged and number not in taken:
                if region.tells_time(meeting):
                    taken[number] = time.monotonic() - dragged[number]
                elif now > dragged[number] + 2 * SWEEP_SECONDS:
                    taken[number] = math.inf
        time.sleep(SWEEP_LOOK_SECONDS)
    return list(taken.values())


def _next_week(number: int) -> datetime:
    day = datetime.now(ZoneInfo(ZONE)).replace(hour=8, minute=0, second=0, microsecond=0)
    return day + timedelta(days=7 + number // 8, hours=number % 8)


def _soon(number: int) -> datetime:
    """Return a start within the day for which the short period counts, and after the last look before a start."""
    hour = datetime.now(ZoneInfo(ZONE)).replace(minute=0, second=0, microsecond=0)
    return hour + timedelta(hours=2 + number % 20)


def _notifications(region: _Region, plan: Plan) -> Job:
    """Return the job of notifying: each about another item, that is none of ours, in a followed mailbox."""
    known = region.secrets()
    count = int(plan.rate * plan.seconds)
    return Job(
        port=region.ports.service,
        method="POST",
        path="/hooks/graph/notifications",
        headers={},
        body="",
        expected=202,
        seconds=plan.seconds,
        rate=plan.rate,
        keyed=False,
        bodies=[_notification(*random.choice(known), number) for number in range(count)],
    )


def _notification(subscription: str, secret: str, number: int) -> str:
    item, user = f"AAkALg{number:040d}", "0" * 8
    about = f"Users/{user}/Events/{item}"
    told = {
        "id": f"{number:032d}",
        "subscriptionId": subscription,
        "subscriptionExpirationDateTime": "2027-01-01T00:00:00Z",
        "clientState": secret,
        "changeType": "updated",
        "resource": about,
        "tenantId": people.TENANT,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": about,
            "@odata.etag": f'W/"{number:020d}"',
            "id": item,
        },
    }
    return json.dumps({"value": [told]})
