"""Every failure that the meetings can meet, as types; statuses and Swedish sentences stand in `addin.web.problems`.

    CareMeetingError
    ├── RequestRefused                    what the caller asked cannot be done as asked
    │   ├── InvalidTime
    │   │   ├── TimeMalformed  TimeWithoutOffset  TimeInPast  TimeTooFar  TimeReversed  MeetingTooLong
    │   │   └── TimeDoesNotExist  TimeZoneUnknown  TimeZoneMismatch
    │   ├── UnknownMeetingType  UnknownVariant  UnknownUnit  UnknownAudience  TextMissing
    │   ├── MailboxNotAllowed
    │   ├── IdempotencyKeyMissing  IdempotencyKeyReused
    │   ├── MeetingNotFound  MeetingChanged  MeetingIsCancelled  MeetingNotReady
    │   ├── MeetingHasBegun  NoNextOccurrence  SeriesHasGoneOn  NoCopyAsked  CopiesNotWritable
    │   ├── MistypedCode
    │   └── NotAllowedToStart
    ├── LedgerError
    │   ├── LedgerUnavailable             nothing of the unit was committed; may be repeated
    │   └── LeaseLost                     somebody else holds the row now; their result counts
    ├── UnknownKey  SealBroken            what was made with a key cannot be read: a fault of ours or of the ledger
    ├── MailError
    │   ├── MailUnavailable               surely not handed over; may be repeated
    │   │   └── MailOutcomeUnknown        perhaps handed over; repeated with the same Message-ID
    │   ├── MailRefused                   the server will not take this mail: no such address
    │   └── MailAuthenticationFailed  MailNotProtected
    └── ProviderError
        ├── ProviderUnavailable           surely not applied; may be repeated
        │   └── RateLimited               the same, after `retry_after` seconds
        ├── OutcomeUnknown                bytes were sent, no answer was understood; look up before repeating
        ├── AuthenticationFailed  PermissionDenied  InvalidRequest  CapacityExceeded  NotSupported
        ├── ForeignRoom                   the name or alias belongs to somebody else; never touched
        ├── RoomNotFound
        ├── LinkWouldChange
        └── ProtectionNotApplied

No error carries text from a calendar item, a link, a code, a PIN or a provider's answer.
"""

from __future__ import annotations


class CareMeetingError(Exception):
    """The root: a failure that the product knows by name."""


class RequestRefused(CareMeetingError):
    """What the caller asked cannot be done as asked; repeating it unchanged does not help."""


class InvalidTime(RequestRefused):
    """The start, the end or the zone of a meeting is not usable."""


class TimeMalformed(InvalidTime):
    """A time was not ISO 8601, or lies outside the years that can be counted with."""


class TimeWithoutOffset(InvalidTime):
    """A time had no offset from UTC."""


class TimeInPast(InvalidTime):
    """The meeting would already be over."""


class TimeTooFar(InvalidTime):
    """The meeting is more than ten years away."""


class TimeReversed(InvalidTime):
    """The end is not after the start."""


class MeetingTooLong(InvalidTime):
    """The meeting is longer than 24 hours."""


class TimeDoesNotExist(InvalidTime):
    """The clock time is skipped in that zone (the hour lost when summer time begins)."""


class TimeZoneUnknown(InvalidTime):
    """The zone is not an IANA name."""


class TimeZoneMismatch(InvalidTime):
    """The offset is not the one that the zone has at that clock time."""


class UnknownMeetingType(RequestRefused):
    """No such meeting type is configured."""


class UnknownVariant(RequestRefused):
    """The meeting type has no such variant."""


class UnknownUnit(RequestRefused):
    """No such unit is configured."""


class UnknownAudience(RequestRefused):
    """The meeting type has no texts for that audience."""


class TextMissing(RequestRefused):
    """There is no text in that language."""


class MailboxNotAllowed(RequestRefused):
    """The mailbox is not in a mail domain that the service is set up for."""


class IdempotencyKeyMissing(RequestRefused):
    """A booking without an Idempotency-Key, or with an unusable one."""


