"""No patient data is stored or logged: marked data goes into every input, and then all that was written is searched.

Where staff's own data may stand is said in `docs/data.md`. A service that leaks on purpose, in each way that we could
think of, makes the same search find it.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.integration.canaries.feeding import Feeding
from tests.integration.canaries.leaky_service import LEAKS
from tests.integration.canaries.mailboxes import Mailboxes
from tests.integration.canaries.search import Finding, Place, files, search
from tests.integration.canaries.words import Canaries, forms
from tests.region import running_region

# Where each leak must be found: the beginning of the place's name.
FOUND_IN: Final = {
    "log filter": ["region.log"],
    "log field": ["region.log"],
    "log, encoded": ["region.log"],
    "log, hashed": ["region.log"],
    "database": ["ledger.db"],
    "error answer": ["answer "],
    "error's field name": ["answer "],
    "temporary file": ["temporary/"],
    # All that following calendars writes and tells, in one service.
    "item's subject": ["region.log", "ledger.db", "answer 200 to GET /metrics", "vardmote follow --explain"],
    "calendar's error": ["region.log"],
    "notification": ["region.log"],
}
# Leaks that share a service: each is told by a place in which none of the others is found.
TOGETHER: Final = (
    ("log field", "database", "error answer", "temporary file"),
    ("log, encoded", "error's field name"),
    ("log, hashed",),
    ("log filter",),
    ("item's subject",),
    ("calendar's error",),
    ("notification",),
)
# What lets a leak leak; bookings do for the others.
BY: Final[dict[str, Callable[[Mailboxes], object]]] = {
    "item's subject": Mailboxes.followed,
    # Several times: an answer that is given up waiting for, on a busy machine, is told by nobody.
    "calendar's error": lambda mailboxes: mailboxes.refusals(500, 503, 500),
    "notification": Mailboxes.notifications,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a region whose temporary files stand in it, too."""
    temporary = tmp_path / "region" / "temporary"
    temporary.mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(temporary))
    return tmp_path / "region"


@pytest.mark.timeout(600)  # about a thousand calls
def test_nothing_that_is_put_in_anywhere_is_written_anywhere(folder: Path) -> None:
    with running_region(folder) as region:
        fed = Feeding(region)
        Mailboxes(fed).everything()
        fed.everything()
        # Once while the service holds its files open, with the newest rows in the write-ahead log ...
        while_running = files(folder)
        region.stop()
    # ... and once when it has put everything in its place.
    places = [*while_running, *files(folder), *fed.answers]
    assert _looked_at(places) >= {
        "ledger.db",
        "ledger.db-wal",
        "ledger.db-shm",
        "ledger.db.mark",
        "region.log",
    }
    assert len(fed.answers) > 500, "hardly anything was refused, so hardly anything was tried"
    assert _told(search(places, fed.given)) == []


@pytest.mark.parametrize("leaks", TOGETHER, ids=" and ".join)
def test_a_service_that_leaks_is_found_out(folder: Path, leaks: tuple[str, ...]) -> None:
    places = [place for leak in leaks for place in FOUND_IN[leak]]
    with running_region(folder, command=lambda settings: _leaking(settings, leaks)) as region:
        fed = Feeding(region)
        if leaks[0] in BY:
            BY[leaks[0]](Mailboxes(fed))
        else:
            fed.bookings("name", "personal_number")

        def is_found_out() -> bool:
            findings = search([*files(folder), *fed.answers], fed.given)
            return all(any(one.place.startswith(there) for one in findings) for there in places)

        # What the service does in the background it may leak a moment after it was asked for.
        region.waits_until(is_found_out, f"it is found in {places}")


def test_every_leak_is_tried_and_none_beside_one_that_is_found_in_the_same_place() -> None:
    assert sorted(leak for leaks in TOGETHER for leak in leaks) == sorted(LEAKS)
    for leaks in TOGETHER:
        places = [place for leak in leaks for place in FOUND_IN[leak]]
        assert len(places) == len(set(places)), leaks


@pytest.mark.parametrize("kind", ["name", "personal_number", "telephone", "mail", "subject", "body"])
@pytest.mark.parametrize("around", [b" text ", b"\0\0\0", b"\n", b""], ids=repr)
def test_a_canary_is_found_in_each_form_whatever_stands_around_it(kind: str, around: bytes) -> None:
    canaries = Canaries.drawn()
    ways = forms(canaries.each()[kind])
    places = [Place(form, around + written + around) for form, (written, _) in ways.items()]
    assert {one.place for one in search(places, {"anywhere": canaries})} == set(ways)


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_a_canary_is_found_inside_what_is_written_in_base_64(before: str) -> None:
    canaries = Canaries.drawn()
    for text in canaries.each().values():
        coded = base64.b64encode(f"{before}{text} och mer".encode())
        assert search([Place("anywhere", coded)], {"anywhere": canaries}), text


def test_what_was_never_given_is_not_found(tmp_path: Path) -> None:
    given = Canaries.drawn()
    (tmp_path / "any.log").write_text(given.together(), encoding="utf-8")
    # Fiction has few telephone numbers: of one drawn blindly, one in eighty would be the same.
    sought = Canaries.drawn()
    while set(sought.each().values()) & set(given.each().values()):
        sought = Canaries.drawn()
    assert search(files(tmp_path), {"anywhere": sought}) == []


def _leaking(settings: Path, leaks: tuple[str, ...]) -> list[str]:
    program = "tests.integration.canaries.leaky_service"
    named = [word for leak in leaks for word in ("--leak", leak)]
    return [sys.executable, "-m", program, *named, "serve", "--settings", str(settings)]


def _looked_at(places: list[Place]) -> set[str]:
    return {place.name for place in places}


def _told(findings: list[Finding]) -> list[str]:
    return [
        f"{one.place}: {one.kind} given to {one.given_to}, {one.form}: {one.around!r}" for one in findings
    ]
