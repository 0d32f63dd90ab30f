"""What a meeting is: the wish, the rooms that serve it, and the people it belongs to; plain values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from addin.meetings.deadline import Deadline

# Whom staff tell. Colleagues are told by Outlook itself, and our own instruction is the clinician's own.
OTHERS: Final = ("patient", "interpreter", "external")
# Who did it, in the audit, when nobody pressed a button.
SERVICE: Final = "service"


class MeetingState(StrEnum):
    """How far the rooms have come after the wish (docs/architecture.md, "The states of a meeting")."""

    WANTED = "wanted"
    LIVE = "live"
    NEEDS_ATTENTION = "needs_attention"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


class Attention(StrEnum):
    """Why a person is needed; the Swedish sentence of each stands in `addin.web.problems`."""

    AUTHENTICATION_FAILED = "authentication_failed"
    PERMISSION_DENIED = "permission_denied"
    REQUEST_REFUSED = "request_refused"
    CAPACITY_EXCEEDED = "capacity_exceeded"
    FOREIGN_ROOM = "foreign_room"
    PROTECTION_NOT_APPLIED = "protection_not_applied"
    PROVIDER_UNREACHABLE = "provider_unreachable"
    PROVIDER_MISSING = "provider_missing"


class CalendarNote(StrEnum):
    """What the calendar side knows of a meeting that people should be told."""

    FROZEN = "frozen"
    CALENDAR_DENIED = "calendar_denied"
    MAILBOX_LOST = "mailbox_lost"
    ITEM_AWAITED = "item_awaited"
    PERHAPS_CANCELLED = "perhaps_cancelled"
    TIME_UNUSABLE = "time_unusable"
    COPY_ASKED = "copy_asked"
    COPY_UNWRITABLE = "copy_unwritable"
    SERIES = "series"
    SERIES_ASKED = "series_asked"
    OCCURRENCE_CANCELLED = "occurrence_cancelled"
    ENDED_WITH_ITEM = "ended_with_item"
    LINK_COMING = "link_coming"
    BLOCK_OLD = "block_old"
    ITEM_TAKEN = "item_taken"
    EARLIER_MEETING = "earlier_meeting"


# Why nothing can be known of the item; there is one of them at most.
UNREAD_NOTES: Final = frozenset(
    (
        CalendarNote.FROZEN,
        CalendarNote.CALENDAR_DENIED,
        CalendarNote.MAILBOX_LOST,
        CalendarNote.ITEM_AWAITED,
    )
)


class LobbyLevel(StrEnum):
    """How guests are kept waiting; `HOST_ADMITS` is the stronger."""

    WAIT_FOR_HOST = "wait_for_host"
    HOST_ADMITS = "host_admits"


class Wanted(StrEnum):
    """Whether a room should be at its provider."""

    PRESENT = "present"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Window:
    """When a meeting is: `start` and `end` in UTC, `zone` the IANA name in which people read them."""

    start: datetime
    end: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in employee, as a verified token says.

    `tenant` and `object_id` are the identity; `mailbox` is the lower-case address in the same token, or None.
    `shared_mailboxes` are those whose meetings she handles together with others, in lower case (docs/adr/0036).
    """

    tenant: str
    object_id: str
    mailbox: str | None = None
    shared_mailboxes: tuple[str, ...] = ()

    @property
    def mailboxes(self) -> tuple[str, ...]:
        """All mailboxes that give her their meetings."""
        return (self.mailbox, *self.shared_mailboxes) if self.mailbox else self.shared_mailboxes


@dataclass(frozen=True, slots=True)
class Told:
    """What an audience was last told: the time (UTC), or that the meeting is cancelled.

    `outdated`: something else that they were told has changed since, such as the unit or the link. `by_others`: that is
    other times of the series and nothing more, which may come to be as they were.
    """

    revision: int
    start: datetime
    end: datetime
    cancelled: bool = False
    outdated: bool = False
    by_others: bool = False

    def made_outdated(self) -> Told:
        """Return the same when something has changed that no other change undoes."""
        return replace(self, outdated=True, by_others=False)

    def with_others(self, *, changed: bool) -> Told:
        """Return the same when other times of the series are not, or are again, as they were told."""
        if changed:
            return self if self.outdated else replace(self, outdated=True, by_others=True)
        return replace(self, outdated=False, by_others=False) if self.by_others else self


