"""The shapes of the personal-data check: fields to look through, and what was found where."""

from __future__ import annotations

from marshmallow import fields, validate

from addin.web.staff.api.exact import Exact


class CheckedFieldSchema(Exact):
    """One field of the item, to be looked through and forgotten."""

    field = fields.String(
        required=True, validate=validate.Regexp(r"^[a-z_]{1,40}$", error="not a field name")
    )
    text = fields.String(required=True)


class PersonalDataCheckSchema(Exact):
    """The fields to look through."""

    fields_ = fields.List(
        fields.Nested(CheckedFieldSchema),
        data_key="fields",
        required=True,
        validate=validate.Length(min=1, max=20),
    )


class FindingSchema(Exact):
    """What was found where; offsets in Unicode code points; never the text."""

    field = fields.String(required=True)
    kind = fields.String(required=True)
    tier = fields.String(required=True)
    start = fields.Integer(required=True)
    end = fields.Integer(required=True)


class FindingsSchema(Exact):
    """All findings."""

    findings = fields.List(fields.Nested(FindingSchema), required=True)
