"""The shapes of the JSON interface; unknown fields are refused, and no field holds anything from the item's text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, pre_load, validate

from addin.meetings.bindings import CopyAnswer
from addin.meetings.links import LinkChange
from addin.meetings.model import Attention, CalendarNote, MeetingState, Told

_ID: Final = validate.Regexp(r"^[a-z][a-z-]{0,59}$", error="not an id")
_TIME: Final = validate.Length(max=40)
_ZONE: Final = validate.Length(max=64)
_ADDRESS: Final = validate.Length(max=254)

TIME_DOC: Final = {
    "description": "ISO 8601 with offset, e.g. 2027-03-01T10:00:00+01:00",
    "format": "date-time",
}


class _Exact(Schema):
    """No field but these, neither asked nor answered; the description of the interface says so, too."""

    class Meta:
        unknown = RAISE


class _LowerCaseAddresses(_Exact):
    """Mail addresses are compared in lower case, so they are taken so."""

    @pre_load
    def lower(self, data: Any, **_: object) -> Any:
        if not isinstance(data, dict):
            return data
        return {
            key: value.lower() if key in ("mailbox", "on_behalf_of") and isinstance(value, str) else value
            for key, value in data.items()
        }


class BookingSchema(_LowerCaseAddresses):
    """What *Skapa möte* asks for."""

    mailbox = fields.Email(
        required=True, validate=_ADDRESS, metadata={"description": "holds the calendar item"}
    )
    type = fields.String(required=True, validate=_ID)
    variant = fields.String(required=True, validate=_ID)
    unit = fields.String(required=True, validate=validate.Regexp(r"^[a-z0-9-]{1,60}$", error="not an id"))
    start = fields.String(required=True, validate=_TIME, metadata=TIME_DOC)
    end = fields.String(required=True, validate=_TIME, metadata=TIME_DOC)
    time_zone = fields.String(required=True, validate=_ZONE, metadata={"description": "IANA name"})
    hosts = fields.List(
        fields.UUID(),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={"description": "object ids"},
    )
    on_behalf_of = fields.Email(load_default=None, allow_none=True, validate=_ADDRESS)
    item_id = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"^[!-~]{1,512}$", error="not an item's id"),
        metadata={"description": "Outlook's id of the item when it has been saved; kept as a hash"},
    )
    earlier_meeting = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"^[0-9a-f]{32}$", error="not a meeting's id"),
        metadata={
            "description": "the meeting that the item holds and that who books cannot see; its people are told"
        },
    )


class ChangeSchema(_Exact):
    """What may be new about a meeting; the three parts of the time come together."""

    type = fields.String(validate=_ID)
    variant = fields.String(validate=_ID)
    unit = fields.String(validate=validate.Regexp(r"^[a-z0-9-]{1,60}$", error="not an id"))
    start = fields.String(validate=_TIME, metadata=TIME_DOC)
    end = fields.String(validate=_TIME, metadata=TIME_DOC)
    time_zone = fields.String(validate=_ZONE)


class AttentionSchema(_Exact):
    """Why a person is needed."""

    code = fields.String(required=True, validate=validate.OneOf([reason.value for reason in Attention]))
    message = fields.String(required=True, metadata={"description": "Swedish sentence"})


class CalendarNoteSchema(_Exact):
    """What following the meeting's calendar item has come to."""

    code = fields.String(required=True, validate=validate.OneOf([note.value for note in CalendarNote]))
    message = fields.String(required=True, metadata={"description": "Swedish sentence"})


class ItemBlockSchema(_Exact):
    """The block that the pane writes into the calendar item."""

    html = fields.String(required=True)
    text = fields.String(required=True)
    earlier = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "earlier wordings, as plain text; the item may still bear one of them"},
    )


class ComingLinkSchema(_Exact):
    """The link that a series gets with its next occurrence; `texts?link=coming` has the words for it."""

    join_url = fields.String(required=True)
    join_code_spoken = fields.String(required=True)


class LinkOutlookSchema(_Exact):
    """What can be done about the meeting's link: at once, or from the next occurrence on, which is told."""

    possible = fields.List(
        fields.String(validate=validate.OneOf([change.value for change in LinkChange])), required=True
    )
    next_start = fields.String(required=True, allow_none=True, metadata=TIME_DOC)
    next_end = fields.String(required=True, allow_none=True, metadata=TIME_DOC)
    coming = fields.Nested(ComingLinkSchema, required=True, allow_none=True)


