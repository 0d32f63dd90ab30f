"""What a room needs next, and what a failure of its provider means for it: rules alone, without ledger or network.

Three kinds of failure matter. *Unavailable*: surely not applied, so try again later. *Outcome unknown*: it may have
been applied, so look before trying again, and keep looking for a while even when the meeting is cancelled, because a
create can land late. *Refused*: a person is needed, and the meeting says so.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from addin.meetings.errors import (
    AuthenticationFailed,
    CapacityExceeded,
    ForeignRoom,
    InvalidRequest,
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
from addin.meetings.model import Attention, Room, Wanted

# How long a call whose answer was lost may still take effect.
LATE_EFFECT: Final = timedelta(minutes=10)
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 60.0
REFUSED_PAUSE_SECONDS: Final = 300.0
# After so many failed tries (about a minute) the clinician is told rather than left waiting.
PATIENCE: Final = 6


class Step(Enum):
    """The one next thing to do for a room."""

    LOOK = auto()
    CREATE = auto()
    UPDATE = auto()
    VERIFY = auto()
    REMOVE = auto()
    REST = auto()
    DONE = auto()


# Why a person is needed when a provider fails for good; what is not named here has its parent's reason.
REASONS: Final[Mapping[type[ProviderError], Attention]] = {
    AuthenticationFailed: Attention.AUTHENTICATION_FAILED,
    PermissionDenied: Attention.PERMISSION_DENIED,
    CapacityExceeded: Attention.CAPACITY_EXCEEDED,
    ForeignRoom: Attention.FOREIGN_ROOM,
    InvalidRequest: Attention.REQUEST_REFUSED,
    NotSupported: Attention.REQUEST_REFUSED,
    LinkWouldChange: Attention.REQUEST_REFUSED,
    ProtectionNotApplied: Attention.PROTECTION_NOT_APPLIED,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one step came to: the room as it is known now, and how it goes on.

    `go_on`: the next step may be taken at once. `due_in` seconds: when it is due otherwise; None with `go_on` False:
    nothing is left to do. `attention`: why a person is needed.
    """

    room: Room
    go_on: bool = False
    due_in: float | None = None
    attention: Attention | None = None


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


def is_as_wished(room: Room) -> bool:
    """Whether the room was made as it is wished now, be it read back or not."""
    return room.reference is not None and room.applied_revision >= room.wanted_revision


def may_land_late(room: Room, now: datetime) -> bool:
    """Whether a call whose answer was lost may still take effect at `now` (UTC)."""
    return room.lookup_until is not None and now < room.lookup_until


def pause(attempts: int) -> float:
    """Return how long to wait after `attempts` failures, in seconds: 1, 2, 4 ... 60, with a quarter of jitter."""
    seconds = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * (1 << min(attempts, 10)))
    return seconds * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, protects nothing


def after_failure(room: Room, step: Step, failure: ProviderError, now: datetime) -> Outcome:
    """Return what a step has come to that failed at `now` (UTC)."""
    if isinstance(failure, OutcomeUnknown):
        return _unknown(room, now)
    if isinstance(failure, ProviderUnavailable):
        return _later(room, failure)
    if isinstance(failure, RoomNotFound):
        return _vanished(room)
    if isinstance(failure, ForeignRoom) and room.wanted is Wanted.ABSENT:
        return _not_there(room, looked=step is Step.LOOK)
    return _refused(room, failure)


def _unknown(room: Room, now: datetime) -> Outcome:
    """It may have happened, now or later: look next, and go on looking while it can still land.

    A late create gives a room that nobody wants any more; a late change undoes a newer one.
    """
    making = room.wanted is Wanted.PRESENT
    lookup_until = now + LATE_EFFECT if making else room.lookup_until
    return Outcome(
        replace(room, must_look=True, lookup_until=lookup_until, attempts=room.attempts + 1),
        due_in=pause(room.attempts),
        attention=_out_of_patience(room),
    )


def _later(room: Room, failure: ProviderUnavailable) -> Outcome:
    wait = failure.retry_after if isinstance(failure, RateLimited) else pause(room.attempts)
    return Outcome(replace(room, attempts=room.attempts + 1), due_in=wait, attention=_out_of_patience(room))


def _vanished(room: Room) -> Outcome:
    """The provider has lost the room: make it anew under the same name, so that the link stays."""
    lost = replace(
        room,
        reference=None,
        applied_revision=0,
        verified_at=None,
        lookup_until=None,
        attempts=room.attempts + 1,
    )
    return Outcome(lost, go_on=room.attempts == 0, due_in=pause(room.attempts))


def _not_there(room: Room, *, looked: bool) -> Outcome:
    """What is to go has given its place to somebody else's room, so it is gone itself; a look makes sure."""
    gone = replace(room, reference=None, verified_at=None, must_look=not looked, attempts=room.attempts + 1)
    return Outcome(gone, due_in=pause(room.attempts))


def _refused(room: Room, failure: ProviderError) -> Outcome:
    reason = next(REASONS[kind] for kind in type(failure).__mro__ if kind in REASONS)
    tried = replace(room, attempts=room.attempts + 1)
    return Outcome(tried, due_in=REFUSED_PAUSE_SECONDS, attention=reason)


def _out_of_patience(room: Room) -> Attention | None:
    return Attention.PROVIDER_UNREACHABLE if room.attempts + 1 >= PATIENCE else None
