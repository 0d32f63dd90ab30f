"""The shapes of what there is to choose from: meeting types and units."""

from __future__ import annotations

from marshmallow import fields

from addin.web.staff.api.exact import ADDRESS, Exact


class VariantSchema(Exact):
    """A variant of a meeting type."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class MeetingTypeSchema(Exact):
    """A meeting type as people choose it."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    when_to_use = fields.String(required=True)
    provider = fields.String(required=True)
    provider_note = fields.String(required=True, allow_none=True)
    participant_limit = fields.Integer(required=True)
    copy_rule = fields.String(required=True)
    series_rule = fields.String(required=True)
    neutral_subject = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    audiences = fields.List(fields.String(), required=True)
    variants = fields.List(fields.Nested(VariantSchema), required=True)


class MeetingTypesSchema(Exact):
    """All meeting types."""

    meeting_types = fields.List(fields.Nested(MeetingTypeSchema), required=True)


class UnitQuerySchema(Exact):
    """For which mailbox the default is wanted."""

    mailbox = fields.Email(load_default=None, validate=ADDRESS)


class UnitSchema(Exact):
    """A unit as people choose it."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    telephone = fields.String(required=True)
    hours = fields.String(required=True)
    contact_without_speech = fields.String(required=True)
    default = fields.Boolean(required=True)


class UnitsSchema(Exact):
    """All units."""

    units = fields.List(fields.Nested(UnitSchema), required=True)