class MeetingSchema(_Exact):
    """A meeting as it is now; links are null until the room has been made."""

    id = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in MeetingState]))
    unbound = fields.Boolean(required=True)
    revision = fields.Integer(required=True)
    type = fields.String(required=True)
    variant = fields.String(required=True)
    unit = fields.String(required=True)
    start = fields.String(required=True, metadata=TIME_DOC)
    end = fields.String(required=True, metadata=TIME_DOC)
    time_zone = fields.String(required=True)
    mailbox = fields.String(required=True)
    on_behalf_of = fields.String(required=True, allow_none=True)
    hosts = fields.List(fields.String(), required=True)
    join_url = fields.String(required=True, allow_none=True)
    start_url = fields.String(required=True, allow_none=True)
    join_code_spoken = fields.String(required=True, allow_none=True)
    neutral_subject = fields.String(required=True)
    location = fields.String(required=True)
    item_block = fields.Nested(ItemBlockSchema, allow_none=True)
    previous_start = fields.String(required=True, allow_none=True)
    previous_end = fields.String(required=True, allow_none=True)
    attention = fields.Nested(AttentionSchema, required=True, allow_none=True)
    calendar_notes = fields.List(fields.Nested(CalendarNoteSchema), required=True)
    deviation = fields.String(required=True, allow_none=True, metadata={"description": "Swedish sentence"})
    retryable = fields.Boolean(required=True)
    link_change = fields.Nested(LinkOutlookSchema)
    told = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    told_stale = fields.List(fields.String(), required=True)


class LookedAtSchema(MeetingSchema):
    """A meeting whose item was to be looked at."""

    sign_in_challenge = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "claims to sign in again with, where the caller's own rights are the only ones to the item"
        },
    )


class _Instant(fields.AwareDateTime):
    """A time with offset, taken as the same instant in UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            return super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except OverflowError:  # in UTC it would lie before the year 1 or after 9999
            raise ValidationError("not a time that can be told in UTC") from None


class MeetingQuerySchema(_Exact):
    """Which meetings to list."""

    from_ = _Instant(data_key="from", load_default=None, metadata={"description": "with offset"})
    to = _Instant(load_default=None, metadata={"description": "with offset; not included"})
    page_size = fields.Integer(load_default=20, validate=validate.Range(1, 100))
    after = fields.String(
        load_default=None,
        validate=validate.Regexp(r"^\d{1,16}-[0-9a-f]{32}$", error="not a cursor"),
        metadata={"description": "`next` of the page before"},
    )


class ListedMeetingSchema(MeetingSchema):
    """A meeting in a list: without what costs a rendering or a look at its series."""

    class Meta(_Exact.Meta):
        """What a list leaves out."""

        exclude = ("item_block", "link_change")


class UnreadableMeetingSchema(_Exact):
    """A meeting that is there and that the service cannot read: a person must mend the ledger or its keys."""

    id = fields.String(required=True)
    start = _Instant(required=True)
    code = fields.String(required=True, metadata={"description": "as a call for this one meeting fails"})
    message = fields.String(required=True, metadata={"description": "Swedish sentence"})


class MeetingPageSchema(_Exact):
    """One page of meetings by start; `next` is the `after` of the next page.

    `unreadable` are those of the page that could not be read, empty where all is well: they count as its meetings.
    """

    meetings = fields.List(fields.Nested(ListedMeetingSchema), required=True)
    unreadable = fields.List(fields.Nested(UnreadableMeetingSchema), required=True)
    next = fields.String(required=True, allow_none=True)


_MOST: Final = 999_999_999
# As far as meetings can lie, with much to spare: what is kept has room for no longer numbers.
_AMONG_TIMES: Final = validate.Range(datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


class AsOfSchema(_Exact):
    """How the meeting stood that words tell of: what those know who get them."""

    revision = fields.Integer(required=True, strict=True, validate=validate.Range(1, _MOST))
    start = _Instant(required=True, validate=_AMONG_TIMES)
    end = _Instant(required=True, validate=_AMONG_TIMES)
    cancelled = fields.Boolean(required=True)

    @post_load
    def told(self, data: dict[str, Any], **_: object) -> Told:
        """Return it as the meetings know it."""
        if data["end"] <= data["start"]:
            raise ValidationError("not after the start", "end")
        return Told(**data)


class CopiedSchema(_Exact):
    """Which audience was told, by what: a copied link or text, or (`informed`) in a way of the clinician's own."""

    audience = fields.String(required=True, validate=_ID)
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


