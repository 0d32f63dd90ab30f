"""How long a call may take: a point on the monotonic clock that is handed down instead of timeouts that add up."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point in time on this process's monotonic clock, in seconds."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the deadline `seconds` from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Return the seconds left; negative when it has passed."""
        return self.at - time.monotonic()

    def passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining() <= 0

    def earliest(self, other: Deadline) -> Deadline:
        """Return the one that comes first."""
        return self if self.at <= other.at else other
