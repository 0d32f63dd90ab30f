"""Neutral subjects, room titles and places, by meeting type and variant: `texts/titles.toml`.

A room's title is seen by every guest and an item's subject by every colleague, so both are fixed words that
say nothing about the patient.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate

from templates_messages.catalogue import SHIPPED, CatalogueFault, read_utf8
from templates_messages.vocabulary import Audience

TITLES: Final = "titles.toml"
LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class NeutralTitles:
    """What an empty subject becomes, what guests see as the room's title, and the item's location."""

    subject: str
    room_title: str
    location: str


@dataclass(frozen=True, slots=True)
class Titles:
    """The titles of every meeting type and variant, and whom each meeting type has texts for."""

    by_kind: Mapping[tuple[str, str], NeutralTitles]
    audiences: Mapping[str, tuple[Audience, ...]]

    def of(self, meeting_type: str, variant: str) -> NeutralTitles:
        """Return the titles. Raises KeyError for a type or variant that the file does not name."""
        return self.by_kind[meeting_type, variant]


def load_titles(directory: Path = SHIPPED) -> Titles:
    """Read the titles. Raises CatalogueFault."""
    try:
        content = tomllib.loads(read_utf8(directory / TITLES, TITLES))
    except FileNotFoundError as fault:
        raise CatalogueFault(TITLES, "titles", "the file is missing") from fault
    except tomllib.TOMLDecodeError as fault:
        raise CatalogueFault(TITLES, "titles", f"the file is not TOML: {fault}") from fault
    by_kind: dict[tuple[str, str], NeutralTitles] = {}
    audiences: dict[str, tuple[Audience, ...]] = {}
    for meeting_type, entry in content.items():
        read = _read(meeting_type, entry)
        audiences[meeting_type] = tuple(read["audiences"])
        by_kind.update(
            ((meeting_type, variant), NeutralTitles(**titles)) for variant, titles in read["variants"].items()
        )
    return Titles(by_kind, audiences)


def _read(meeting_type: str, entry: object) -> dict[str, Any]:
    try:
        read: dict[str, Any] = _meeting_type.load(entry)  # type: ignore[arg-type]  # it refuses non-mappings
    except ValidationError as fault:
        path = " / ".join((meeting_type, *_path_of(fault.messages_dict)))
        raise CatalogueFault(TITLES, "titles", path) from fault
    return read


def _path_of(messages: object) -> Iterator[str]:
    """Yield the keys that lead to the first fault, then what is wrong."""
    while isinstance(messages, dict):
        key, messages = next(iter(messages.items()))
        yield str(key)
    if isinstance(messages, list):
        yield from map(str, messages)


def _neutral() -> fields.String:
    # Digits could be a date or a personal number; braces would be a placeholder: a title has no values at all.
    return fields.String(
        required=True,
        validate=[
            validate.Length(min=3, max=LONGEST),
            validate.Regexp(
                r"[^\d{}<>@]*\Z", error="no digits, placeholders or addresses in a neutral title"
            ),
        ],
    )


class _TitlesSchema(Schema):
    subject = _neutral()
    room_title = _neutral()
    location = _neutral()


class _MeetingTypeSchema(Schema):
    audiences = fields.List(
        fields.Enum(Audience, by_value=True), required=True, validate=validate.Length(min=1)
    )
    variants = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(_TitlesSchema),
        required=True,
        validate=validate.Length(min=1),
    )


# Made once: that costs more than reading with it.
_meeting_type: Final = _MeetingTypeSchema()
