"""Changes a meeting's time, type, variant or unit; link and codes stay. Notes also what people have been told."""

from __future__ import annotations

from dataclasses import dataclass, replace

from addin.meetings.access import made_meeting, own_meeting
from addin.meetings.book import INLINE_SECONDS
from addin.meetings.deadline import Deadline
from addin.meetings.errors import MeetingChanged, MeetingIsCancelled, UnknownAudience
from addin.meetings.ledger_port import Ledger, Writing
from addin.meetings.links import told_of_link
from addin.meetings.lobby import refuse_weaker_lobby
from addin.meetings.meeting_types import MeetingType
from addin.meetings.model import (
    AuditEntry,
    Claim,
    Meeting,
    MeetingState,
    Principal,
    Room,
    Told,
    Wanted,
    Window,
)
from addin.meetings.notices import NoticeKind, who_must_hear
from addin.meetings.owe_notices import call_off
from addin.meetings.ports import Clock, ConferencingProvider
from addin.meetings.reconcile import LEASE_SECONDS, Reconciler
from addin.meetings.rooms import RoomPlans
from addin.meetings.units import Units


@dataclass(frozen=True, slots=True)
class Change:
    """The parts of a wish that are to be new; None leaves a part as it is."""

    window: Window | None = None
    type: str | None = None
    variant: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeMeeting:
    """The use cases behind another type, another time and *Kopiera*; `quiet_seconds` is how long a notice waits."""

    ledger: Ledger
    reconciler: Reconciler
    plans: RoomPlans
    units: Units
    clock: Clock
    providers: dict[str, ConferencingProvider]
    quiet_seconds: float = 120.0

    def __call__(self, meeting_id: str, change: Change, who: Principal, seen_revision: int) -> Meeting:
        """Write the new wish and bring the room after it; a change that changes nothing is no change.

        Raises MeetingNotFound, MeetingChanged, MeetingIsCancelled, UnknownMeetingType, UnknownVariant, UnknownUnit,
        NotSupported, LedgerUnavailable.
        """

        def unit(writing: Writing) -> tuple[Meeting, Claim | None]:
            return self._write(writing, meeting_id, change, who, seen_revision)

        meeting, claim = self.ledger.write(unit)
        if claim is None:
            return meeting
        return self.reconciler.advance_for_click(claim, Deadline.after(INLINE_SECONDS), until_made=True)

    def told(
        self,
        meeting_id: str,
        audience: str,
        who: Principal,
        *,
        of_coming: bool = False,
        as_of: Told | None = None,
    ) -> Meeting:
        """Note that an audience has been told of the meeting, by a copied text or otherwise.

        `as_of`: how the meeting was when the words were made for them, None as it stands now. `of_coming`: they were
        told the link that is to come; while one is, the meeting's own is not all of it.

        Raises MeetingNotFound, MeetingNotReady, UnknownAudience, MeetingChanged (there is no such revision yet: the
        ledger was restored), LedgerUnavailable.
        """

        def unit(writing: Writing) -> Meeting:
            meeting = made_meeting(writing, meeting_id, who)
            # Who was told before the meeting got a type that has no texts for them must hear, too.
            if audience not in (*meeting.told, *self.plans.types.of(meeting.type).audiences):
                raise UnknownAudience
            if as_of and as_of.revision != meeting.revision:
                return self._note_told_then(writing, meeting, audience, as_of)
            told = told_of_link(meeting, of_coming=of_coming, coming=writing.coming_link(meeting.id))
            writing.tell(meeting.id, audience, told)
            return replace(meeting, told={**meeting.told, audience: told})

        return self.ledger.write(unit)

    def _note_told_then(self, writing: Writing, meeting: Meeting, audience: str, then: Told) -> Meeting:
        """Note what an audience was told of an earlier revision; whoever told it hears of the change by mail, too.

        When the meeting changed nobody knew that they would be told, so nobody was asked to tell them again.
        """
        if then.revision > meeting.revision:
            raise MeetingChanged
        told = meeting.as_told_then(audience, then)
        writing.tell(meeting.id, audience, told)
        after = replace(meeting, told={**meeting.told, audience: told})
        if not set(who_must_hear(after)) <= set(who_must_hear(meeting)):
            kind = NoticeKind.CANCELLED if after.is_cancelled else NoticeKind.RESCHEDULED
            writing.owe_notice(after.id, kind, self.quiet_seconds)
        return after

    def _write(
        self, writing: Writing, meeting_id: str, change: Change, who: Principal, seen_revision: int
    ) -> tuple[Meeting, Claim | None]:
        before = own_meeting(writing, meeting_id, who)
        if before.is_cancelled:
            raise MeetingIsCancelled
        if before.revision != seen_revision:
            raise MeetingChanged
        after = self._wished(before, change)
        if after == before:
            return before, None
        after = replace(after, revision=before.revision + 1)
        newest = writing.rooms(before.id)[-1]
        affected = self._room_is_affected(before, after)
        if affected:
            after = replace(after, state=MeetingState.WANTED, attention=None)
        writing.change_meeting(after, before.revision, self._kind(after).kept_until(after.window))
        writing.audit(AuditEntry(self.clock.now(), who.tenant, who.object_id, "changed", before.id))
        # Whoever changes it here knows; a colleague who got a mail does not.
        call_off(writing, after, self.quiet_seconds)
        return after, self._want(writing, after, newest) if affected else None

    def _wished(self, before: Meeting, change: Change) -> Meeting:
        kind = self._wished_kind(before, change)
        variant = change.variant or (before.variant if kind.id == before.type else kind.variants[0].id)
        unit = self.units.of(change.unit).id if change.unit else before.unit
        after = replace(before, type=kind.id, variant=kind.variant(variant).id, unit=unit)
        if after != before:
            after = after.with_told_outdated()
        if change.window is None:
            return after
        # Another zone for the same instants is how the time is read, not another time.
        moved = (change.window.start, change.window.end) != (before.window.start, before.window.end)
        return after.moved_to(change.window) if moved else replace(after, window=change.window)

    def _wished_kind(self, before: Meeting, change: Change) -> MeetingType:
        if change.type in (None, before.type):
            return self._kind(before)
        kind = self.plans.types.offered(change.type)
        refuse_weaker_lobby(kind, self.providers)
        return kind

    def _room_is_affected(self, before: Meeting, after: Meeting) -> bool:
        if (before.type, before.variant) != (after.type, after.variant):
            return True
        provider = self.providers.get(self._kind(after).provider)
        return (
            before.window != after.window and provider is not None and provider.capabilities.room_has_window
        )

    def _want(self, writing: Writing, after: Meeting, newest: Room) -> Claim | None:
        """Ask the newest room to follow, or a new one at another provider to take its place."""
        provider = self._kind(after).provider
        if provider == newest.provider:
            writing.want_rooms(after.id, Wanted.PRESENT, after.revision)
            return writing.claim(newest.id, LEASE_SECONDS)
        writing.want_rooms(after.id, Wanted.ABSENT, after.revision)
        room = self.plans.new_room(after, provider, newest.generation + 1)
        return writing.add_room(room, after, LEASE_SECONDS)

    def _kind(self, meeting: Meeting) -> MeetingType:
        return self.plans.types.of(meeting.type)
