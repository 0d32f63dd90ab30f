"""Makes the rooms agree with the wish, one provider call at a time, under a lease.

The click, the worker and every later sweep come here: each claims a room, compares what is wanted with what is
known, makes the one next call, records it and goes on (docs/adr/0001). Nothing here knows HTTP or SQL.

Three kinds of answer matter. *Unavailable*: surely not applied, so try again later. *Outcome unknown*: it may have
been applied, so look before trying again, and keep looking for a while even when the meeting is cancelled, because a
create can land late. *Refused*: a person is needed, and the meeting says so.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from addin.meetings.crowd import Crowd
from addin.meetings.deadline import Deadline
from addin.meetings.errors import (
    AuthenticationFailed,
    CapacityExceeded,
    ForeignRoom,
    InvalidRequest,
    LeaseLost,
    LinkWouldChange,
    NotSupported,
    OutcomeUnknown,
    PermissionDenied,
    ProtectionNotApplied,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    RoomNotFound,
)
from addin.meetings.ledger_port import Ledger, RoomResult, Writing
from addin.meetings.model import Attention, Claim, Meeting, MeetingState, Room, Wanted
from addin.meetings.ports import Clock, ConferencingProvider, RoomWish
from addin.meetings.rooms import RoomPlans

log = logging.getLogger(__name__)

LEASE_SECONDS = 30.0
# A call must have answered this long before its lease ends, so that the answer can still be recorded.
LEASE_RESERVE_SECONDS = 5.0
# How long a call whose answer was lost may still take effect.
LATE_EFFECT = timedelta(minutes=10)
# A room is read back this long after it was made, for each click at hand: soon, yet not in the way of the next ones,
# since it costs half as much as a booking. Where guests may come before long it waits for nobody (docs/adr/0005).
VERIFY_AFTER_SECONDS = 1.0
VERIFY_AT_LATEST_SECONDS = 10.0
VERIFY_AT_ONCE_BEFORE = timedelta(hours=2)
# How often it is read back while a late change may still reach it.
VERIFY_AGAIN_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
REFUSED_PAUSE_SECONDS = 300.0
FROZEN_PAUSE_SECONDS = 60.0
# After so many failed tries (about a minute) the clinician is told rather than left waiting.
PATIENCE = 6


class Step(Enum):
    """The one next thing to do for a room."""

    LOOK = auto()
    CREATE = auto()
    UPDATE = auto()
    VERIFY = auto()
    REMOVE = auto()
    REST = auto()
    DONE = auto()


_ATTENTION: Mapping[type[ProviderError], Attention] = {
    AuthenticationFailed: Attention.AUTHENTICATION_FAILED,
    PermissionDenied: Attention.PERMISSION_DENIED,
    CapacityExceeded: Attention.CAPACITY_EXCEEDED,
    ForeignRoom: Attention.FOREIGN_ROOM,
    InvalidRequest: Attention.REQUEST_REFUSED,
    NotSupported: Attention.REQUEST_REFUSED,
    LinkWouldChange: Attention.REQUEST_REFUSED,
    ProtectionNotApplied: Attention.PROTECTION_NOT_APPLIED,
}


def next_step(room: Room, *, look_expected: bool) -> Step:
    """Say what to do next from what is known; no clock, no network, no store.

    `look_expected`: a create may still land late, so that an absent room is not yet surely absent.
    """
    if room.wanted is Wanted.ABSENT:
        return _step_to_absence(room, look_expected=look_expected)
    if room.must_look:
        return Step.LOOK
    if room.reference is None:
        return Step.CREATE
    if room.applied_revision < room.wanted_revision:
        return Step.UPDATE
    # A room that a late change may still reach is read back again and again until that is over.
    return Step.VERIFY if room.verified_at is None or room.lookup_until else Step.DONE


def _step_to_absence(room: Room, *, look_expected: bool) -> Step:
    if room.gone_at is not None:
        return Step.DONE
    if room.reference is not None:
        return Step.REMOVE
    if room.must_look:
        return Step.LOOK
    return Step.REST if look_expected else Step.DONE


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one step came to: the room as it is known now, and how it goes on.

    `due_in` None with `go_on` False: done. `attention`: why a person is needed.
    """

    room: Room
    go_on: bool = False
    due_in: float | None = None
    attention: Attention | None = None


_Take = Callable[[ConferencingProvider, Room, RoomWish, Deadline], Outcome]


