"""What a person's own calendar program does to a CalDAV server, in plain HTTP and text: nothing of the adapter's.

Times are in Stockholm's wall time, as a person reads them off the clock.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urljoin, urlsplit

from tests.calendar_servers.server import Mailbox, ask

HOUR: Final = timedelta(hours=1)
# The rules of the European Union since 1996, as Thunderbird and SOGo write them.
STOCKHOLM: Final = (
    "BEGIN:VTIMEZONE",
    "TZID:{name}",
    "BEGIN:DAYLIGHT",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200",
    "TZNAME:CEST",
    "DTSTART:19700329T020000",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
    "END:DAYLIGHT",
    "BEGIN:STANDARD",
    "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0100",
    "TZNAME:CET",
    "DTSTART:19701025T030000",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "END:STANDARD",
    "END:VTIMEZONE",
)


def new_uid() -> str:
    """Return a UID that no item has."""
    return f"{secrets.token_hex(8)}@{secrets.token_hex(2)}.example"


@dataclass(frozen=True, slots=True)
class Differing:
    """One occurrence of a series that differs: when it was by the rule, and when it is; None when it is called off."""

    original: datetime
    start: datetime | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A calendar entry as a person's program holds it; `more` are further lines of the event."""

    start: datetime
    length: timedelta = HOUR
    uid: str = field(default_factory=new_uid)
    zone: str = "Europe/Stockholm"
    tag: str | None = None
    rule: str | None = None
    taken_out: tuple[datetime, ...] = ()
    exceptions: tuple[Differing, ...] = ()
    all_day: bool = False
    cancelled: bool = False
    organiser: str | None = None
    attendees: tuple[str, ...] = ()
    sequence: int = 0
    summary: str = "Uppföljning efter operationen"
    location: str = "Rum 14"
    more: tuple[str, ...] = ()

    def written(self) -> str:
        """Return the resource as text."""
        zone = [] if self.all_day else [line.format(name=self.zone) for line in STOCKHOLM]
        events = [*self._event(self.start, self._series_lines())]
        for one in self.exceptions:
            when = one.start or one.original
            extra = [self._time("RECURRENCE-ID", one.original)]
            extra += ["STATUS:CANCELLED"] if one.start is None else []
            events += self._event(when, extra)
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Region//Kalender//SV", *zone, *events]
        return "\r\n".join([*lines, "END:VCALENDAR", ""])

    def _series_lines(self) -> list[str]:
        rule = [f"RRULE:{self.rule}"] if self.rule else []
        return [*rule, *(self._time("EXDATE", one) for one in self.taken_out)]

    def _event(self, start: datetime, extra: Sequence[str]) -> list[str]:
        lines = [
            "BEGIN:VEVENT",
            f"UID:{self.uid}",
            "DTSTAMP:20261126T100000Z",
            "CREATED:20261126T100000Z",
            f"SEQUENCE:{self.sequence}",
            self._time("DTSTART", start),
            self._time("DTEND", start + self.length),
            f"SUMMARY:{self.summary}",
            f"LOCATION:{self.location}",
        ]
        lines += [f"X-VARDMOTE-MEETING:{self.tag}"] if self.tag else []
        lines += ["STATUS:CANCELLED"] if self.cancelled else []
        lines += [f"ORGANIZER:mailto:{self.organiser}"] if self.organiser else []
        lines += [f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{one}" for one in self.attendees]
        return [*lines, *extra, *self.more, "END:VEVENT"]

    def _time(self, name: str, when: datetime) -> str:
        if self.all_day:
            return f"{name};VALUE=DATE:{when:%Y%m%d}"
        if self.zone == "UTC":
            return f"{name}:{when:%Y%m%dT%H%M%SZ}"
        zone = f'"{self.zone}"' if set(self.zone) & set(":;,") else self.zone
        return f"{name};TZID={zone}:{when:%Y%m%dT%H%M%S}"


class Hand:
    """A person at her own calendar program."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    def writes(self, entry: Entry, url: str | None = None) -> str:
        """Save an entry; returns its address."""
        url = url or f"{self.mailbox.calendar}{secrets.token_hex(6)}.ics"
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        answer = ask("PUT", url, self.mailbox.credentials, data=entry.written().encode(), headers=headers)
        assert answer.status_code in {201, 204}, answer.status_code
        return url

    def reads(self, url: str) -> str:
        """Return what stands there."""
        answer = ask("GET", url, self.mailbox.credentials)
        assert answer.status_code == 200, answer.status_code
        answer.encoding = "utf-8"
        return answer.text

    def has(self, url: str) -> bool:
        """Whether there is anything."""
        return ask("GET", url, self.mailbox.credentials).status_code == 200

    def deletes(self, url: str) -> None:
        """Take an entry out of the calendar."""
        assert ask("DELETE", url, self.mailbox.credentials).status_code in {200, 204}

    def finds(self, uid: str) -> list[str]:
        """Return the addresses of what her program shows with that UID."""
        answer = ask("PROPFIND", self.mailbox.calendar, self.mailbox.credentials, headers={"Depth": "1"})
        assert answer.status_code == 207
        paths = re.findall(r"<[\w:]*href>([^<]+\.ics)</", answer.text)
        urls = [urljoin(self.mailbox.home, path) for path in dict.fromkeys(paths)]
        return [url for url in urls if f"UID:{uid}" in self.reads(url)]

    def makes_a_calendar(self) -> str:
        """Make one more calendar; returns its address."""
        url = f"{self.mailbox.home}{secrets.token_hex(4)}/"
        assert ask("MKCALENDAR", url, self.mailbox.credentials).status_code == 201
        return url

    def moves(self, entry: Entry, url: str, calendar: str) -> str:
        """Move an entry to another calendar, as most programs do: written there, and then deleted here."""
        there = self.writes(entry, f"{calendar}{secrets.token_hex(6)}.ics")
        self.deletes(url)
        return there

    def copies(self, entry: Entry, start: datetime, calendar: str | None = None) -> tuple[Entry, str]:
        """Copy an entry: all of it but its UID, at another time."""
        copy = replace(entry, uid=new_uid(), start=start)
        return copy, self.writes(copy, f"{calendar or self.mailbox.calendar}{secrets.token_hex(6)}.ics")


def item_id(url: str) -> str:
    """Return the path under which the adapter knows what has that address."""
    return urlsplit(urljoin("http://x/", url)).path