class IdempotencyKeyReused(RequestRefused):
    """The key was used before, with another request."""


class MeetingNotFound(RequestRefused):
    """No such meeting, or it is somebody else's: the two are never told apart."""


class MeetingChanged(RequestRefused):
    """The meeting has a newer revision than the caller has seen."""


class MeetingIsCancelled(RequestRefused):
    """The meeting has been cancelled and cannot be changed."""


class MeetingNotReady(RequestRefused):
    """The room has not been made yet, so there is no link and no text to give away."""


class MeetingHasBegun(RequestRefused):
    """People may be in the room by now, so that its link cannot be exchanged under their hands."""


class NoNextOccurrence(RequestRefused):
    """The meeting is no series with one link, or its last occurrence is the one that is open or to come."""


class SeriesHasGoneOn(RequestRefused):
    """The meeting has left its series' first occurrence, so that it cannot be that one alone any more."""


class NoCopyAsked(RequestRefused):
    """No copy of the meeting's item waits for an answer: there is none, or it is gone."""


class CopiesNotWritable(RequestRefused):
    """The service may not write into calendars, so that only people can change the copy."""


class MistypedCode(RequestRefused):
    """The characters cannot be a code: wrong length, an alien character, or a wrong check character."""


class NotAllowedToStart(RequestRefused):
    """The host rule of the type does not let this person start the meeting."""


class LedgerError(CareMeetingError):
    """The ledger could not do its part."""


class LedgerUnavailable(LedgerError):
    """Nothing of the unit was committed (locked, full, unreachable); it may be repeated."""


class LeaseLost(LedgerError):
    """The lease ran out and another process took the row; its result counts, not ours."""


class UnknownKey(CareMeetingError):
    """Something was made with a key whose id is not in the settings any more."""


class SealBroken(CareMeetingError):
    """A sealed value was changed, or belongs to another row."""


class MailError(CareMeetingError):
    """The mail server could not do its part; the text is a reply code or the kind of failure, never an address."""


class MailUnavailable(MailError):
    """The mail was surely not handed over; it may be sent again."""


class MailOutcomeUnknown(MailUnavailable):
    """The mail may have been handed over, since the answer was lost; it may be sent again with its Message-ID."""


class MailRefused(MailError):
    """The server will never take this mail, such as for an address that it does not know."""


class MailAuthenticationFailed(MailError):
    """The server refused our credentials, or wants some."""


class MailNotProtected(MailError):
    """The server offers no encryption, or its certificate is not to be trusted; nothing was sent."""


class ProviderError(CareMeetingError):
    """The conferencing provider could not do its part."""


class ProviderUnavailable(ProviderError):
    """The call was surely not applied (refused connection, 503); it may be repeated."""


class RateLimited(ProviderUnavailable):
    """Too many calls; surely not applied.

    `retry_after` is in seconds.
    """

    def __init__(self, retry_after: float) -> None:
        super().__init__("rate limited")
        self.retry_after = retry_after


class OutcomeUnknown(ProviderError):
    """Bytes were sent and no answer was understood: look up with `find_room` before repeating."""


class AuthenticationFailed(ProviderError):
    """The provider refused our credentials (401)."""


class PermissionDenied(ProviderError):
    """The provider knows us and says no (403)."""


class InvalidRequest(ProviderError):
    """The provider refused the request itself (400).

    `fields` names the refused fields, never their values or the provider's words.
    """

    def __init__(self, fields: tuple[str, ...] = ()) -> None:
        super().__init__("invalid request: " + ", ".join(fields))
        self.fields = fields


class CapacityExceeded(ProviderError):
    """The provider has no licence or room left for one more meeting."""


class NotSupported(ProviderError):
    """The provider cannot do this at all."""


class ForeignRoom(ProviderError):
    """A room bears our name or alias without a tag that we made; it is never touched."""


class RoomNotFound(ProviderError):
    """The room that we refer to is not at the provider any more."""


class LinkWouldChange(ProviderError):
    """The change would give the room another address."""


class ProtectionNotApplied(ProviderError):
    """The provider accepted the room, but what it stored is not what protects the meeting."""
