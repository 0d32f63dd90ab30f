"""What Pexip's management API answers, as far as we read it; all else in an answer is dropped unread.

Source: Pexip Infinity management API v41 as seen in pexip/go-infinity-sdk (August 2026). PINs, descriptions and the
names of participants are left out on purpose: what is never parsed can never be logged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load

# Refusals are told apart by the vendor's words alone; they are read here and never leave this module.
_TAKEN: Final = re.compile(r"already exists|already in use|must be unique|duplicate", re.IGNORECASE)
_LICENCE: Final = re.compile(r"licen[cs]e", re.IGNORECASE)


class Wrong(Exception):
    """The answer is not what the interface promises; says nothing of what it was instead."""


class _Answer(Schema):
    class Meta:
        unknown = EXCLUDE


class _AliasSchema(_Answer):
    alias = fields.String(required=True)


class OwnerSchema(_Answer):
    """Enough of a `conference` to say whose it is. Some versions write the id as text."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    tag = fields.String(load_default="", allow_none=True)


class RoomSchema(OwnerSchema):
    """A `conference` read back. A setting that is missing is None, and so never passes for protected."""

    aliases = fields.List(fields.Nested(_AliasSchema), load_default=list)
    service_type = fields.String(load_default=None, allow_none=True)
    call_type = fields.String(load_default=None, allow_none=True)
    allow_guests = fields.Boolean(load_default=None, allow_none=True)
    participant_limit = fields.Integer(load_default=None, allow_none=True)
    crypto_mode = fields.String(load_default=None, allow_none=True)
    enable_chat = fields.String(load_default=None, allow_none=True)
    enable_overlay_text = fields.Boolean(load_default=None, allow_none=True)
    guests_can_present = fields.Boolean(load_default=None, allow_none=True)
    mute_all_guests = fields.Boolean(load_default=None, allow_none=True)
    primary_owner_email_address = fields.String(load_default=None, allow_none=True)
    automatic_participants = fields.List(fields.Raw(), load_default=None, allow_none=True)


class CallSchema(_Answer):
    """A running conference (`status/v1/conference`); `id` is its UUID, which is not the room's id."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    tag = fields.String(load_default=None, allow_none=True)


class ParticipantSchema(_Answer):
    """Somebody in a call (`status/v1/participant`): only the role and in which call."""

    conference = fields.String(required=True)
    role = fields.String(required=True)


class CommandSchema(_Answer):
    """The answer to a command."""

    status = fields.String(required=True)


class _MetaSchema(_Answer):
    next = fields.String(required=True, allow_none=True)
    total_count = fields.Integer(required=True)


class _PageSchema(_Answer):
    meta = fields.Nested(_MetaSchema, required=True)
    objects = fields.List(fields.Dict(), required=True)

    @pre_load
    def _is_object(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, Mapping):
            raise ValidationError("not an object")
        return data


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `next` is the vendor's address of the next one, of which only the offset may be used."""

    objects: list[dict[str, Any]]
    next: str | None


_PAGE: Final = _PageSchema()
OWNER: Final = OwnerSchema()
ROOM: Final = RoomSchema()
CALL: Final = CallSchema()
PARTICIPANT: Final = ParticipantSchema()
COMMAND: Final = CommandSchema()


def read(schema: Schema, body: Any) -> dict[str, Any]:
    """Return the fields that `schema` names; raises Wrong."""
    if not isinstance(body, dict):
        raise Wrong
    try:
        loaded: dict[str, Any] = schema.load(body)
    except ValidationError:
        raise Wrong from None  # the validation error repeats the vendor's values
    return loaded


def read_page(schema: Schema, body: Any) -> Page:
    """Return a page whose objects are read by `schema`; raises Wrong."""
    page = read(_PAGE, body)
    objects = [read(schema, item) for item in page["objects"]]
    return Page(objects, page["meta"]["next"])


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a room was refused (400): the fields by our own names, and what kind of refusal it was."""

    fields: tuple[str, ...]
    taken: bool
    licence: bool


def read_refusal(body: Any, sent: Mapping[str, Any]) -> Refusal:
    """Read a 400, flat `{"field": [...]}` or nested `{"conference": {"field": [...]}}`: sources disagree.

    Only fields that we sent are named, so that no word of the vendor's gets any further.
    """
    told = dict(_sentences(body))
    named = tuple(sorted(set(told) & set(sent)))
    # A sentence about an alias comes under `aliases`, or from the alias's own resource under `alias`.
    if "alias" in told and "aliases" not in named:
        named = (*named, "aliases")
    words = " ".join(told.values())
    taken = bool({"name", "aliases"} & set(named)) and bool(_TAKEN.search(words))
    return Refusal(named, taken, not named and bool(_LICENCE.search(words)))


def _sentences(body: Any) -> Iterator[tuple[str, str]]:
    """Yield (innermost field, sentences) of an error body of whatever shape."""
    if not isinstance(body, Mapping):
        return
    for key, value in body.items():
        if isinstance(value, Mapping):
            yield from _sentences(value)
        else:
            yield str(key), str(value)
