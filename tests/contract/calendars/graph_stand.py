"""Exchange Online at test: the Graph adapter, and Anna at her Outlook (the sandbox's own line to the mailbox)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from addin.sandbox import people
from calendar_sync.graph import GraphCalendar, GraphSettings
from calendar_sync.graph_items import OWN_MARK
from calendar_sync.microsoft.settings import ClientSecret, MicrosoftSettings
from tests.contract.calendars.stands import CANARIES, INSTANCE, STOCKHOLM, Wish
from tests.contract.sandbox.running import Json, Sandbox

ADD_IN: Final = "0b6f4a3c-8d52-4f0e-9a71-6c2d1e5f8a90"
PANE_MARK: Final = f"String {{00020329-0000-0000-c000-000000000046}} Name cecp-{ADD_IN}"
IMMUTABLE: Final = {"Prefer": 'IdType="ImmutableId"'}
DAYS: Final = {"MO": "monday", "TU": "tuesday", "WE": "wednesday", "TH": "thursday", "FR": "friday"}


def settings(region: Sandbox, **changes: Any) -> GraphSettings:
    """Return settings of an installation that follows calendars in the sandbox."""
    microsoft = MicrosoftSettings(
        authority=f"{region.base}/{people.TENANT}",
        client_id=people.BACKGROUND_CLIENT,
        credential=ClientSecret(people.BACKGROUND_SECRET),
        base_url=f"{region.base}/v1.0",
        timeout_seconds=changes.pop("timeout_seconds", 30.0),
    )
    return GraphSettings(
        **{"microsoft": microsoft, "instance": INSTANCE, "add_in_id": ADD_IN, "writes": True, **changes}
    )


class GraphStand:
    """Anna's mailbox."""

    has_bin = True

    def __init__(self, region: Sandbox, **changes: Any) -> None:
        self.region = region
        self._calendar = GraphCalendar(settings(region, **changes))
        self.mailbox = people.ANNA.address

    @property
    def calendar(self) -> GraphCalendar:
        """The adapter at test."""
        return self._calendar

    def books(self, wish: Wish, *, pane: str | None = None) -> str:
        """Book; `pane` is the text of the add-in's custom properties."""
        marks = [] if wish.tag is None else [{"id": OWN_MARK, "value": str(wish.tag)}]
        marks += [] if pane is None else [{"id": PANE_MARK, "value": pane}]
        end = wish.start + wish.length
        body: Json = {
            "subject": CANARIES[0],
            "location": {"displayName": CANARIES[2]},
            "body": {"contentType": "html", "content": wish.body or f"<p>{CANARIES[3]}</p>"},
            "start": {"dateTime": f"{wish.start:%Y-%m-%dT%H:%M:%S}", "timeZone": wish.zone},
            "end": {"dateTime": f"{end:%Y-%m-%dT%H:%M:%S}", "timeZone": wish.zone},
            "isAllDay": wish.all_day,
            "singleValueExtendedProperties": marks,
        }
        if wish.has_attendees:
            body["attendees"] = [{"emailAddress": {"name": CANARIES[1], "address": CANARIES[1]}}]
        if wish.rule:
            body["recurrence"] = _recurrence(wish.rule, wish.start.date(), wish.zone)
        return str(self.outlook("POST", "/me/events", body)["id"])

    def moves_to(self, item_id: str, start: datetime) -> None:
        now = self.outlook("GET", f"/me/events/{item_id}")
        length = _utc(now["end"]) - _utc(now["start"])
        self.outlook("PATCH", f"/me/events/{item_id}", _times(start, start + length))

    def resizes_to(self, item_id: str, length: timedelta) -> None:
        start = _utc(self.outlook("GET", f"/me/events/{item_id}")["start"]).astimezone(STOCKHOLM)
        end = (start.astimezone(UTC) + length).astimezone(STOCKHOLM)
        self.outlook("PATCH", f"/me/events/{item_id}", _times(start, end))

    def repeats(self, item_id: str, rule: str) -> None:
        start = _utc(self.outlook("GET", f"/me/events/{item_id}")["start"]).astimezone(STOCKHOLM)
        recurrence = _recurrence(rule, start.date(), str(STOCKHOLM))
        self.outlook("PATCH", f"/me/events/{item_id}", {"recurrence": recurrence})

    def deletes(self, item_id: str) -> None:
        self.outlook("DELETE", f"/me/events/{item_id}")

    def restores(self, item_id: str) -> str:
        return str(self.outlook("POST", f"/me/deletedItems/{item_id}/restore")["id"])

    def copies(self, item_id: str, start: datetime) -> str:
        body = {"start": {"dateTime": f"{start:%Y-%m-%dT%H:%M:%S}", "timeZone": str(STOCKHOLM)}}
        return str(self.outlook("POST", f"/me/events/{item_id}/copy", body)["id"])

    def files_elsewhere(self, item_id: str) -> str:
        calendar = self.outlook("POST", "/me/calendars", {"name": "Mottagningen"})["id"]
        return str(self.outlook("POST", f"/me/events/{item_id}/move", {"calendar": calendar})["id"])

    def moves_occurrence(self, item_id: str, day: date, start: datetime) -> None:
        one = self._occurrence(item_id, day)
        length = _utc(one["end"]) - _utc(one["start"])
        self.outlook("PATCH", f"/me/events/{one['id']}", _times(start, start + length))

    def deletes_occurrence(self, item_id: str, day: date) -> None:
        self.outlook("DELETE", f"/me/events/{self._occurrence(item_id, day)['id']}")

    def body(self, item_id: str) -> str:
        return str(self.outlook("GET", f"/me/events/{item_id}")["body"]["content"])

    def told_attendees(self) -> int:
        return len(self.region.lever("exchange/letters")["letters"])

    def takes_away_the_mailbox(self) -> None:
        self.region.lever("exchange/mailboxes", {"address": self.mailbox, "exists": False})

    # --- what only this kind has --------------------------------------------------------------------------------

    def outlook(self, method: str, path: str, body: Any = None) -> Json:
        """Do something at Anna's Outlook, which knows items by their immutable ids, too."""
        answer = self.region.outlook(method, path, body, headers=IMMUTABLE)
        assert answer.status_code < 300, answer.text
        return dict(answer.json()) if answer.content else {}

    def opens_one_time(self, item_id: str, day: date, pane: str) -> str:
        """Open one time of a series and keep the add-in's custom properties in it; returns its own id."""
        one = str(self._occurrence(item_id, day)["id"])
        marks = {"singleValueExtendedProperties": [{"id": PANE_MARK, "value": pane}]}
        return str(self.outlook("PATCH", f"/me/events/{one}", marks)["id"])

    def pane(self, item_id: str) -> str | None:
        """Return the text of the add-in's custom properties."""
        return self._property(item_id, PANE_MARK)

    def requests(self) -> list[Json]:
        """Return what the adapter has sent to Graph so far, those within batches each for itself."""
        return list(self.region.lever("log", path_prefix="/v1.0/")["requests"])

    def _property(self, item_id: str, name: str) -> str | None:
        expand = f"singleValueExtendedProperties($filter=id eq '{name}')"
        told = self.region.outlook(
            "GET", f"/me/events/{item_id}", headers=IMMUTABLE, params={"$expand": expand}
        ).json()
        found = told.get("singleValueExtendedProperties", [])
        return str(found[0]["value"]) if found else None

    def _occurrence(self, item_id: str, day: date) -> Json:
        midnight = datetime.combine(day, datetime.min.time(), STOCKHOLM).astimezone(UTC)
        window = {
            "startDateTime": f"{midnight:%Y-%m-%dT%H:%M:%SZ}",
            "endDateTime": f"{midnight + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
        }
        answer = self.region.outlook(
            "GET", f"/me/events/{item_id}/instances", headers=IMMUTABLE, params=window
        )
        (one,) = answer.json()["value"]
        return dict(one)


def _times(start: datetime, end: datetime) -> Json:
    return {
        name: {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%S}", "timeZone": str(STOCKHOLM)}
        for name, moment in (("start", start), ("end", end))
    }


def _utc(told: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(told["dateTime"]).replace(tzinfo=ZoneInfo(told["timeZone"]))


def _recurrence(rule: str, first: date, zone: str) -> Json:
    """Return an RRULE as Outlook would have made it; only the rules that the suite uses."""
    parts = dict(part.split("=") for part in rule.split(";"))
    pattern: Json = {"type": parts["FREQ"].lower(), "interval": int(parts.get("INTERVAL", 1))}
    if "BYDAY" in parts:
        pattern["daysOfWeek"] = [DAYS[day] for day in parts["BYDAY"].split(",")]
    extent: Json = {"type": "noEnd", "startDate": first.isoformat(), "recurrenceTimeZone": zone}
    if "COUNT" in parts:
        extent |= {"type": "numbered", "numberOfOccurrences": int(parts["COUNT"])}
    return {"pattern": pattern, "range": extent}
