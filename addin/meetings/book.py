"""Books a meeting: commits the wish, then has its room made while the clinician waits.

The wish and everything that the provider will be told are committed before the first call, so that a process that
dies anywhere on the way leaves a row that says what to do next (docs/adr/0001).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta

from addin.meetings.access import belongs_to
from addin.meetings.bindings import ItemBinding
from addin.meetings.codes import new_code
from addin.meetings.deadline import Deadline
from addin.meetings.errors import (
    IdempotencyKeyReused,
    LedgerUnavailable,
    MailboxNotAllowed,
    MeetingNotFound,
    NotSupported,
    RequestRefused,
    TimeInPast,
)
from addin.meetings.keyring import Keyring
from addin.meetings.ledger_port import Ledger, NewBooking, Reading, Writing
from addin.meetings.lobby import refuse_weaker_lobby
from addin.meetings.model import AuditEntry, CalendarNote, Claim, Meeting, MeetingState, Principal, Window
from addin.meetings.notices import NoticeKind
from addin.meetings.ports import Clock, ConferencingProvider
from addin.meetings.reconcile import LEASE_SECONDS, Reconciler
from addin.meetings.rooms import RoomPlans
from addin.meetings.units import Units

# How long a click waits for the provider before it is told that the room is still being made.
INLINE_SECONDS = 6.0
# Whoever presses has the item open, and her pane writes the new block; a service that wrote, too, would tell her that
# the item was changed under her hands.
PANE_WRITES_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """What the clinician asked for; `mailbox` holds the item, `item_id` is its id if it has been saved.

    `earlier_meeting` is whose mark the item bears, when she cannot see that meeting. It is a hint alone, and no
    part of what a repeat is known by.
    """

    mailbox: str
    type: str
    variant: str
    unit: str
    window: Window
    hosts: tuple[str, ...]
    on_behalf_of: str | None
    item_id: str | None
    earlier_meeting: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Booked:
    """The meeting as it is now; `created` tells this request's own meeting from one that was there already."""

    meeting: Meeting
    created: bool


@dataclass(frozen=True, slots=True)
class BookMeeting:
    """The use case behind *Skapa möte*.

    `mail_domains` (lower case) are those whose mailboxes may hold meetings. `follows`: calendar items are followed.
    `quiet_seconds`: how long a mail waits for the next change.
    """

    ledger: Ledger
    reconciler: Reconciler
    plans: RoomPlans
    units: Units
    clock: Clock
    mail_domains: frozenset[str]
    providers: dict[str, ConferencingProvider]
    follows: bool = False
    quiet_seconds: float = 120.0

    def __call__(self, request: BookingRequest, who: Principal, key: str) -> Booked:
        """Book, or return what the same key or the same item booked before.

        Raises UnknownMeetingType, UnknownVariant, UnknownUnit, MailboxNotAllowed, NotSupported, TimeInPast,
        IdempotencyKeyReused, LedgerUnavailable. A provider's failure is no error here: the meeting says so.
        """
        booking_key = _BookingKey(self.plans.keyring, request, who, key)
        try:
            self._refuse_unusable(request)
        except (RequestRefused, NotSupported):
            # It may be a repeat whose first answer was lost, of what can be booked no more since.
            meeting = self.ledger.read(booking_key.meeting)
            if meeting is None:
                raise
            return Booked(meeting, created=False)
        booked = _Attempt(self, request, who, booking_key).write(self.ledger)
        if booked.claim is None:
            return Booked(booked.meeting, created=False)
        made = self.reconciler.advance_for_click(
            booked.claim, Deadline.after(INLINE_SECONDS), until_made=True
        )
        return Booked(made, created=True)

    def _refuse_unusable(self, request: BookingRequest) -> None:
        kind = self.plans.types.offered(request.type)
        kind.variant(request.variant)
        self.units.of(request.unit)
        refuse_weaker_lobby(kind, self.providers)
        for address in filter(None, (request.mailbox, request.on_behalf_of)):
            if address.rpartition("@")[2] not in self.mail_domains:
                raise MailboxNotAllowed
        if request.window.end <= self.clock.now():
            raise TimeInPast


@dataclass(frozen=True, slots=True)
class _Written:
    meeting: Meeting
    claim: Claim | None


class _BookingKey:
    """The key of one request, as the ledger knows it, and what a repeat must agree with."""

    def __init__(self, keyring: Keyring, request: BookingRequest, who: Principal, key: str) -> None:
        whose_key = f"{who.tenant}\x1f{who.object_id}\x1f{key}"
        self.newest, *self.older = keyring.lookup_hashes("idempotency", whose_key)
        self.fingerprint = hashlib.sha256(repr(request).encode()).digest()

    def meeting(self, reading: Reading) -> Meeting | None:
        """Return the meeting that the key has already, under whichever of the service's own keys.

        Raises IdempotencyKeyReused, MeetingNotFound.
        """
        for key in (self.newest, *self.older):
            remembered = reading.remembered(key)
            if remembered:
                return self._repeated(reading, *remembered)
        return None

    def _repeated(self, reading: Reading, fingerprint: bytes, meeting_id: str) -> Meeting:
        if fingerprint != self.fingerprint:
            raise IdempotencyKeyReused
        meeting = reading.meeting(meeting_id)
        if meeting is None:
            raise MeetingNotFound
        return meeting


