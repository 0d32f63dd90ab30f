"""`/metrics`: how things stand with calendars and ledger, as numbers in Prometheus' text format; never whose they are.

Counted in the ledger and not in this process, so that every process of an installation answers the same. Only those
are answered whom the settings name, since guests reach the same processes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from addin.meetings.calendar_ledger_port import RightsLimit
from addin.meetings.errors import LedgerError
from addin.meetings.ledger_port import Ledger, Reading
from addin.web.visitors import Network, is_within

_FOUND_BY: Final = "changes_found_by_"
_CLICK_LOOKS: Final = "click_looks_"
_UNREADABLE: Final = "unreadable_"
# Told from the beginning, since what is compared with a series that is not there yet is nothing, and alarms nobody: a
# notification that has never come is what is looked for.
_WAYS_FOUND: Final = ("push", "sweep", "click", "first_look")
_OUTCOMES: Final = ("seen", "no_consent", "sign_in_needed", "denied", "unreachable")
_GAUGES: Final = {
    "watches": "Mailboxes in which meetings are followed.",
    "watches_with_push": "Those of them whose calendar tells of changes, or is asked for them.",
    "mailboxes_frozen": "Those of them that cannot be read.",
    "items_followed": "Calendar items that are looked at now and then.",
    "items_frozen": "Those of them that cannot be read.",
    "hints_waiting": "Notifications that nobody has taken up yet.",
    "links_coming": "Meetings that get another link with their next occurrence.",
    "links_replaced": "Links that were replaced and still say so.",
    "blocks_old": "Calendar items in which a replaced link still stands.",
}


@dataclass(frozen=True, slots=True)
class _Stand:
    """How things stand at one moment; `is_frozen`: the ledger was restored and not rebuilt."""

    counts: Mapping[str, int]
    rights: Mapping[str, RightsLimit]
    is_frozen: bool


class _Calendars(Collector):
    """The numbers of one moment."""

    def __init__(self, stand: _Stand) -> None:
        self._counts = stand.counts
        self._rights = stand.rights
        self._is_frozen = stand.is_frozen

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "vardmote_ledger_frozen",
            "1 after a restore, until vardmote rebuild has run: nothing is removed and no calendar is followed.",
            value=self._is_frozen,
        )
        for name, what in _GAUGES.items():
            yield GaugeMetricFamily(f"vardmote_{name}", what, value=self._counts[name])
        yield self._counter(
            "vardmote_calendar_changes",
            "Changes in calendars by what found them; sweep: no notification had told of it.",
            "found_by",
            _FOUND_BY,
            _WAYS_FOUND,
        )
        yield self._counter(
            "vardmote_click_looks",
            "Looks at an item with the rights of the clinician who clicked, by what they came to.",
            "outcome",
            _CLICK_LOOKS,
            _OUTCOMES,
        )
        yield self._counter(
            "vardmote_rows_unreadable",
            "Times that a row could not be read, since what is sealed in it does not open, by table.",
            "kind",
            _UNREADABLE,
        )
        yield self._limits()

    def _limits(self) -> Metric:
        told = GaugeMetricFamily(
            "vardmote_calendar_rights",
            "Where our rights to a calendar system end: 1 for what was found last.",
            labels=["calendar", "found"],
        )
        for calendar, found in sorted(self._rights.items()):
            for limit in RightsLimit:
                told.add_metric([calendar, limit.value], limit is found)
        return told

    def _counter(
        self, name: str, what: str, label: str, prefix: str, from_the_beginning: Sequence[str] = ()
    ) -> Metric:
        told = CounterMetricFamily(name, what, labels=[label])
        numbers = dict.fromkeys(from_the_beginning, 0) | {
            counted.removeprefix(prefix): number
            for counted, number in self._counts.items()
            if counted.startswith(prefix)
        }
        for counted, number in numbers.items():
            told.add_metric([counted], number)
        return told


def _stand(reading: Reading) -> _Stand:
    return _Stand(reading.calendar_counts(), reading.rights(), reading.frozen())


def metrics_blueprint(
    ledger: Ledger, readers: Sequence[Network], trusted_proxies: Sequence[Network]
) -> Blueprint:
    """Return `/metrics` (404 for whoever is in none of the readers' networks, 503 while the ledger does not answer)."""
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def metrics() -> Response:
        forwarded = request.headers.get("X-Forwarded-For")
        if not is_within(readers, request.remote_addr, forwarded, trusted_proxies):
            abort(404)
        try:
            stand = ledger.read(_stand)
        except LedgerError:
            return Response(
                "The ledger does not answer, so there are no numbers.\n", 503, mimetype="text/plain"
            )
        registry = CollectorRegistry()
        registry.register(_Calendars(stand))
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return routes
