"""What booking and listing cost when the ledger has grown: the same requests on a small and on a large ledger."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Connection, insert

from addin.meetings.codes import new_alias, new_code
from addin.meetings.keyring import Keyring
from addin.meetings.model import Meeting, MeetingState, Room, Wanted, Window
from addin.store import tables
from addin.store.ledger import open_engine
from addin.store.rows import meeting_row, room_row, to_time
from bench.loader import Job, Result
from bench.ours import MAILBOX, OBJECT_ID, TENANT, Installation, Issuer, booking
from bench.processes import SQLITE, Running, load, stub

SMALL: Final = 1_000
LARGE: Final = 200_000
MINE: Final = 50  # meetings of the person who lists, on one day, in either ledger
PER_MAILBOX: Final = 50
GROUP: Final = 2_000


@dataclass(frozen=True)
class Plan:
    """How long a run is; `seconds` of each turn, `large` and `small` in meetings, `settle_seconds` as in `book`."""

    pairs: int = 5
    seconds: float = 3.0
    small: int = SMALL
    large: int = LARGE
    settle_seconds: float = 1.5


def growth(plan: Plan, folder: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    """Measure both ledgers turn by turn; each ratio is large to small, the median over the pairs."""
    issuer = Issuer.create(folder)
    with ExitStack() as stack:
        sides = []
        for size in (plan.small, plan.large):
            tell(f"a ledger of {size} meetings")
            sides.append(stack.enter_context(_grown(folder / str(size), size, issuer)))
        tell("booking and listing")
        booked = _pairs(plan, sides, lambda side: booking(side.port, issuer.token, plan.seconds))
        listed = _pairs(plan, sides, lambda side: _listing(side.port, issuer.token, plan.seconds))
    return {
        "book_ratio": _ratio(booked),
        "list_ratio": _ratio(listed),
        "errors": sum(result.errors for pair in [*booked, *listed] for result in pair),
        "pairs": plan.pairs,
        "medians": {
            name: {
                "small_p50": round(median(small.p50 for small, _ in pairs), 2),
                "large_p50": round(median(large.p50 for _, large in pairs), 2),
            }
            for name, pairs in (("book", booked), ("list", listed))
        },
    }


@contextmanager
def _grown(folder: Path, meetings: int, issuer: Issuer) -> Iterator[Running]:
    with stub(0, issuer.keys) as provider:
        ledger = f"sqlite:///{folder / 'ledger.db'}"
        installation = Installation.create(folder, provider.address, ledger, SQLITE)
        keyring = Keyring({"k1": bytes.fromhex(installation.secrets["BENCH_KEY"])}, "k1")
        fill(ledger, keyring, meetings)
        with installation.serve() as running:
            yield running


def _pairs(
    plan: Plan, sides: Sequence[Running], job: Callable[[Running], Job]
) -> list[tuple[Result, Result]]:
    for side in sides:
        _turn(plan, side, job)
    found = []
    for number in range(plan.pairs):
        order = sides if number % 2 == 0 else sides[::-1]
        results = {side.port: _turn(plan, side, job) for side in order}
        small, large = sides
        found.append((results[small.port], results[large.port]))
    return found


def _turn(plan: Plan, side: Running, job: Callable[[Running], Job]) -> Result:
    result = load(job(side))
    side.wait_until_quiet(plan.settle_seconds)
    return result


def _ratio(pairs: list[tuple[Result, Result]]) -> float:
    return round(median(large.p50 / small.p50 for small, large in pairs), 3)


def _listing(port: int, token: str, seconds: float) -> Job:
    day = _my_day()
    query = urlencode(
        {"from": day.isoformat(), "to": (day + timedelta(days=1)).isoformat(), "page_size": MINE}
    )
    return Job(
        port=port,
        method="GET",
        path=f"/api/v1/meetings?{query}",
        headers={"Authorization": f"Bearer {token}"},
        body="",
        expected=200,
        seconds=seconds,
        keyed=False,
    )


def _my_day() -> datetime:
    """Return the day on which the listed meetings are, which is not the one that the bench books on."""
    return datetime.combine(datetime.now(UTC).date() + timedelta(days=60), time(), UTC)


# --- A ledger as it looks after years -----------------------------------------------------------------------


def fill(ledger: str, keyring: Keyring, meetings: int) -> None:
    """Write that many live meetings with their rooms, audit and idempotency keys, straight into the tables."""
    engine = open_engine(ledger)
    rows = iter(_meetings(meetings))
    while group := list(islice(rows, GROUP)):
        with engine.begin() as connection:
            _write(connection, keyring, group)
    engine.dispose()


def _meetings(count: int) -> Iterator[Meeting]:
    now = datetime.now(UTC).replace(microsecond=0)
    for number in range(count):
        if number < MINE:
            yield _meeting(MAILBOX, OBJECT_ID, _my_day() + timedelta(minutes=15 * number), now)
            continue
        owner = number // PER_MAILBOX
        start = now + timedelta(days=1 + number % 170, hours=number % 9)
        yield _meeting(f"owner{owner}@region.example", _object_id(owner), start, now)


def _object_id(owner: int) -> str:
    return f"00000000-0000-4000-8000-{owner:012x}"


def _meeting(mailbox: str, actor: str, start: datetime, now: datetime) -> Meeting:
    return Meeting(
        id=secrets.token_hex(16),
        tenant=TENANT,
        actor=actor,
        mailbox=mailbox,
        on_behalf_of=None,
        hosts=(),
        type="care-meeting-patient",
        variant="one-patient",
        unit="psykiatri",
        window=Window(start, start + timedelta(hours=1), "Europe/Stockholm"),
        previous=None,
        revision=1,
        state=MeetingState.LIVE,
        attention=None,
        unbound=False,
        join_code=new_code(),
        start_code=new_code(),
        created_at=now,
    )


def _room(meeting: Meeting) -> Room:
    room = secrets.token_hex(16)
    return Room(
        id=room,
        meeting_id=meeting.id,
        provider="pexip",
        generation=1,
        name=f"svm-bench-{room}",
        alias=new_alias(),
        key_id="k1",
        wanted=Wanted.PRESENT,
        wanted_revision=1,
        reference="1",
        applied_revision=1,
        made_at=meeting.created_at,
        verified_at=meeting.created_at,
    )


def _write(connection: Connection, keyring: Keyring, meetings: list[Meeting]) -> None:
    kept = timedelta(days=30)
    connection.execute(
        insert(tables.meetings),
        [
            meeting_row(meeting, keyring)
            | {"item_hash": None, "purge_at": to_time(meeting.window.end + kept)}
            for meeting in meetings
        ],
    )
    settled = {"due_at": None, "lease_number": 1, "lease_until": None}
    rooms = [room_row(_room(meeting), keyring) | settled for meeting in meetings]
    connection.execute(insert(tables.rooms), rooms)
    connection.execute(insert(tables.audit), [_audit(meeting) for meeting in meetings])
    connection.execute(insert(tables.idempotency), [_key(meeting) for meeting in meetings])


def _audit(meeting: Meeting) -> dict[str, Any]:
    return {
        "at": to_time(meeting.created_at),
        "tenant": meeting.tenant,
        "actor": meeting.actor,
        "action": "booked",
        "meeting_id": meeting.id,
        "reason": None,
    }


def _key(meeting: Meeting) -> dict[str, Any]:
    return {
        "key": secrets.token_bytes(32),
        "fingerprint": secrets.token_bytes(32),
        "meeting_id": meeting.id,
        "created_at": to_time(meeting.created_at),
    }