class Reconciler:
    """Brings one claimed room as far as time allows."""

    def __init__(
        self,
        ledger: Ledger,
        providers: Mapping[str, ConferencingProvider],
        plans: RoomPlans,
        clock: Clock,
        *,
        most_slow_clicks: int = 16,
    ) -> None:
        self._crowd = Crowd(most_slow_clicks)
        self._ledger = ledger
        self._providers = providers
        self._plans = plans
        self._clock = clock
        self._steps: Mapping[Step, _Take] = {
            Step.LOOK: self._look,
            Step.CREATE: self._create,
            Step.UPDATE: self._update,
            Step.VERIFY: self._verify,
            Step.REMOVE: self._remove,
        }

    def advance(self, claim: Claim, deadline: Deadline, *, until_made: bool = False) -> Meeting:
        """Work on the room until it agrees, time runs out or a person is needed; return the meeting as it is then.

        `until_made`: stop as soon as the room is made and leave the reading back to the worker. Raises
        LedgerUnavailable; the claim then runs out by itself and the work is taken up again.
        """
        deadline = deadline.earliest(Deadline(claim.until.at - LEASE_RESERVE_SECONDS))
        try:
            while True:
                # With no time left in the lease nothing can be finished: give it back as it is.
                over = deadline.passed()
                outcome = Outcome(claim.room, due_in=0.0) if over else self._take_step(claim, deadline)
                stop = self._stops(outcome, deadline, until_made=until_made)
                meeting, still_wished = self._record(claim, outcome, release=stop)
                if stop or not still_wished:
                    return meeting
                claim = replace(claim, room=outcome.room, meeting=meeting)
        except LeaseLost:
            log.warning("lease_lost", extra={"meeting": claim.meeting.id})
            return self._ledger.read(lambda reading: reading.meeting(claim.meeting.id)) or claim.meeting

    def advance_for_click(self, claim: Claim, deadline: Deadline, *, until_made: bool = False) -> Meeting:
        """Do the same while somebody waits; with too many waiting already, leave it to the worker at once."""
        with self._crowd.waiting() as may_wait:
            return self.advance(claim, deadline if may_wait else Deadline.after(0), until_made=until_made)

    def _stops(self, outcome: Outcome, deadline: Deadline, *, until_made: bool) -> bool:
        made = until_made and outcome.room.wanted is Wanted.PRESENT and _is_as_wished(outcome.room)
        return not outcome.go_on or made or deadline.passed()

    # --- one step -------------------------------------------------------------------------------------------

    def _take_step(self, claim: Claim, deadline: Deadline) -> Outcome:
        room = claim.room
        provider = self._providers.get(room.provider)
        step = next_step(room, look_expected=self._look_expected(room))
        if step is Step.DONE:
            return self._done(room)
        if step is Step.REST:
            return Outcome(replace(room, must_look=True), due_in=_pause(room.attempts))
        if provider is None:
            return Outcome(room, due_in=REFUSED_PAUSE_SECONDS, attention=Attention.PROVIDER_MISSING)
        if room.wanted is Wanted.ABSENT and self._ledger.read(lambda reading: reading.frozen()):
            return Outcome(room, due_in=FROZEN_PAUSE_SECONDS)
        return self._call(claim, provider, step, deadline)

    def _look_expected(self, room: Room) -> bool:
        return room.lookup_until is not None and self._clock.now() < room.lookup_until

    def _done(self, room: Room) -> Outcome:
        if room.wanted is Wanted.ABSENT and room.gone_at is None:
            room = replace(room, gone_at=self._clock.now())
        return Outcome(replace(room, attempts=0))

    def _call(self, claim: Claim, provider: ConferencingProvider, step: Step, deadline: Deadline) -> Outcome:
        wish = self._plans.wish(claim.meeting, claim.room)
        try:
            return self._steps[step](provider, claim.room, wish, deadline)
        except OutcomeUnknown as failure:
            _log_failure(claim.room, failure)
            return self._unknown(claim.room)
        except ProviderUnavailable as failure:
            _log_failure(claim.room, failure)
            return self._later(claim.room, failure)
        except RoomNotFound:
            return self._vanished(claim.room)
        except ForeignRoom as failure:
            if claim.room.wanted is Wanted.ABSENT:
                return self._not_there(claim.room, looked=step is Step.LOOK)
            return self._refused(claim.room, failure)
        except ProviderError as failure:
            return self._refused(claim.room, failure)

    def _look(
        self, provider: ConferencingProvider, room: Room, wish: RoomWish, deadline: Deadline
    ) -> Outcome:
        found = provider.find_room(wish, deadline)
        if found is None:
            # Attempts go on rising while an absent room is looked for, so that the looks grow rarer.
            attempts = room.attempts + (room.wanted is Wanted.ABSENT)
            absent = replace(room, must_look=False, reference=None, attempts=attempts)
            return Outcome(replace(absent, lookup_until=self._lookup_of_absent(room)), go_on=True)
        known = replace(
            room, must_look=False, reference=found.reference, made_at=room.made_at or self._clock.now()
        )
        # What was found is ours, but which revision of the wish it bears is not known.
        return Outcome(replace(known, applied_revision=0, verified_at=None), go_on=True)

    def _lookup_of_absent(self, room: Room) -> datetime | None:
        """Return until when an absent room must be looked for."""
        if room.reference is None and room.lookup_until is None:
            # Whoever had this lease died before saying what was sent; that, too, may be a create that lands late.
            return self._clock.now() + LATE_EFFECT
        return room.lookup_until

    def _create(
        self, provider: ConferencingProvider, room: Room, wish: RoomWish, deadline: Deadline
    ) -> Outcome:
        made = provider.ensure_room(wish, deadline)
        applied = room.wanted_revision if made.created else 0
        return Outcome(
            replace(
                room,
                reference=made.reference,
                applied_revision=applied,
                made_at=self._clock.now(),
                verified_at=None,
                attempts=0,
            ),
            go_on=True,
            due_in=self._read_back_in(wish),
        )

    def _update(
        self, provider: ConferencingProvider, room: Room, wish: RoomWish, deadline: Deadline
    ) -> Outcome:
        provider.update_room(_reference(room), wish, deadline)
        return Outcome(
            replace(room, applied_revision=room.wanted_revision, verified_at=None, attempts=0),
            go_on=True,
            due_in=self._read_back_in(wish),
        )

    def _verify(
        self, provider: ConferencingProvider, room: Room, wish: RoomWish, deadline: Deadline
    ) -> Outcome:
        deviations = provider.verify_protection(_reference(room), wish, deadline)
        if deviations:
            # Written again from the wish next time; until then the join page stays shut.
            log.error(
                "protection_not_applied", extra={"meeting": room.meeting_id, "settings": ",".join(deviations)}
            )
            return Outcome(
                replace(room, applied_revision=0, attempts=room.attempts + 1),
                due_in=_pause(room.attempts),
                attention=Attention.PROTECTION_NOT_APPLIED,
            )
        verified = replace(room, verified_at=self._clock.now(), attempts=0)
        if self._look_expected(room):
            return Outcome(verified, due_in=VERIFY_AGAIN_SECONDS)
        # Nothing is left to do, which is recorded with what was found.
        return Outcome(replace(verified, lookup_until=None))

    def _read_back_in(self, wish: RoomWish) -> float:
        """Return in how many seconds to read back what was just made or changed."""
        if wish.window.start - self._clock.now() < VERIFY_AT_ONCE_BEFORE:
            return VERIFY_AFTER_SECONDS
        return min(VERIFY_AT_LATEST_SECONDS, VERIFY_AFTER_SECONDS * max(1, self._crowd.size()))

    def _remove(
        self, provider: ConferencingProvider, room: Room, wish: RoomWish, deadline: Deadline
    ) -> Outcome:
        provider.end_call(wish, deadline)
        provider.delete_room(_reference(room), wish, deadline)
        gone = replace(room, reference=None, verified_at=None, must_look=False, attempts=0)
        # Goes on to its end, or to looking again and again while a create may still land.
        return Outcome(gone, go_on=True)

    # --- failures -------------------------------------------------------------------------------------------

    def _unknown(self, room: Room) -> Outcome:
        """It may have happened, now or later: look next, and go on looking while it can still land.

        A late create gives a room that nobody wants any more; a late change undoes a newer one.
        """
        making = room.wanted is Wanted.PRESENT
        lookup_until = self._clock.now() + LATE_EFFECT if making else room.lookup_until
        return Outcome(
            replace(room, must_look=True, lookup_until=lookup_until, attempts=room.attempts + 1),
            due_in=_pause(room.attempts),
            attention=_out_of_patience(room),
        )

    def _later(self, room: Room, failure: ProviderUnavailable) -> Outcome:
        pause = failure.retry_after if isinstance(failure, RateLimited) else _pause(room.attempts)
        return Outcome(
            replace(room, attempts=room.attempts + 1), due_in=pause, attention=_out_of_patience(room)
        )

    def _vanished(self, room: Room) -> Outcome:
        """The provider has lost the room: make it anew under the same name, so that the link stays."""
        lost = replace(
            room,
            reference=None,
            applied_revision=0,
            verified_at=None,
            lookup_until=None,
            attempts=room.attempts + 1,
        )
        return Outcome(lost, go_on=room.attempts == 0, due_in=_pause(room.attempts))

    def _not_there(self, room: Room, *, looked: bool) -> Outcome:
        """What is to go has given its place to somebody else's room, so it is gone itself; a look makes sure."""
        gone = replace(
            room, reference=None, verified_at=None, must_look=not looked, attempts=room.attempts + 1
        )
        return Outcome(gone, due_in=_pause(room.attempts))

    def _refused(self, room: Room, failure: ProviderError) -> Outcome:
        reason = next(_ATTENTION[kind] for kind in type(failure).__mro__ if kind in _ATTENTION)
        log.error("provider_refused", extra={"meeting": room.meeting_id, "reason": reason.value})
        return Outcome(
            replace(room, attempts=room.attempts + 1), due_in=REFUSED_PAUSE_SECONDS, attention=reason
        )

    # --- the record -----------------------------------------------------------------------------------------

    def _record(self, claim: Claim, outcome: Outcome, *, release: bool) -> tuple[Meeting, bool]:
        """Write what the step came to, under the fence; return the meeting as it is now, and whether to go on.

        When the wish has turned meanwhile, what was done says nothing about the new one, and the lease is given back.
        """
        due_in = outcome.due_in if outcome.due_in is not None or not outcome.go_on else 0.0
        result = RoomResult(outcome.room, due_in, release)
        if outcome.room.wanted is Wanted.ABSENT:
            return self._ledger.write(
                lambda writing: _record_absence(writing, claim, result, outcome.attention)
            )
        after = _after(claim.meeting, _state_of_presence(claim.meeting, outcome), outcome.attention)
        saved = self._ledger.save_step(claim, result, after)
        if saved.still_wished and saved.state_noted:
            return after, True
        now = self._ledger.read(lambda reading: reading.meeting(claim.meeting.id))
        return now or claim.meeting, saved.still_wished


