"""Where a visitor comes from, and how many unknown codes have come from there; in memory only, never logged.

Only unknown codes are counted, and only other unknown codes are refused: a hospital is one address, and nobody
with a good link may suffer for a neighbour's guesses.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from addin.meetings.ports import Clock

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

# One household or one attacker holds a whole /64 (RFC 6177), so an IPv6 visitor is counted by that.
_IPV6_HOST_BITS: Final = 64

GUESSES_BORNE: Final = 20
# A counted guess is forgiven after this long.
SECONDS_A_GUESS: Final = 30.0


def client_address(peer: str | None, forwarded_for: str | None, trusted: Sequence[Network]) -> str:
    """Return the address of the visitor behind the trusted proxies, or the peer's own.

    `forwarded_for` is read from the right, where each proxy of ours has written whom it heard; the first address
    that is not a trusted proxy is the visitor. What stands left of it is the visitor's own claim.
    """
    return _counted_as(_visitor(peer, forwarded_for, trusted))


def is_within(
    networks: Sequence[Network], peer: str | None, forwarded_for: str | None, trusted: Sequence[Network]
) -> bool:
    """Whether the visitor's address lies in one of the networks.

    Whoever comes by way of a proxy that is not trusted is nowhere: the proxy itself may stand in one of them.
    """
    if forwarded_for and not _lies_in(peer or "", trusted):
        return False
    return _lies_in(_visitor(peer, forwarded_for, trusted), networks)


def _visitor(peer: str | None, forwarded_for: str | None, trusted: Sequence[Network]) -> str:
    seen = peer or ""
    for claimed in reversed((forwarded_for or "").split(",")):
        if not _lies_in(seen, trusted) or _parsed(claimed) is None:
            break
        seen = claimed
    return seen


def _lies_in(address: str, networks: Sequence[Network]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks)


def _parsed(text: str) -> Address | None:
    text = text.strip().strip('"')
    if text.startswith("["):  # [2001:db8::1]:443
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:  # 192.0.2.1:443
        text = text.partition(":")[0]
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    # A dual-stack socket shows IPv4 peers in IPv6 dress.
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed


def _counted_as(address: str) -> str:
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Address(int(parsed) >> _IPV6_HOST_BITS << _IPV6_HOST_BITS))
    return str(parsed or "")


class Guesses:
    """Unknown codes by address: each is forgiven after a while, and the longest quiet address is forgotten first."""

    def __init__(self, clock: Clock, borne: int = GUESSES_BORNE, most: int = 10_000) -> None:
        self._clock = clock
        self._borne = borne
        self._most = most
        self._counts: dict[str, tuple[float, float]] = {}
        self._changing = threading.Lock()

    def too_many(self, address: str) -> bool:
        """Count one more unknown code from there, and say whether that is more than is borne."""
        now = self._clock.now().timestamp()
        with self._changing:
            count, since = self._counts.pop(address, (0.0, now))
            count = max(0.0, count - max(0.0, now - since) / SECONDS_A_GUESS) + 1
            # One above what is borne is enough: a flood is not held against its address for hours.
            self._counts[address] = (min(count, self._borne + 1.0), now)
            while len(self._counts) > self._most:
                del self._counts[next(iter(self._counts))]
        return count > self._borne
