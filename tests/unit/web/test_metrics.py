"""`/metrics` tells numbers about calendars, from the ledger, in a format that others read."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from addin.meetings.calendar_ledger_port import RightsLimit
from addin.meetings.errors import LedgerUnavailable
from addin.web.metrics import metrics_blueprint

COUNTS = {
    "watches": 3,
    "watches_with_push": 2,
    "mailboxes_frozen": 1,
    "items_followed": 7,
    "items_frozen": 1,
    "hints_waiting": 0,
    "links_coming": 1,
    "links_replaced": 5,
    "blocks_old": 2,
    "changes_found_by_sweep": 2,
    "unreadable_rooms": 6,
}


class CountingLedger:
    """A ledger that knows numbers, or nothing."""

    def __init__(self, counts: Mapping[str, int] | None, *, is_frozen: bool = False) -> None:
        self._counts = counts
        self._is_frozen = is_frozen

    def read(self, unit: Any) -> Any:
        if self._counts is None:
            raise LedgerUnavailable("away")
        return unit(self)

    def calendar_counts(self) -> Mapping[str, int] | None:
        return self._counts

    def rights(self) -> Mapping[str, RightsLimit]:
        return {"graph": RightsLimit.HELD, "ews": RightsLimit.TOO_WIDE}

    def frozen(self) -> bool:
        return self._is_frozen


MONITORING = (ip_network("10.1.0.0/16"), ip_network("::1"))
PROXIES = (ip_network("10.0.0.2"),)


def answer(
    counts: Mapping[str, int] | None,
    peer: str = "10.1.2.3",
    forwarded_for: str | None = None,
    *,
    is_frozen: bool = False,
) -> Any:
    app = Flask(__name__)
    ledger: Any = CountingLedger(counts, is_frozen=is_frozen)
    app.register_blueprint(metrics_blueprint(ledger, MONITORING, PROXIES))
    headers = {"X-Forwarded-For": forwarded_for} if forwarded_for else {}
    return app.test_client().get("/metrics", environ_base={"REMOTE_ADDR": peer}, headers=headers)


def test_every_number_of_the_ledger_is_told() -> None:
    told = {
        (sample.name, sample.labels.get("found_by")): sample.value
        for family in text_string_to_metric_families(answer(COUNTS).text)
        for sample in family.samples
        if family.name not in ("vardmote_calendar_rights", "vardmote_click_looks")
    }
    assert told == {
        ("vardmote_ledger_frozen", None): 0,
        ("vardmote_watches", None): 3,
        ("vardmote_watches_with_push", None): 2,
        ("vardmote_mailboxes_frozen", None): 1,
        ("vardmote_items_followed", None): 7,
        ("vardmote_items_frozen", None): 1,
        ("vardmote_hints_waiting", None): 0,
        ("vardmote_links_coming", None): 1,
        ("vardmote_links_replaced", None): 5,
        ("vardmote_blocks_old", None): 2,
        # No notification has ever come, and that is what somebody wants to be told.
        ("vardmote_calendar_changes_total", "push"): 0,
        ("vardmote_calendar_changes_total", "sweep"): 2,
        ("vardmote_calendar_changes_total", "click"): 0,
        ("vardmote_calendar_changes_total", "first_look"): 0,
        ("vardmote_rows_unreadable_total", None): 6,
    }


def test_a_restored_ledger_that_waits_for_its_rebuild_is_a_number_too() -> None:
    assert "vardmote_ledger_frozen 1.0" in answer(COUNTS, is_frozen=True).text.splitlines()


def test_of_each_calendar_one_thing_is_told_of_where_the_rights_end() -> None:
    samples = [
        sample
        for family in text_string_to_metric_families(answer(COUNTS).text)
        for sample in family.samples
        if family.name == "vardmote_calendar_rights"
    ]
    assert len(samples) == 6
    found = {(one.labels["calendar"], one.labels["found"]) for one in samples if one.value}
    assert found == {("graph", "held"), ("ews", "too_wide")}


def test_without_the_ledger_there_are_no_numbers() -> None:
    nothing = answer(None)
    assert (nothing.status_code, nothing.mimetype) == (503, "text/plain")
    assert "ledger" in nothing.text


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "status"),
    [
        ("::1", None, 200),
        ("10.0.0.2", "10.1.2.3", 200),
        ("10.0.0.2", "198.51.100.7", 404),
        ("10.0.0.2", "10.1.2.3, 198.51.100.7", 404),
        ("198.51.100.7", None, 404),
        ("198.51.100.7", "10.1.2.3", 404),
        # A proxy on a monitored machine that nobody has named hides who asks.
        ("::1", "198.51.100.7", 404),
        ("::1", "10.1.2.3", 404),
        ("", None, 404),
    ],
)
def test_only_the_named_networks_are_told(peer: str, forwarded_for: str | None, status: int) -> None:
    assert answer(COUNTS, peer, forwarded_for).status_code == status
