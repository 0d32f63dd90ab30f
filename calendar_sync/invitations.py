"""Writes invitations for people outside, as iCalendar with iTIP's methods (RFC 5545, RFC 5546).

Nothing personal stands in one: the caller's words are neutral, no attendee is named, and the class is PRIVATE.
Outlook correlates by UID (and RECURRENCE-ID), keeps what has the highest SEQUENCE and wants the same ORGANIZER each
time ([MS-STANOICAL] 2.2, V0239 and V0240); it does not update from METHOD:PUBLISH, and ignores CONFERENCE (RFC 7986,
section 5.11), so the link stands in LOCATION and DESCRIPTION as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Final, cast
from zoneinfo import ZoneInfo

from icalendar import Calendar, Conference, Event, Timezone, vCalAddress, vRecur, vUri

from calendar_sync.series import Occurrence, Series

_PRODUCT: Final = "-//Skyddat vardmote//Kalenderinbjudan//SV"

# The rules that hold in Stockholm since 1996 (directive 2000/84/EC), as two observances; icalendar itself would write
# out every change of the clocks until 2038.
_STOCKHOLM: Final = "\r\n".join(
    [
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Stockholm",
        "BEGIN:DAYLIGHT",
        "DTSTART:19960331T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "TZNAME:CEST",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:19961027T030000",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "TZNAME:CET",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """One meeting as somebody outside is to have it in her calendar.

    `uid` is the same for the meeting's whole life, `sequence` rises with each change, `stamp` (UTC) is now. `start`
    and `end` are UTC, `zone` the IANA name in which they are written. `organiser` is an address of the organisation's
    that belongs to nobody, or None: then the invitation has no method, and a calendar takes it in as a plain entry.
    `series`, when it is one, takes the place of `start` and `end`.
    """

    uid: str
    sequence: int
    stamp: datetime
    start: datetime
    end: datetime
    zone: str
    summary: str = field(repr=False)
    description: str = field(repr=False)
    join_link: str = field(repr=False)
    link_label: str = field(repr=False)
    organiser: str | None = field(default=None, repr=False)
    series: Series | None = field(default=None, repr=False)


def request(invitation: Invitation) -> bytes:
    """Return the invitation, or its update: the method is the same (RFC 5546, section 3.2.2).

    Of a series always the whole, with what was moved in it and taken out of it: who has not opened the file before this
    one must not miss what it told.
    """
    return _calendar(invitation, "REQUEST", _events(invitation))


def cancellation(invitation: Invitation) -> bytes:
    """Return that all of it is called off (RFC 5546, section 3.2.5); no link is left in it."""
    return _calendar(invitation, "CANCEL", [_called_off(_main(invitation))])


def method_of(invitation: Invitation, *, cancelled: bool) -> str | None:
    """Return the iTIP method that the invitation has, which its media type must name (RFC 5545, section 8.1)."""
    if invitation.organiser is None:
        return None
    return "CANCEL" if cancelled else "REQUEST"


def _calendar(invitation: Invitation, method: str, events: list[Event]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    if invitation.organiser:
        calendar.add("method", method)
    zone = _zone(invitation)
    if zone != "UTC":
        calendar.add_component(_described(zone))
    for event in events:
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def _described(zone: str) -> Timezone:
    if zone == "Europe/Stockholm":
        return cast("Timezone", Timezone.from_ical(_STOCKHOLM))
    return Timezone.from_tzid(zone)


def _events(invitation: Invitation) -> list[Event]:
    """Return the meeting, and of a series each occurrence that was moved by itself."""
    series = invitation.series
    moved = [series.occurrence(one.original_start) for one in series.moved] if series else []
    return [_main(invitation), *(_moved(invitation, one) for one in moved if one)]


def _main(invitation: Invitation) -> Event:
    series = invitation.series
    if series is None:
        return _event(invitation, invitation.start, invitation.end)
    event = _event(invitation, series.first_start, series.first_start + series.length)
    event.add("rrule", _rule(series))
    taken_out = [_local(original, invitation) for original in _taken_out(series)]
    if taken_out:
        event.add("exdate", taken_out)
    return event


def _moved(invitation: Invitation, occurrence: Occurrence) -> Event:
    event = _event(invitation, occurrence.start, occurrence.end)
    event.add("recurrence-id", _local(occurrence.original_start, invitation))
    return event


def _event(invitation: Invitation, start: datetime, end: datetime) -> Event:
    event = Event()
    event.add("uid", invitation.uid)
    event.add("sequence", invitation.sequence)
    event.add("dtstamp", invitation.stamp)
    event.add("last-modified", invitation.stamp)
    event.add("dtstart", _local(start, invitation))
    event.add("dtend", _local(end, invitation))
    event.add("summary", invitation.summary)
    event.add("location", invitation.join_link)
    event.add("url", vUri(invitation.join_link))
    event.add("description", invitation.description)
    event.conferences = [Conference(invitation.join_link, feature="VIDEO", label=invitation.link_label)]
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    event.add("status", "CONFIRMED")
    if invitation.organiser:
        _address(event, invitation.organiser)
    return event


def _address(event: Event, organiser: str) -> None:
    """Add the organiser, and as the attendee whom RFC 5546, section 3.2.2 demands the same: no guest is named."""
    event.add("organizer", vCalAddress(f"mailto:{organiser}"))
    attendee = vCalAddress(f"mailto:{organiser}")
    attendee.params["PARTSTAT"] = "ACCEPTED"
    attendee.params["RSVP"] = "FALSE"
    event.add("attendee", attendee)


def _called_off(event: Event) -> Event:
    for name in ("location", "url", "conference", "rrule", "exdate"):
        event.pop(name, None)
    event["status"] = "CANCELLED"
    event["transp"] = "TRANSPARENT"
    return event


def _taken_out(series: Series) -> Iterator[datetime]:
    """Yield the original starts (UTC) of what was taken out: the rule's time of day on each day."""
    zone = ZoneInfo(series.zone)
    time_of_day = series.first_start.astimezone(zone).time()
    for day in sorted(series.cancelled):
        yield datetime.combine(day, time_of_day, zone).astimezone(UTC)


def _rule(series: Series) -> vRecur:
    """Return the rule with UNTIL in UTC, as RFC 5545, section 3.3.10 wants it beside a start with a zone."""
    rule: vRecur = vRecur.from_ical(series.rule)
    zone = ZoneInfo(series.zone)
    rule["UNTIL"] = [_until(told, zone) for told in rule.get("UNTIL", [])]
    if not rule["UNTIL"]:
        del rule["UNTIL"]
    return rule


def _until(told: date, zone: ZoneInfo) -> datetime:
    # A date alone means the whole of that day.
    moment = told if isinstance(told, datetime) else datetime.combine(told, time(23, 59, 59))
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _zone(invitation: Invitation) -> str:
    """Return the zone in which all is written: a series' rule counts in its own."""
    return invitation.series.zone if invitation.series else invitation.zone


def _local(moment: datetime, invitation: Invitation) -> datetime:
    zone = _zone(invitation)
    return moment.astimezone(UTC if zone == "UTC" else ZoneInfo(zone))