@dataclass(frozen=True, slots=True)
class Meeting:
    """The wish and its codes.

    `mailbox` holds the calendar item; `actor` (object id) pressed the button; `revision` rises with each wish.
    `told` is what each audience was last told; nobody is in it who was never told anything. `calendar_notes` is what
    following its calendar item has come to. `actor_mailbox` is where whoever booked reads mail, if that is known. All
    times are UTC.
    """

    id: str
    tenant: str
    actor: str
    mailbox: str
    on_behalf_of: str | None
    hosts: tuple[str, ...]
    type: str
    variant: str
    unit: str
    window: Window
    previous: Window | None
    revision: int
    state: MeetingState
    attention: Attention | None
    unbound: bool
    join_code: str = field(repr=False)
    start_code: str = field(repr=False)
    created_at: datetime
    host_started_at: datetime | None = None
    cancelled_at: datetime | None = None
    told: Mapping[str, Told] = field(default_factory=dict)
    calendar_notes: frozenset[CalendarNote] = frozenset()
    actor_mailbox: str | None = None

    @property
    def is_cancelled(self) -> bool:
        """Whether the wish is gone, however far the rooms have come."""
        return self.cancelled_at is not None

    @property
    def as_told_now(self) -> Told:
        """What an audience knows that is told now."""
        return Told(self.revision, self.window.start, self.window.end, cancelled=self.is_cancelled)

    def as_told_then(self, audience: str, then: Told) -> Told:
        """Return what an audience knows that gets words about the meeting as it was `then`, at an earlier revision.

        What else has changed since is kept nowhere, so it must hear again; and so must whoever gets older words after
        newer ones. To who was told of that revision before they say nothing new.
        """
        before = self.told.get(audience)
        if before is None or before.revision < then.revision:
            return then.made_outdated()
        return before if before.revision == then.revision else before.made_outdated()

    @property
    def must_hear(self) -> tuple[str, ...]:
        """The audiences that were told something which is no longer so; a time that came back needs no word."""
        stale = [audience for audience, told in self.told.items() if self._is_untrue(told)]
        # The patient first: nobody else waits in vain so easily.
        return tuple(sorted(stale, key=lambda audience: (audience != "patient", audience)))

    def earlier_time(self, audience: str) -> Window | None:
        """Return the time before this one as an audience knows it, None when it knows of no other.

        Where it was told nothing that is the time before the last move. A meeting dragged twice has one that nobody
        heard of, and one that was dragged away and back has gone nowhere for whoever was told before.
        """
        told = self.told.get(audience)
        if told is None or told.cancelled:
            return self.previous
        if (told.start, told.end) != (self.window.start, self.window.end):
            return Window(told.start, told.end, self.window.zone)
        knew_before = told.revision < self.revision and not told.outdated
        return None if knew_before else self.previous

    def known_time(self, audience: str, at: datetime) -> Window:
        """Return when an audience would come, as it was told; one that is over at `at` (UTC) nobody waits for."""
        told = self.told.get(audience)
        if told is None or told.cancelled or told.end <= at:
            return self.window
        return Window(told.start, told.end, self.window.zone)

    @property
    def earlier_time_of_others(self) -> Window | None:
        """Return the time that somebody outside may still come at, the patient's first; None when none is known."""
        if self.previous is None:
            # It was never moved, or a series has gone on to its next occurrence.
            return None
        told = [audience for audience in OTHERS if audience in self.told]
        # Those who have heard of this time since do not come at another one.
        told.sort(key=lambda audience: not self._is_of_another_time(self.told[audience]))
        times = [self.earlier_time(audience) for audience in told] if told else [self.previous]
        return next((time for time in times if time), None)

    def moved_to(self, window: Window) -> Meeting:
        """Return the meeting at another time, with the earlier one that stays known.

        A time between, of which none of those outside who were told one has heard, says nothing to anybody.
        """
        told = [self.told[audience] for audience in OTHERS if audience in self.told]
        times = [one for one in told if not one.cancelled]
        is_unheard = bool(times) and all(map(self._is_of_another_time, times))
        earlier = (self.previous if is_unheard else None) or self.window
        is_back = (earlier.start, earlier.end) == (window.start, window.end)
        return replace(self, window=window, previous=None if is_back else earlier)

    def _is_untrue(self, told: Told) -> bool:
        return told.outdated or told.cancelled != self.is_cancelled or self._is_of_another_time(told)

    def _is_of_another_time(self, told: Told) -> bool:
        return not told.cancelled and (told.start, told.end) != (self.window.start, self.window.end)

    def with_told_outdated(self) -> Meeting:
        """Return the meeting when what people were told beside the time has changed."""
        return replace(self, told={one: told.made_outdated() for one, told in self.told.items()})

    def with_others_changed(self, audiences: Collection[str]) -> Meeting:
        """Return the meeting when other times of its series are not as they were told, to these audiences alone."""
        told = {one: it.with_others(changed=one in audiences) for one, it in self.told.items()}
        return replace(self, told=told)


@dataclass(frozen=True, slots=True)
class UnreadableMeeting:
    """A meeting whose row is there and does not open (`UnknownKey`, `SealBroken`): what is known beside the seal."""

    id: str
    start: datetime


@dataclass(frozen=True, slots=True)
class Room:
    """One room at one provider.

    `wanted` and `wanted_revision` are the wish; `reference` (the provider's own id), `applied_revision` and
    `verified_at` are what is known to be there. `must_look`: an earlier call may have taken effect unseen, so
    look before changing; until `lookup_until` a create may still land late. All times are UTC.
    """

    id: str
    meeting_id: str
    provider: str
    generation: int
    name: str
    alias: str
    key_id: str
    wanted: Wanted
    wanted_revision: int
    reference: str | None = None
    applied_revision: int = 0
    made_at: datetime | None = None
    verified_at: datetime | None = None
    must_look: bool = False
    lookup_until: datetime | None = None
    attempts: int = 0
    gone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one room until `until`, fenced by `number`.

    `until` is counted from before the lease was written, so that it always ends before the lease itself.
    """

    room: Room
    meeting: Meeting
    number: int
    until: Deadline


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which meeting when; never any content.

    `actor` is a staff object id, or `SERVICE` for what the service did by itself.
    """

    at: datetime
    tenant: str
    actor: str
    action: str
    meeting_id: str
    reason: str | None = None
