"""How the simulated Exchange behaves where the real one's behaviour is a limit, a mood, or not known for sure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from addin.sandbox.shelf import Json


@dataclass
class ExchangeSettings:
    """Read and changed by `/sandbox/exchange/settings`.

    `concurrent_calls` of one application to one mailbox before 429; `retry_after` what that tells, in seconds;
    `answer_seconds` how long each call to Graph takes; `stale_status` what an old ETag is answered with (412, at
    times 409); `finds_deleted` whether an item in Deleted Items is still found by its id, of which no source tells.

    Subscriptions: `subscription_minutes` their longest life; `handshake_seconds` what an address has to prove itself.
    Notifications: each is sent `notify_times`, `notify_lost_percent` of them not at all, `notify_after_seconds` late,
    `notify_shuffled` in any order, at most `notify_batch` in one request; an address has `ack_seconds`, else it is
    tried again after `retry_seconds`, twice that and so on, until `give_up_seconds` have gone. With
    `notify_occurrence_alone` a change of one occurrence is told under its own id and not of its series as well; which
    of the two Graph does, no source says.
    """

    concurrent_calls: int = 4
    retry_after: int = 1
    answer_seconds: float = 0.0
    stale_status: int = 412
    finds_deleted: bool = False
    subscription_minutes: int = 10_080
    handshake_seconds: float = 10.0
    notify_times: int = 1
    notify_lost_percent: int = 0
    notify_after_seconds: float = 0.0
    notify_shuffled: bool = False
    notify_batch: int = 20
    notify_occurrence_alone: bool = False
    ack_seconds: float = 3.0
    retry_seconds: float = 1.0
    give_up_seconds: float = 14_400.0

    def change(self, changes: Json) -> None:
        """Change settings by name; raises ValueError and changes none when one is wrong."""
        for name, value in changes.items():
            if name not in NAMES or not _fits(value, USUAL[name]):
                raise ValueError(f"no such setting of Exchange, or not its kind: {name}")
        for name, value in changes.items():
            setattr(self, name, type(USUAL[name])(value))

    def reset(self) -> None:
        """Behave as usual again."""
        self.change(USUAL)

    def told(self) -> Json:
        """Return all of them."""
        return {name: getattr(self, name) for name in sorted(NAMES)}


USUAL: Final = asdict(ExchangeSettings())
NAMES: Final = frozenset(USUAL)


def _fits(value: Any, usual: Any) -> bool:
    if isinstance(usual, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is type(usual)
