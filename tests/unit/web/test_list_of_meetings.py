"""The list of meetings when one of them cannot be read: the others are in it, and that one is named with its code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from flask import Flask

from addin.meetings.errors import LedgerUnavailable, SealBroken
from addin.meetings.model import Principal, UnreadableMeeting
from addin.web.staff.api.edge import guard, make_api
from addin.web.staff.api.meetings import MeetingUseCases, meetings_blueprint

WHO = Principal("tenant", "anna")
START = datetime(2027, 3, 1, 9, tzinfo=UTC)
FIRST, SECOND = (UnreadableMeeting(f"{number:032x}", START) for number in (1, 2))


class HalfReadableLedger:
    """A ledger with meetings that do not open; `away` once something is to be written."""

    def __init__(self, *, away: bool = False) -> None:
        self.away = away
        self.counted: list[tuple[str, int]] = []

    def read(self, unit: Callable[[Any], Any]) -> Any:
        return unit(self)

    def write(self, unit: Callable[[Any], Any]) -> Any:
        if self.away:
            raise LedgerUnavailable("locked")
        return unit(self)

    def meetings_of(self, who: Principal, *, limit: int, **_: object) -> Sequence[UnreadableMeeting]:
        assert who == WHO
        return (FIRST, SECOND)[:limit]

    def meeting(self, _meeting_id: str) -> None:
        raise SealBroken("a sealed row does not open")

    def count_unreadable(self, kind: str, times: int) -> None:
        self.counted.append((kind, times))


class Verifier:
    """Knows everybody as the same clinician."""

    def principal(self, _header: str | None) -> Principal:
        return WHO


def answer(ledger: HalfReadableLedger, path: str) -> Any:
    unused = {field.name: None for field in fields(MeetingUseCases)}
    use = MeetingUseCases(**{**unused, "ledger": ledger})  # type: ignore[arg-type]
    app = Flask(__name__)
    make_api(app).register_blueprint(guard(meetings_blueprint(use), Verifier()))  # type: ignore[arg-type]
    return app.test_client().get(f"/api/v1/meetings{path}")


def test_it_is_named_in_its_page_and_counted() -> None:
    ledger = HalfReadableLedger()
    page = answer(ledger, "?page_size=1")
    assert (page.status_code, page.json["meetings"]) == (200, [])
    (unreadable,) = page.json["unreadable"]
    assert (unreadable["id"], unreadable["code"]) == (FIRST.id, "meeting-unreadable")
    assert datetime.fromisoformat(unreadable["start"]) == START
    # Pages go on behind it.
    assert page.json["next"].endswith(FIRST.id)
    assert ledger.counted == [("meetings", 1)]


def test_the_page_is_answered_also_when_it_cannot_be_counted() -> None:
    page = answer(HalfReadableLedger(away=True), "")
    assert [one["id"] for one in page.json["unreadable"]] == [FIRST.id, SECOND.id]


def test_asked_for_alone_it_fails_with_the_same_code() -> None:
    failed = answer(HalfReadableLedger(), f"/{FIRST.id}")
    assert (failed.status_code, failed.json["code"], failed.json["retryable"]) == (
        500,
        "meeting-unreadable",
        False,
    )
