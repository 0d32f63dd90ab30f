"""Empties a full lobby for a host whom those who wait keep out: who waits is disconnected, and may come again.

It knows neither pages nor the ledger. A call that a host is in is never ended here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from addin.meetings.deadline import Deadline
from addin.meetings.errors import ProviderError
from addin.meetings.ports import ConferencingProvider, RoomWish

log = logging.getLogger(__name__)

# Two calls of the provider's, or three, while somebody waits for the page.
SECONDS: Final = 6.0


class Emptied(StrEnum):
    """What came of it."""

    DONE = "done"
    NOT_NEEDED = "not_needed"
    HOST_IS_IN = "host_is_in"
    FAILED = "failed"


def empty_lobby(provider: ConferencingProvider, wish: RoomWish, note: Callable[[], object]) -> Emptied:
    """Disconnect those who wait in the room, where they have every place and no host is there; `note` it before.

    Raises nothing of the provider's.
    """
    deadline = Deadline.after(SECONDS)
    try:
        # Asked anew: what is remembered of the room is old enough for a host to have come in, or for people to have
        # come back by their links after the same press, sent twice.
        seen = provider.occupancy(wish, deadline)
        if seen.participants < wish.participant_limit:
            return Emptied.NOT_NEEDED
        if seen.host_present:
            return Emptied.HOST_IS_IN
        note()
        provider.end_call(wish, deadline)
    except ProviderError as failure:
        log.warning("lobby_not_emptied", extra={"provider": provider.name, "failure": type(failure).__name__})
        return Emptied.FAILED
    return Emptied.DONE
