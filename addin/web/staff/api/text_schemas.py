"""The shapes of words in the JSON interface: link, texts, block, and what is said of who has heard them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from marshmallow import ValidationError, fields, post_load, validate

from addin.meetings.model import Told
from addin.web.staff.api.exact import ID, Exact, Instant

_MOST: Final = 999_999_999
# As far as meetings can lie, with much to spare: what is kept has room for no longer numbers.
_AMONG_TIMES: Final = validate.Range(datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


class AsOfSchema(Exact):
    """How the meeting stood that words tell of: what those know who get them."""

    revision = fields.Integer(required=True, strict=True, validate=validate.Range(1, _MOST))
    start = Instant(required=True, validate=_AMONG_TIMES)
    end = Instant(required=True, validate=_AMONG_TIMES)
    cancelled = fields.Boolean(required=True)

    @post_load
    def told(self, data: dict[str, Any], **_: object) -> Told:
        """Return it as the meetings know it."""
        if data["end"] <= data["start"]:
            raise ValidationError("not after the start", "end")
        return Told(**data)


class CopiedSchema(Exact):
    """Which audience was told, by what: a copied link or text, or (`informed`) in a way of the clinician's own."""

    audience = fields.String(required=True, validate=ID)
    what = fields.String(required=True, validate=validate.OneOf(["link", "text", "informed"]))
    link = fields.String(
        load_default="current",
        validate=validate.OneOf(["current", "coming"]),
        metadata={"description": "whether it was the link that is to come"},
    )
    as_of = fields.Nested(
        AsOfSchema,
        load_default=None,
        metadata={
            "description": "`as_of` of the texts that were copied or read out, as it was answered; left out: they were "
            "told of the meeting as it is when this arrives"
        },
    )


class TextQuerySchema(Exact):
    """Which texts."""

    audience = fields.String(required=True, validate=ID)
    language = fields.String(
        load_default="sv", validate=validate.Regexp(r"^[a-z]{2,3}$", error="not a language")
    )
    link = fields.String(
        load_default="current",
        validate=validate.OneOf(["current", "coming"]),
        metadata={"description": "with which link and time; the meeting's own where none is to come"},
    )


class InvitationQuerySchema(Exact):
    """Whose calendar it is for."""

    audience = fields.String(required=True, validate=ID)


class LinkSchema(Exact):
    """The link alone, and the 1177 template into which it is pasted."""

    url = fields.String(required=True)
    central_template = fields.String(required=True, allow_none=True)


class TextSchema(Exact):
    """A text ready to be copied; `plain` and `html` say the same."""

    id = fields.String(required=True)
    version = fields.Integer(required=True)
    occasion = fields.String(required=True)
    title = fields.String(required=True)
    plain = fields.String(required=True)
    html = fields.String(required=True)


class TextsSchema(Exact):
    """All texts for one audience, in the order in which they are offered."""

    audience = fields.String(required=True)
    language = fields.String(required=True)
    copy_first = fields.String(required=True)
    as_of = fields.Nested(
        AsOfSchema, required=True, metadata={"description": "to be sent back with `POST copied`"}
    )
    link = fields.Nested(LinkSchema, required=True)
    texts = fields.List(fields.Nested(TextSchema), required=True)


class BlockQuerySchema(Exact):
    """In which format."""

    format = fields.String(load_default="html", validate=validate.OneOf(["html", "text"]))


class BlockSchema(Exact):
    """The item block in one format."""

    format = fields.String(required=True)
    content = fields.String(required=True)