def _record_absence(
    writing: Writing, claim: Claim, result: RoomResult, attention: Attention | None
) -> tuple[Meeting, bool]:
    before = claim.meeting
    # Held first, as every use case does, so that nobody waits for it with the room in hand; and so that of two rooms
    # that go at the same time the later one sees the earlier.
    writing.meeting(before.id)
    if not writing.save_room(claim, result):
        return writing.meeting(before.id) or before, False
    if not before.is_cancelled:
        # It has given its place to a room at another provider; the meeting waits for that one.
        return before, True
    after = _after(before, _state_of_absence(writing, before, result.room), attention)
    if after == before or writing.set_state(before, after.state, after.attention):
        return after, True
    return writing.meeting(before.id) or before, True


def _after(before: Meeting, state: MeetingState, attention: Attention | None) -> Meeting:
    """Return the meeting in its new state; a reason stands until the room is right, or until there is a newer one."""
    settled = state in (MeetingState.LIVE, MeetingState.CANCELLED)
    return replace(before, state=state, attention=None if settled else attention or before.attention)


def _state_of_presence(meeting: Meeting, outcome: Outcome) -> MeetingState:
    if outcome.attention:
        return MeetingState.NEEDS_ATTENTION
    if _is_as_wished(outcome.room):
        return _live_unless_unproven(meeting, outcome.room)
    return meeting.state


