"""Exchange on premises at test: the EWS adapter, and Anna at her Outlook: the store of the simulated server."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from addin.sandbox import people
from addin.sandbox.exchange import items
from addin.sandbox.exchange.items import Attendee, Body, Item, PropertyId, Recurrence, Weekday
from calendar_sync import marks
from calendar_sync.ews import EwsCalendar, EwsSettings
from tests.contract.calendars.stands import CANARIES, INSTANCE, STOCKHOLM, Wish
from tests.contract.ews.on_premises import OnPremises

ADD_IN: Final = "0c1f7a3e-0000-4000-8000-000000000001"
OWN_MARK: Final = PropertyId("String", marks.OWN_SET, marks.OWN_NAME)
# As Outlook on Windows names the zones that the suite uses.
ZONES: Final = {"Europe/Stockholm": "W. Europe Standard Time", "Europe/Helsinki": "FLE Standard Time"}
DAYS: Final[dict[str, Weekday]] = {"MO": "monday", "TU": "tuesday", "WE": "wednesday", "TH": "thursday"}


def settings(exchange: OnPremises, **changes: Any) -> EwsSettings:
    """Return settings of an installation that follows calendars in the simulated Exchange."""
    told: dict[str, Any] = {
        "url": exchange.url,
        "username": people.EWS_USER,
        "password": people.EWS_PASSWORD,
        "instance": INSTANCE,
        "add_in_id": ADD_IN,
        "writes": True,
        "auth": "basic",
    }
    return EwsSettings(**{**told, **changes})


class EwsStand:
    """Anna's mailbox."""

    has_bin = True

    def __init__(self, exchange: OnPremises) -> None:
        self.exchange = exchange
        self._store, self._anna = exchange.store, exchange.mailbox()
        self._calendar = EwsCalendar(settings(exchange))
        self.mailbox = people.ANNA.address
        self._deleted: dict[str, Item] = {}

    @property
    def calendar(self) -> EwsCalendar:
        """The adapter at test."""
        return self._calendar

    def books(self, wish: Wish) -> str:
        zone = ZONES[wish.zone]
        start, end = (_utc(wall, wish.zone) for wall in (wish.start, wish.start + wish.length))
        fields: dict[str, Any] = {
            "subject": CANARIES[0],
            "location": CANARIES[2],
            "body": Body("html", wish.body or f"<p>{CANARIES[3]}</p>"),
            "start": start,
            "end": end,
            "start_zone": zone,
            "end_zone": zone,
            "is_all_day": wish.all_day,
        }
        if wish.has_attendees:
            fields["attendees"] = (Attendee(CANARIES[1], CANARIES[1]),)
        if wish.rule:
            fields["recurrence"] = _recurrence(wish.rule, wish.start.date(), zone)
        properties = {} if wish.tag is None else {OWN_MARK: str(wish.tag)}
        return self._store.create(self._anna, items.Wish(fields, properties)).item_id

    def moves_to(self, item_id: str, start: datetime) -> None:
        self._retimes(self._store.find(self._anna, item_id), start)

    def resizes_to(self, item_id: str, length: timedelta) -> None:
        start = self._store.find(self._anna, item_id).start
        self._store.change(self._anna, item_id, items.Wish({"end": start + length}))

    def repeats(self, item_id: str, rule: str) -> None:
        first = self._store.find(self._anna, item_id).start.astimezone(STOCKHOLM).date()
        recurrence = _recurrence(rule, first, ZONES[str(STOCKHOLM)])
        self._store.change(self._anna, item_id, items.Wish({"recurrence": recurrence}))

    def deletes(self, item_id: str) -> None:
        self._deleted[item_id] = self._store.delete(self._anna, item_id)

    def restores(self, item_id: str) -> str:
        return self._store.restore(self._anna, self._deleted[item_id].item_id).item_id

    def copies(self, item_id: str, start: datetime) -> str:
        return self._store.copy(self._anna, item_id, self._anna, start=_utc(start)).item_id

    def files_elsewhere(self, item_id: str) -> str:
        folder = self._store.add_calendar(self._anna, "Mottagningen")
        return self._store.move(self._anna, item_id, folder).item_id

    def moves_occurrence(self, item_id: str, day: date, start: datetime) -> None:
        self._retimes(self._occurrence(item_id, day), start)

    def deletes_occurrence(self, item_id: str, day: date) -> None:
        self._store.delete(self._anna, self._occurrence(item_id, day).item_id)

    def body(self, item_id: str) -> str:
        return self._store.find(self._anna, item_id).body.content

    def told_attendees(self) -> int:
        return len(self._store.letters())

    def takes_away_the_mailbox(self) -> None:
        self.exchange.mailboxes.change(self._anna, {"exists": False})

    def _retimes(self, item: Item, start: datetime) -> None:
        times = {"start": _utc(start), "end": _utc(start) + item.length}
        self._store.change(self._anna, item.item_id, items.Wish(times))

    def _occurrence(self, item_id: str, day: date) -> Item:
        master = self._store.find(self._anna, item_id)
        midnight = datetime.combine(day, datetime.min.time())
        (one,) = self._store.instances(master, _utc(midnight), _utc(midnight.replace(hour=23)))
        return one


def _utc(wall: datetime, zone: str = str(STOCKHOLM)) -> datetime:
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _recurrence(rule: str, first: date, zone: str) -> Recurrence:
    """Return an RRULE as Outlook would have made it; only the rules that the suite uses."""
    parts = dict(part.split("=") for part in rule.split(";"))
    return Recurrence(
        kind="weekly" if parts["FREQ"] == "WEEKLY" else "daily",
        interval=int(parts.get("INTERVAL", 1)),
        first=first,
        zone=zone,
        range_kind="numbered" if "COUNT" in parts else "noEnd",
        count=int(parts["COUNT"]) if "COUNT" in parts else None,
        days=tuple(DAYS[day] for day in parts["BYDAY"].split(",")) if "BYDAY" in parts else (),
    )
