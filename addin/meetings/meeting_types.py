"""Meeting types as data: which provider, how protected, for whom, how long; read from one TOML file.

Shipped types stand in `meeting_types.toml`; a region may name a file of its own. A fault in the file is reported
with the place and every other fault, never one at a time.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

from marshmallow import Schema, ValidationError, fields, post_load, validate

from addin.meetings.errors import UnknownMeetingType, UnknownVariant
from addin.meetings.model import LobbyLevel, Window
from addin.meetings.times import dates_everywhere

SHIPPED = Path(__file__).with_name("meeting_types.toml")

HostRule = Literal["any_employee", "named_hosts"]
SeriesRule = Literal["one_link", "ask"]
CopyRule = Literal["strip", "own_room"]
AUDIENCES = ("patient", "staff", "external", "interpreter")


@dataclass(frozen=True, slots=True)
class Variant:
    """A kind of the type that has texts of its own, e.g. `group` (grupp)."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class MeetingType:
    """One meeting type.

    `provider` is its key in the settings; `participant_limit` counts hosts and interpreters. `lobby_refused_below`: no
    meeting is booked where the provider keeps guests waiting less than `lobby` asks. The door is open from
    `opens_before` the start until `open_after` the end (`door_opens`, `door_closes`), and the meeting is kept
    `days_kept` days after that end.
    """

    id: str
    name: str
    when_to_use: str
    provider: str
    participant_limit: int
    lobby: LobbyLevel
    lobby_refused_below: bool
    guest_pin: bool
    chat: bool
    guests_can_present: bool
    host_rule: HostRule
    series_rule: SeriesRule
    copy_rule: CopyRule
    opens_before: timedelta
    open_after: timedelta
    days_kept: int
    audiences: tuple[str, ...]
    variants: tuple[Variant, ...]

    def door_opens(self, window: Window) -> datetime:
        """Return from when guests are let in to a meeting at that time (UTC)."""
        return dates_everywhere(window).start - self.opens_before

    def door_closes(self, window: Window) -> datetime:
        """Return until when they are (UTC)."""
        return dates_everywhere(window).end + self.open_after

    def kept_until(self, window: Window) -> datetime:
        """Return when the kept days of a meeting at that time are over (UTC): it can no longer be started, and goes."""
        return window.end + timedelta(days=self.days_kept)

    def variant(self, variant_id: str) -> Variant:
        """Return the variant; raises UnknownVariant."""
        for variant in self.variants:
            if variant.id == variant_id:
                return variant
        raise UnknownVariant


class _VariantSchema(Schema):
    id = fields.String(required=True, validate=validate.Regexp(r"^[a-z][a-z-]*$"))
    name = fields.String(required=True, validate=validate.Length(min=1, max=60))

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Variant:
        return Variant(**data)


class _MeetingTypeSchema(Schema):
    id = fields.String(required=True, validate=validate.Regexp(r"^[a-z][a-z-]*$"))
    name = fields.String(required=True, validate=validate.Length(min=1, max=60))
    when_to_use = fields.String(required=True, validate=validate.Length(min=1, max=200))
    provider = fields.String(required=True)
    participant_limit = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=2, max=1_000_000)
    )
    lobby = fields.Enum(LobbyLevel, by_value=True, required=True)
    lobby_refused_below = fields.Boolean(required=True)
    guest_pin = fields.Boolean(required=True)
    chat = fields.Boolean(required=True)
    guests_can_present = fields.Boolean(required=True)
    host_rule = fields.String(required=True, validate=validate.OneOf(["any_employee", "named_hosts"]))
    # A file that was copied before calendars were followed lacks these two, and gets the careful ones.
    series_rule = fields.String(load_default="ask", validate=validate.OneOf(["one_link", "ask"]))
    copy_rule = fields.String(load_default="strip", validate=validate.OneOf(["strip", "own_room"]))
    opens_before = fields.TimeDelta(required=True, precision=fields.TimeDelta.MINUTES)
    open_after = fields.TimeDelta(required=True, precision=fields.TimeDelta.MINUTES)
    days_kept = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=365))
    audiences = fields.List(fields.String(validate=validate.OneOf(AUDIENCES)), required=True)
    variants = fields.List(fields.Nested(_VariantSchema), required=True, validate=validate.Length(min=1))

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> MeetingType:
        return MeetingType(
            **{**data, "audiences": tuple(data["audiences"]), "variants": tuple(data["variants"])}
        )


class _FileSchema(Schema):
    meeting_type = fields.List(
        fields.Nested(_MeetingTypeSchema), required=True, validate=validate.Length(min=1)
    )


# Made once: that costs more than reading with it.
_file: Final = _FileSchema()


class MeetingTypes:
    """The configured meeting types; those on offer come one after the other, in the order in which people see them.

    A type that is not offered any more is still known, since meetings that were booked as such live on.
    """

    def __init__(self, types: Iterable[MeetingType], offered: Iterable[str] | None = None) -> None:
        """Take all types, and the ids of those on offer (None: all); raises UnknownMeetingType."""
        self._types = {kind.id: kind for kind in types}
        self._offered = {kind.id: kind for kind in map(self.of, self._types if offered is None else offered)}

    def of(self, type_id: str) -> MeetingType:
        """Return the type, on offer or not; raises UnknownMeetingType."""
        return _named(self._types, type_id)

    def offered(self, type_id: str) -> MeetingType:
        """Return the type when it is on offer; raises UnknownMeetingType."""
        return _named(self._offered, type_id)

    @property
    def known(self) -> frozenset[str]:
        """The ids of all types, on offer or not."""
        return frozenset(self._types)

    def __iter__(self) -> Iterator[MeetingType]:
        return iter(self._offered.values())

    def with_providers(self, providers: Mapping[str, str]) -> MeetingTypes:
        """Return the same types with other providers, by type id; raises UnknownMeetingType."""
        for type_id in providers:
            self.of(type_id)
        served = [
            replace(kind, provider=providers.get(kind.id, kind.provider)) for kind in self._types.values()
        ]
        return MeetingTypes(served, self._offered)


def _named(types: Mapping[str, MeetingType], type_id: str) -> MeetingType:
    try:
        return types[type_id]
    except KeyError:
        raise UnknownMeetingType from None


def load_meeting_types(path: Path = SHIPPED, offered: Iterable[str] | None = None) -> MeetingTypes:
    """Read the file; `offered` are the ids of the types on offer, None for all.

    Raises ValidationError naming every fault, OSError when it cannot be read, UnknownMeetingType for an offer of
    something that is not there.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as fault:
        raise ValidationError({"meeting_type": [f"not TOML: {fault}"]}) from None
    loaded: dict[str, list[MeetingType]] = _file.load(content)
    return MeetingTypes(loaded["meeting_type"], offered)
