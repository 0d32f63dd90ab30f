"""Graph's `event` as our `Snapshot`: what is asked for, and how it is read. Names no field that tells of people.

Answers are checked like anybody's input: one that is not what Graph promises is `NotUnderstood`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from calendar_sync import marks
from calendar_sync.calendar import NotUnderstood
from calendar_sync.graph_series import series_of
from calendar_sync.items import ItemRef, Kind, Snapshot, Tag
from calendar_sync.series import Occurrence, Series
from calendar_sync.zones import iana_name

OWN_MARK: Final = f"String {{{marks.OWN_SET}}} Name {marks.OWN_NAME}"
STATE_FLAGS: Final = f"Integer {{{marks.APPOINTMENT_SET}}} Id 0x{marks.STATE_FLAGS:x}"
# PidTagParentEntryId ([MS-OXPROPS]): which folder holds the item. Its content means nothing to us, only its equality.
FOLDER: Final = "Binary 0x0e09"
SELECTED: Final = ",".join(
    (
        *("id", "iCalUId", "type", "start", "end", "isAllDay", "isCancelled", "isOrganizer"),
        *("originalStartTimeZone", "createdDateTime", "recurrence", "seriesMasterId", "originalStart"),
    )
)
# Microsoft answers exceptions with the fields that are selected of the master (Graph v1.0, "Get event").
SELECTED_OF_SERIES: Final = "id,start,end,originalStart,isCancelled,exceptionOccurrences,cancelledOccurrences"
_KINDS: Final = {
    "singleInstance": Kind.SINGLE,
    "seriesMaster": Kind.MASTER,
    "occurrence": Kind.OCCURRENCE,
    "exception": Kind.OCCURRENCE,
}


def pane_mark(add_in_id: str) -> str:
    """Return Graph's id of the property in which Outlook keeps our add-in's custom properties."""
    return f"String {{{marks.PANE_SET}}} Name {marks.pane_name(add_in_id)}"


def expansion(*properties: str) -> str:
    """Return `$expand` for extended properties."""
    wanted = " or ".join(f"id eq {quoted(one)}" for one in properties)
    return f"singleValueExtendedProperties($filter={wanted})"


def quoted(text: str) -> str:
    """Return a text as OData writes it."""
    return "'" + text.replace("'", "''") + "'"


def outlook_id(item_id: str) -> str:
    """Return an id from Office.js as Graph takes it (Office.js, `convertToRestId`); any other stays as it is."""
    return item_id.replace("/", "-").replace("+", "_")


class _Moment(Schema):
    wall = fields.String(required=True, data_key="dateTime")
    zone = fields.String(required=True, data_key="timeZone")


class _Property(Schema):
    id = fields.String(required=True)
    value = fields.String(required=True, allow_none=True)


class _Event(Schema):
    id = fields.String(required=True, validate=validate.Length(min=1))
    etag = fields.String(required=True, data_key="@odata.etag", validate=validate.Length(min=1))
    start = fields.Nested(_Moment, required=True, unknown=EXCLUDE)
    end = fields.Nested(_Moment, required=True, unknown=EXCLUDE)
    uid = fields.String(required=True, data_key="iCalUId", validate=validate.Length(min=1))
    type = fields.String(required=True, validate=validate.OneOf(_KINDS))
    all_day = fields.Boolean(required=True, data_key="isAllDay")
    cancelled = fields.Boolean(required=True, data_key="isCancelled")
    organiser = fields.Boolean(required=True, data_key="isOrganizer")
    zone = fields.String(load_default="", allow_none=True, data_key="originalStartTimeZone")
    created = fields.AwareDateTime(load_default=None, allow_none=True, data_key="createdDateTime")
    recurrence = fields.Dict(load_default=None, allow_none=True)
    master = fields.String(load_default=None, allow_none=True, data_key="seriesMasterId")
    original = fields.AwareDateTime(load_default=None, allow_none=True, data_key="originalStart")
    properties = fields.List(
        fields.Nested(_Property, unknown=EXCLUDE), load_default=list, data_key="singleValueExtendedProperties"
    )


class _Exception(Schema):
    start = fields.Nested(_Moment, required=True, unknown=EXCLUDE)
    end = fields.Nested(_Moment, required=True, unknown=EXCLUDE)
    original = fields.AwareDateTime(required=True, data_key="originalStart")
    cancelled = fields.Boolean(load_default=False, data_key="isCancelled")


class _Master(Schema):
    cancelled = fields.List(
        fields.String(), load_default=list, allow_none=True, data_key="cancelledOccurrences"
    )
    exceptions = fields.List(
        fields.Nested(_Exception, unknown=EXCLUDE), load_default=list, data_key="exceptionOccurrences"
    )
    # Where only some of them are told (OData JSON Format, `odata.nextLink`), the others would read as by the rule.
    more = fields.Raw(
        load_default=None, data_key="exceptionOccurrences@odata.nextLink", validate=validate.Equal(None)
    )


_EVENT: Final = _Event(unknown=EXCLUDE)
_MASTER: Final = _Master(unknown=EXCLUDE)


@dataclass(frozen=True, slots=True)
class Seen:
    """An item as it was read: the snapshot, the folder that holds it, and what its series still needs.

    `folder` is "" when Graph does not say. `recurrence` is Graph's rule of a master, None of anything else.
    """

    snapshot: Snapshot
    folder: str
    recurrence: Mapping[str, Any] | None


class ItemReader:
    """Reads events for one installation; `home_zone` is preferred where Windows has one name for many zones."""

    def __init__(self, instance: str, add_in_id: str, home_zone: str) -> None:
        self._instance = instance
        self._home_zone = home_zone
        self.pane = pane_mark(add_in_id)

    @property
    def properties(self) -> tuple[str, ...]:
        """Return the extended properties that are asked for."""
        return (OWN_MARK, self.pane, STATE_FLAGS, FOLDER)

    def seen(self, mailbox: str, event: Any) -> Seen:
        """Read one event; raises NotUnderstood."""
        try:
            told = _EVENT.load(event)
            return self._seen(mailbox, told)
        except (ValidationError, ValueError, OverflowError):
            raise NotUnderstood from None

    def _seen(self, mailbox: str, told: Mapping[str, Any]) -> Seen:
        has = {_key(one["id"]): one["value"] for one in told["properties"]}
        flags = int(has.get(_key(STATE_FLAGS)) or 0)
        zone = self._zone(told["zone"])
        pane = has.get(_key(self.pane))
        kind = _KINDS[told["type"]]
        is_part = kind is Kind.OCCURRENCE
        snapshot = Snapshot(
            ref=ItemRef(mailbox, told["id"]),
            uid=told["uid"],
            version=told["etag"],
            start=_instant(told["start"], zone if told["all_day"] else None),
            end=_instant(told["end"], zone if told["all_day"] else None),
            zone=zone or "UTC",
            kind=kind,
            all_day=told["all_day"],
            is_cancelled=told["cancelled"] or marks.is_cancelled(flags),
            is_organiser=told["organiser"],
            is_meeting=marks.is_meeting(flags),
            created_at=told["created"].astimezone(UTC) if told["created"] else None,
            tag=self._tag(has, pane, is_part=is_part),
            original_start=told["original"].astimezone(UTC) if is_part and told["original"] else None,
            master_id=told["master"] if is_part else None,
        )
        recurrence = told["recurrence"] if snapshot.kind is Kind.MASTER else None
        return Seen(snapshot, has.get(_key(FOLDER)) or "", recurrence)

    def series(self, seen: Seen, master: Any) -> Series:
        """Read the series of a master from a second answer with its exceptions; raises NotUnderstood."""
        snapshot, recurrence = seen.snapshot, seen.recurrence or {}
        try:
            told = _MASTER.load(master)
            zone = self._zone_of_rule(recurrence.get("range", {}).get("recurrenceTimeZone"), snapshot)
            day_zone = zone if snapshot.all_day else None
            return series_of(
                recurrence,
                snapshot.start,
                snapshot.end,
                zone,
                told["cancelled"] or (),
                [(_occurrence(one, day_zone), one["cancelled"]) for one in told["exceptions"]],
            )
        except (ValidationError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
            raise NotUnderstood from None

    def _zone_of_rule(self, name: str | None, snapshot: Snapshot) -> str:
        """Return the zone in which a rule counts: the one named in it, else the event's (`recurrenceRange`)."""
        named = self._zone(name)
        if named:
            return named
        # One that nobody can name is most likely our own; in UTC the rule would be wrong half the year.
        return self._home_zone if snapshot.zone == "UTC" else snapshot.zone

    def _tag(self, has: Mapping[str, str | None], pane: str | None, *, is_part: bool) -> Tag | None:
        return marks.tag_in(has.get(_key(OWN_MARK)), pane, self._instance, is_occurrence=is_part)

    def _zone(self, name: str | None) -> str | None:
        return iana_name(name, self._home_zone) if name else None


