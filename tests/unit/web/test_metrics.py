"""`/metrics` tells numbers about calendars, from the ledger, in a format that others read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

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
    "changes_found_by_push": 40,
    "changes_found_by_sweep": 2,
}


class CountingLedger:
    """A ledger that knows numbers, or nothing."""

    def __init__(self, counts: Mapping[str, int] | None) -> None:
        self._counts = counts

    def read(self, unit: Any) -> Any:
        if self._counts is None:
            raise LedgerUnavailable("away")
        return unit(self)

    def calendar_counts(self) -> Mapping[str, int] | None:
        return self._counts


def answer(counts: Mapping[str, int] | None) -> Any:
    app = Flask(__name__)
    app.register_blueprint(metrics_blueprint(CountingLedger(counts)))  # type: ignore[arg-type]
    return app.test_client().get("/metrics")


def test_every_number_of_the_ledger_is_told() -> None:
    told = {
        (sample.name, sample.labels.get("found_by")): sample.value
        for family in text_string_to_metric_families(answer(COUNTS).text)
        for sample in family.samples
    }
    assert told == {
        ("vardmote_watches", None): 3,
        ("vardmote_watches_with_push", None): 2,
        ("vardmote_mailboxes_frozen", None): 1,
        ("vardmote_items_followed", None): 7,
        ("vardmote_items_frozen", None): 1,
        ("vardmote_hints_waiting", None): 0,
        ("vardmote_links_coming", None): 1,
        ("vardmote_links_replaced", None): 5,
        ("vardmote_blocks_old", None): 2,
        ("vardmote_calendar_changes_total", "push"): 40,
        ("vardmote_calendar_changes_total", "sweep"): 2,
    }


def test_without_the_ledger_there_are_no_numbers() -> None:
    assert answer(None).status_code == 503
