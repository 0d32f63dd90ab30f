"""The shapes of meetings in the JSON interface: what is asked for and what is answered; nothing of the item's text."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import fields, pre_load, validate

from addin.meetings.bindings import CopyAnswer
from addin.meetings.links import LinkChange
from addin.meetings.model import Attention, CalendarNote, MeetingState
from addin.web.staff.api.exact import ADDRESS, ID, Exact, Instant

_TIME: Final = validate.Length(max=40)
_ZONE: Final = validate.Length(max=64)

TIME_DOC: Final = {
    "description": "ISO 8601 with offset, e.g. 2027-03-01T10:00:00+01:00",
    "format": "date-time",
}


class _LowerCaseAddresses(Exact):
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
        required=True, validate=ADDRESS, metadata={"description": "holds the calendar item"}
    )
    type = fields.String(required=True, validate=ID)
    variant = fields.String(required=True, validate=ID)
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
    on_behalf_of = fields.Email(load_default=None, allow_none=True, validate=ADDRESS)
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


class ChangeSchema(Exact):
    """What may be new about a meeting; the three parts of the time come together."""

    type = fields.String(validate=ID)
    variant = fields.String(validate=ID)
    unit = fields.String(validate=validate.Regexp(r"^[a-z0-9-]{1,60}$", error="not an id"))
    start = fields.String(validate=_TIME, metadata=TIME_DOC)
    end = fields.String(validate=_TIME, metadata=TIME_DOC)
    time_zone = fields.String(validate=_ZONE)


class AttentionSchema(Exact):
    """Why a person is needed."""

    code = fields.String(required=True, validate=validate.OneOf([reason.value for reason in Attention]))
    message = fields.String(required=True, metadata={"description": "Swedish sentence"})


class CalendarNoteSchema(Exact):
    """What following the meeting's calendar item has come to."""

    code = fields.String(required=True, validate=validate.OneOf([note.value for note in CalendarNote]))
    message = fields.String(required=True, metadata={"description": "Swedish sentence"})


class ItemBlockSchema(Exact):
    """The block that the pane writes into the calendar item."""

    html = fields.String(required=True)
    text = fields.String(required=True)
    earlier = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "earlier wordings, as plain text; the item may still bear one of them"},
    )


class ComingLinkSchema(Exact):
    """The link that a series gets with its next occurrence; `texts?link=coming` has the words for it."""

    join_url = fields.String(required=True)
    join_code_spoken = fields.String(required=True)


class LinkOutlookSchema(Exact):
    """What can be done about the meeting's link: at once, or from the next occurrence on, which is told."""

    possible = fields.List(
        fields.String(validate=validate.OneOf([change.value for change in LinkChange])), required=True
    )
    next_start = fields.String(required=True, allow_none=True, metadata=TIME_DOC)
    next_end = fields.String(required=True, allow_none=True, metadata=TIME_DOC)
    coming = fields.Nested(ComingLinkSchema, required=True, allow_none=True)


class MeetingSchema(Exact):
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


class MeetingQuerySchema(Exact):
    """Which meetings to list."""

    from_ = Instant(data_key="from", load_default=None, metadata={"description": "with offset"})
    to = Instant(load_default=None, metadata={"description": "with offset; not included"})
    page_size = fields.Integer(load_default=20, validate=validate.Range(1, 100))
    after = fields.String(
        load_default=None,
        validate=validate.Regexp(r"^\d{1,16}-[0-9a-f]{32}$", error="not a cursor"),
        metadata={"description": "`next` of the page before"},
    )


class ListedMeetingSchema(MeetingSchema):
    """A meeting in a list: without what costs a rendering or a look at its series."""

    class Meta(Exact.Meta):
        """What a list leaves out."""

        exclude = ("item_block", "link_change")


class UnreadableMeetingSchema(Exact):
    """A meeting that is there and that the service cannot read: a person must mend the ledger or its keys."""

    id = fields.String(required=True)
    start = Instant(required=True)
    code = fields.String(required=True, metadata={"description": "as a call for this one meeting fails"})
    message = fields.String(required=True, metadata={"description": "Swedish sentence"})


class MeetingPageSchema(Exact):
    """One page of meetings by start; `next` is the `after` of the next page.

    `unreadable` are those of the page that could not be read, empty where all is well: they count as its meetings.
    """

    meetings = fields.List(fields.Nested(ListedMeetingSchema), required=True)
    unreadable = fields.List(fields.Nested(UnreadableMeetingSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class ItemSchema(Exact):
    """The calendar item, as Outlook names it."""

    item_id = fields.String(
        required=True, validate=validate.Regexp(r"^[!-~]{1,512}$", error="not an item's id")
    )


class CopiesSchema(Exact):
    """What the copies of the item shall get that were asked about."""

    answer = fields.String(required=True, validate=validate.OneOf([one.value for one in CopyAnswer]))


class SeriesSchema(Exact):
    """Whether the same people meet at each occurrence, so that one link leads to all of them."""

    one_link = fields.Boolean(required=True)


class LinkChangeSchema(Exact):
    """From when on the meeting has another link: at once, or from the occurrence after the one that is open or next."""

    begins = fields.String(required=True, validate=validate.OneOf([change.value for change in LinkChange]))