class _Attempt:
    """The unit of work of one click; everything random is drawn once, so that a second run writes the same."""

    def __init__(
        self, booking: BookMeeting, request: BookingRequest, who: Principal, booking_key: _BookingKey
    ) -> None:
        self._request = request
        self._follows = booking.follows
        self._quiet_seconds = booking.quiet_seconds
        self._who = who
        self._key = booking_key
        kind = booking.plans.types.of(request.type)
        self._purge_at = kind.kept_until(request.window)
        self._meeting = _wish(request, who, booking.clock)
        self._room = booking.plans.new_room(self._meeting, kind.provider)

    def write(self, ledger: Ledger) -> _Written:
        """Write the booking; where something may be there already that its own rows do not show, look first."""
        if self._key.older or self._request.item_id or self._request.earlier_meeting:
            return ledger.write(self)
        claim = ledger.add_booking(self._booking(self._meeting, None), LEASE_SECONDS)
        return _Written(claim.meeting, claim) if claim else ledger.read(self._written_before)

    def __call__(self, writing: Writing) -> _Written:
        """Look, then write, in one unit."""
        known = self._key.meeting(writing)
        if known:
            return _Written(known, None)
        # Looked up once: on PostgreSQL another tab may commit between two looks. When it commits after this one, the
        # item is taken by then, and the unit is run again.
        holder = self._holder_of_item(writing)
        if holder and belongs_to(holder, self._who):
            if writing.remember(self._key.newest, self._key.fingerprint, holder.id, self._meeting.created_at):
                return _Written(holder, None)
            return self._written_before(writing)
        item = None if holder else self._request.item_id
        meeting = replace(self._meeting, unbound=item is None)
        claim = writing.add_booking(self._booking(meeting, item), LEASE_SECONDS)
        if claim is None:
            return self._written_before(writing)
        self._tell_of_earlier(writing, holder)
        return _Written(meeting, claim)

    def _tell_of_earlier(self, writing: Writing, holder: Meeting | None) -> None:
        """Have the people told whose meeting the item bears, where no look at the calendar will (docs/adr/0037).

        That is `holder`, which was booked from it, or the one that the pane names: it is believed where the item is
        provably the same, or in the same mailbox at the same time; else it may be a copy.
        """
        named = self._request.earlier_meeting
        earlier = writing.meeting(named) if named else None
        if earlier is None or earlier.is_cancelled:
            # A mark that was left in the item hides nobody who booked in it since.
            earlier = holder
        if earlier is None or earlier.is_cancelled or belongs_to(earlier, self._who):
            return
        binding = writing.binding(earlier.id)
        if earlier != holder and not self._is_there(earlier, binding):
            return
        if binding and binding.uid:
            # The look tells, if this one is still there by then. Else its pane took what was the other's, too.
            writing.item_is_overwritten(earlier.id, self._meeting.created_at + PANE_WRITES_WITHIN)
            return
        writing.note_calendar(earlier.id, earlier.calendar_notes | {CalendarNote.ITEM_TAKEN})
        writing.owe_notice(earlier.id, NoticeKind.ITEM_TAKEN, self._quiet_seconds)
        at, who = self._meeting.created_at, self._who
        writing.audit(AuditEntry(at, who.tenant, who.object_id, "item_taken", earlier.id))

    def _is_there(self, earlier: Meeting, binding: ItemBinding | None) -> bool:
        """Whether another meeting is in the item, and not in one from which this was copied: a copy has its own id."""
        here, there = (self._who.tenant, self._request.mailbox), (earlier.tenant, earlier.mailbox)
        if here != there:
            return False
        if binding and binding.offered and binding.offered == self._request.item_id:
            return True
        mine, its = self._request.window, earlier.window
        return (mine.start, mine.end) == (its.start, its.end)

    def _booking(self, meeting: Meeting, item: str | None) -> NewBooking:
        return NewBooking(
            meeting=meeting,
            item_id=item,
            purge_at=self._purge_at,
            room=self._room,
            audit=AuditEntry(meeting.created_at, meeting.tenant, meeting.actor, "booked", meeting.id),
            key=self._key.newest,
            fingerprint=self._key.fingerprint,
            binding=self._binding(meeting) if self._follows else None,
        )

    def _binding(self, meeting: Meeting) -> ItemBinding:
        return ItemBinding(meeting.id, meeting.mailbox, meeting.created_at, offered=self._request.item_id)

    def _written_before(self, reading: Reading) -> _Written:
        """Return the meeting of a key that was just found taken."""
        known = self._key.meeting(reading)
        if known is None:
            raise LedgerUnavailable("an idempotency key was forgotten while it was used")
        return _Written(known, None)

    def _holder_of_item(self, reading: Reading) -> Meeting | None:
        """Return the meeting that was booked from the same saved item, in another tab or by somebody else."""
        item = self._request.item_id
        return reading.meeting_by_item(self._who.tenant, self._request.mailbox, item) if item else None


def _wish(request: BookingRequest, who: Principal, clock: Clock) -> Meeting:
    return Meeting(
        id=secrets.token_hex(16),
        tenant=who.tenant,
        actor=who.object_id,
        actor_mailbox=who.mailbox,
        mailbox=request.mailbox,
        on_behalf_of=request.on_behalf_of,
        hosts=request.hosts,
        type=request.type,
        variant=request.variant,
        unit=request.unit,
        window=request.window,
        previous=None,
        revision=1,
        state=MeetingState.WANTED,
        attention=None,
        unbound=request.item_id is None,
        join_code=new_code(),
        start_code=new_code(),
        created_at=clock.now(),
    )