def _state_of_absence(writing: Writing, meeting: Meeting, room: Room) -> MeetingState:
    others = [other for other in writing.rooms(meeting.id) if other.id != room.id]
    gone = room.gone_at is not None and all(other.gone_at is not None for other in others)
    return MeetingState.CANCELLED if gone else MeetingState.CANCELLING


def _is_as_wished(room: Room) -> bool:
    return room.reference is not None and room.applied_revision >= room.wanted_revision


def _live_unless_unproven(meeting: Meeting, room: Room) -> MeetingState:
    """A room whose protection failed is live again only when it has been read back."""
    if meeting.attention is Attention.PROTECTION_NOT_APPLIED and room.verified_at is None:
        return meeting.state
    return MeetingState.LIVE


def _log_failure(room: Room, failure: ProviderError) -> None:
    known = {"meeting": room.meeting_id, "provider": room.provider, "failure": type(failure).__name__}
    log.warning("provider_failed", extra=known)


def _reference(room: Room) -> str:
    if room.reference is None:
        raise RoomNotFound
    return room.reference


def _pause(attempts: int) -> float:
    """Return how long to wait after `attempts` failures, in seconds: 1, 2, 4 ... 60, with a quarter of jitter."""
    pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * (1 << min(attempts, 10)))
    return pause * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, protects nothing


def _out_of_patience(room: Room) -> Attention | None:
    return Attention.PROVIDER_UNREACHABLE if room.attempts + 1 >= PATIENCE else None
