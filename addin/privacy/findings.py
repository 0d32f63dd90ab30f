"""The words of the check: what a finding says, and which claim wins a stretch of text."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What was found."""

    PERSONAL_NUMBER = "personal-number"
    COORDINATION_NUMBER = "coordination-number"
    RESERVE_NUMBER = "reserve-number"
    PRIVATE_MAIL = "private-mail"
    TELEPHONE = "telephone"


class Tier(StrEnum):
    """What the finding asks for: `BLOCK` must go before the meeting is made, `CONFIRM` is a question."""

    BLOCK = "block"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding, by place alone: it never holds the text.

    `start` and `end` are code points of the original text, end exclusive, markup and invisible characters counted.
    """

    kind: Kind
    tier: Tier
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A rule's claim on `start`..`end` of a folded text."""

    kind: Kind
    tier: Tier
    start: int
    end: int


def settle(claims: Iterable[Claim], length: int) -> list[Claim]:
    """Keep claims that do not overlap: what blocks before what asks, then the first, then the longest.

    `length` is that of the folded text. Claims come back in the order of the text.
    """
    taken = bytearray(length)
    kept = []
    for claim in sorted(claims, key=lambda one: (one.tier is Tier.CONFIRM, one.start, -one.end)):
        if not any(taken[claim.start : claim.end]):
            taken[claim.start : claim.end] = b"\x01" * (claim.end - claim.start)
            kept.append(claim)
    return sorted(kept, key=lambda one: one.start)
