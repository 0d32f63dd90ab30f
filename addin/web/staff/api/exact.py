"""What all shapes of the JSON interface have in common: no field but those that are named, and one of failures."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from marshmallow import RAISE, Schema, ValidationError, fields, validate

ID: Final = validate.Regexp(r"^[a-z][a-z-]{0,59}$", error="not an id")
ADDRESS: Final = validate.Length(max=254)


class Exact(Schema):
    """No field but these, neither asked nor answered; the description of the interface says so, too."""

    class Meta:
        """What marshmallow does with other fields."""

        unknown = RAISE


class Instant(fields.AwareDateTime):
    """A time with offset, taken as the same instant in UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            return super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except OverflowError:  # in UTC it would lie before the year 1 or after 9999
            raise ValidationError("not a time that can be told in UTC") from None


class ProblemSchema(Exact):
    """RFC 9457, with what the pane needs."""

    type = fields.String(required=True)
    title = fields.String(required=True, metadata={"description": "Swedish: what happened, what to do"})
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    retryable = fields.Boolean(required=True)
    request_id = fields.String(required=True)
    errors = fields.Dict(metadata={"description": "refused fields"})