def _key(property_id: str) -> str:
    """Return a property's id as it is compared: Graph writes it back in another case and without leading zeros."""
    return re.sub(r"\b0x0*", "0x", property_id.casefold())


def items_in(page: Mapping[str, Any] | None) -> Sequence[Any]:
    """Return what a page of a list holds; raises NotUnderstood."""
    told = (page or {}).get("value")
    if not isinstance(told, list):
        raise NotUnderstood
    return told


def _occurrence(told: Mapping[str, Any], day_zone: str | None) -> Occurrence:
    times = (_instant(told[name], day_zone) for name in ("start", "end"))
    return Occurrence(told["original"].astimezone(UTC), *times)


def _instant(told: Mapping[str, str], day_zone: str | None = None) -> datetime:
    """Return a `dateTimeTimeZone` in UTC; raises ValueError.

    `day_zone` is the zone of an all-day item: Exchange keeps such a day as midnight of its zone, and where a midnight
    is told instead of the instant it is that one.
    """
    wall = datetime.fromisoformat(told["wall"])
    if wall.tzinfo:
        return wall.astimezone(UTC)
    name = day_zone if day_zone and wall.time() == datetime.min.time() else iana_name(told["zone"])
    if name is None:
        raise ValueError("an unknown zone")
    return wall.replace(tzinfo=ZoneInfo(name)).astimezone(UTC)