class ItemSchema(_Exact):
    """The calendar item, as Outlook names it."""

    item_id = fields.String(
        required=True, validate=validate.Regexp(r"^[!-~]{1,512}$", error="not an item's id")
    )


class CopiesSchema(_Exact):
    """What the copies of the item shall get that were asked about."""

    answer = fields.String(required=True, validate=validate.OneOf([one.value for one in CopyAnswer]))


class SeriesSchema(_Exact):
    """Whether the same people meet at each occurrence, so that one link leads to all of them."""

    one_link = fields.Boolean(required=True)


class LinkChangeSchema(_Exact):
    """From when on the meeting has another link: at once, or from the occurrence after the one that is open or next."""

    begins = fields.String(required=True, validate=validate.OneOf([change.value for change in LinkChange]))


class TextQuerySchema(_Exact):
    """Which texts."""

    audience = fields.String(required=True, validate=_ID)
    language = fields.String(
        load_default="sv", validate=validate.Regexp(r"^[a-z]{2,3}$", error="not a language")
    )
    link = fields.String(
        load_default="current",
        validate=validate.OneOf(["current", "coming"]),
        metadata={"description": "with which link and time; the meeting's own where none is to come"},
    )


class InvitationQuerySchema(_Exact):
    """Whose calendar it is for."""

    audience = fields.String(required=True, validate=_ID)


class LinkSchema(_Exact):
    """The link alone, and the 1177 template into which it is pasted."""

    url = fields.String(required=True)
    central_template = fields.String(required=True, allow_none=True)


class TextSchema(_Exact):
    """A text ready to be copied; `plain` and `html` say the same."""

    id = fields.String(required=True)
    version = fields.Integer(required=True)
    occasion = fields.String(required=True)
    title = fields.String(required=True)
    plain = fields.String(required=True)
    html = fields.String(required=True)


class TextsSchema(_Exact):
    """All texts for one audience, in the order in which they are offered."""

    audience = fields.String(required=True)
    language = fields.String(required=True)
    copy_first = fields.String(required=True)
    as_of = fields.Nested(
        AsOfSchema, required=True, metadata={"description": "to be sent back with `POST copied`"}
    )
    link = fields.Nested(LinkSchema, required=True)
    texts = fields.List(fields.Nested(TextSchema), required=True)


class BlockQuerySchema(_Exact):
    """In which format."""

    format = fields.String(load_default="html", validate=validate.OneOf(["html", "text"]))


class BlockSchema(_Exact):
    """The item block in one format."""

    format = fields.String(required=True)
    content = fields.String(required=True)


class VariantSchema(_Exact):
    """A variant of a meeting type."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class MeetingTypeSchema(_Exact):
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


class MeetingTypesSchema(_Exact):
    """All meeting types."""

    meeting_types = fields.List(fields.Nested(MeetingTypeSchema), required=True)


class UnitQuerySchema(_Exact):
    """For which mailbox the default is wanted."""

    mailbox = fields.Email(load_default=None, validate=_ADDRESS)


class UnitSchema(_Exact):
    """A unit as people choose it."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    telephone = fields.String(required=True)
    hours = fields.String(required=True)
    contact_without_speech = fields.String(required=True)
    default = fields.Boolean(required=True)


class UnitsSchema(_Exact):
    """All units."""

    units = fields.List(fields.Nested(UnitSchema), required=True)


class CheckedFieldSchema(_Exact):
    """One field of the item, to be looked through and forgotten."""

    field = fields.String(
        required=True, validate=validate.Regexp(r"^[a-z_]{1,40}$", error="not a field name")
    )
    text = fields.String(required=True)


class PersonalDataCheckSchema(_Exact):
    """The fields to look through."""

    fields_ = fields.List(
        fields.Nested(CheckedFieldSchema),
        data_key="fields",
        required=True,
        validate=validate.Length(min=1, max=20),
    )


class FindingSchema(_Exact):
    """What was found where; offsets in Unicode code points; never the text."""

    field = fields.String(required=True)
    kind = fields.String(required=True)
    tier = fields.String(required=True)
    start = fields.Integer(required=True)
    end = fields.Integer(required=True)


class FindingsSchema(_Exact):
    """All findings."""

    findings = fields.List(fields.Nested(FindingSchema), required=True)


class ProblemSchema(_Exact):
    """RFC 9457, with what the pane needs."""

    type = fields.String(required=True)
    title = fields.String(required=True, metadata={"description": "Swedish: what happened, what to do"})
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    retryable = fields.Boolean(required=True)
    request_id = fields.String(required=True)
    errors = fields.Dict(metadata={"description": "refused fields"})
