"""Makes the rooms agree with the wish, one provider call at a time, under a lease.

The click, the worker and every later sweep come here: each claims a room, compares what is wanted with what is
known, makes the one next call, records it (`room_record`) and goes on (docs/adr/0001). What comes next, and what a
failure means, are rules of `room_steps`. Nothing here knows HTTP or SQL.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from addin.meetings.crowd import Crowd
from addin.meetings.deadline import Deadline
from addin.meetings.errors import LeaseLost, OutcomeUnknown, ProviderError, ProviderUnavailable, RoomNotFound
from addin.meetings.ledger_port import Ledger
from addin.meetings.model import Attention, Claim, Meeting, Room, Wanted
from addin.meetings.ports import Clock, ConferencingProvider, DeleteOutcome, RoomWish
from addin.meetings.room_record import record_step
from addin.meetings.room_steps import (
    LATE_EFFECT,
    REFUSED_PAUSE_SECONDS,
    Outcome,
    Step,
    after_failure,
    is_as_wished,
    may_land_late,
    next_step,
    pause,
)
from addin.meetings.rooms import RoomPlans

log = logging.getLogger(__name__)

LEASE_SECONDS: Final = 30.0
# A call must have answered this long before its lease ends, so that the answer can still be recorded.
LEASE_RESERVE_SECONDS: Final = 5.0
# A room is read back this long after it was made, for each click at hand: soon, yet not in the way of the next ones,
# since it costs half as much as a booking. Where guests may come before long it waits for nobody (docs/adr/0005).
VERIFY_AFTER_SECONDS: Final = 1.0
VERIFY_AT_LATEST_SECONDS: Final = 10.0
VERIFY_AT_ONCE_BEFORE: Final = timedelta(hours=2)
# How often it is read back while a late change may still reach it.
VERIFY_AGAIN_SECONDS: Final = 30.0
FROZEN_PAUSE_SECONDS: Final = 60.0

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
                meeting, still_wished = record_step(self._ledger, claim, outcome, release=stop)
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
        made = until_made and outcome.room.wanted is Wanted.PRESENT and is_as_wished(outcome.room)
        return not outcome.go_on or made or deadline.passed()

    # --- one step -------------------------------------------------------------------------------------------

    def _take_step(self, claim: Claim, deadline: Deadline) -> Outcome:
        room = claim.room
        provider = self._providers.get(room.provider)
        step = next_step(room, look_expected=may_land_late(room, self._clock.now()))
        if step is Step.DONE:
            return self._done(room)
        if step is Step.REST:
            return Outcome(replace(room, must_look=True), due_in=pause(room.attempts))
        if provider is None:
            return Outcome(room, due_in=REFUSED_PAUSE_SECONDS, attention=Attention.PROVIDER_MISSING)
        if room.wanted is Wanted.ABSENT and self._ledger.read(lambda reading: reading.frozen()):
            return Outcome(room, due_in=FROZEN_PAUSE_SECONDS)
        return self._call(claim, provider, step, deadline)

    def _done(self, room: Room) -> Outcome:
        if room.wanted is Wanted.ABSENT and room.gone_at is None:
            room = replace(room, gone_at=self._clock.now())
        return Outcome(replace(room, attempts=0))

    def _call(self, claim: Claim, provider: ConferencingProvider, step: Step, deadline: Deadline) -> Outcome:
        wish = self._plans.wish(claim.meeting, claim.room)
        try:
            return self._steps[step](provider, claim.room, wish, deadline)
        except ProviderError as failure:
            outcome = after_failure(claim.room, step, failure, self._clock.now())
            _log_failure(claim.room, failure, outcome)
            return outcome

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
        # What was found is ours, but which revision of the wish it bears is not known; unless it is the one that was as
        # wished already: whoever died then was reading it back.
        is_as_left = found.reference == room.reference and is_as_wished(room)
        applied = room.applied_revision if is_as_left else 0
        return Outcome(replace(known, applied_revision=applied, verified_at=None), go_on=True)

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
                due_in=pause(room.attempts),
                attention=Attention.PROTECTION_NOT_APPLIED,
            )
        verified = replace(room, verified_at=self._clock.now(), attempts=0)
        if may_land_late(room, self._clock.now()):
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
        removed = provider.delete_room(_reference(room), wish, deadline)
        if removed is DeleteOutcome.REVOKED_LINK_ALIVE:
            # Our own link leads there no more; whoever has the provider's may come in, and nobody lets them in.
            log.warning(
                "room_outlives_meeting", extra={"meeting": room.meeting_id, "provider": room.provider}
            )
        gone = replace(room, reference=None, verified_at=None, must_look=False, attempts=0)
        # Goes on to its end, or to looking again and again while a create may still land.
        return Outcome(gone, go_on=True)


def _log_failure(room: Room, failure: ProviderError, outcome: Outcome) -> None:
    if isinstance(failure, OutcomeUnknown | ProviderUnavailable):
        known = {"meeting": room.meeting_id, "provider": room.provider, "failure": type(failure).__name__}
        log.warning("provider_failed", extra=known)
    elif outcome.attention:
        log.error("provider_refused", extra={"meeting": room.meeting_id, "reason": outcome.attention.value})


def _reference(room: Room) -> str:
    if room.reference is None:
        raise RoomNotFound
    return room.reference
