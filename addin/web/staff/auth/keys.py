"""The public keys of one identity provider, fetched when needed and kept when it is away.

An unknown key id makes one fetch, shared by all who wait for it, and at most one a minute: keys rotate, and
forged tokens must not turn us against the provider. Known keys are fetched anew once a day, so that a withdrawn
key does not live for ever; when that fails the known ones go on. While the provider does not answer one caller asks
it, and the others are told so at once: each that waited would keep a thread from everybody else.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from addin.meetings.ports import Clock
from addin.web.staff.auth.errors import IdentityUnavailable, TokenInvalid
from addin.web.staff.auth.outbound import Outbound

REFETCH_AFTER: Final = timedelta(minutes=1)
# With no key at all nobody can work, so the wait after a failure is shorter.
RETRY_EMPTY_AFTER: Final = timedelta(seconds=5)
# Microsoft advises a look once a day (Microsoft identity platform, "Signing key rollover").
STALE_AFTER: Final = timedelta(hours=24)
_SMALLEST_RSA_BITS: Final = 2048
_BITS_A_CHARACTER: Final = 6  # of base64url (RFC 7518, section 6.3.1.1)

Key = RSAKey | ECKey


class SigningKeys:
    """The key set at `url`, for signatures by `algorithms`; safe for many threads."""

    def __init__(
        self, url: str, outbound: Outbound, clock: Clock, algorithms: Sequence[str] = ("RS256",)
    ) -> None:
        self._url = url
        self._outbound = outbound
        self._clock = clock
        self._algorithms = tuple(algorithms)
        self._keys: dict[str, Key] = {}
        self._tried_at: datetime | None = None
        self._fetched_at: datetime | None = None
        self._is_away = False
        self._fetching = threading.Lock()

    def key(self, kid: str) -> Key:
        """Return the public key with that id.

        Raises TokenInvalid when the provider has no such key, IdentityUnavailable when that cannot be known now.
        """
        known = self._keys.get(kid)
        if known is None:
            return self._unknown(kid)
        if self._is_stale():
            self._refresh_quietly()
            return self._keys.get(kid) or self._unknown(kid)
        return known

    def _unknown(self, kid: str) -> Key:
        if not self._fetching.acquire(blocking=not self._is_away):
            raise self._absence()
        try:
            # Whoever held the lock may have fetched it for us.
            if kid not in self._keys and self._may_fetch():
                self._fetch()
            return self._keys[kid]
        except KeyError:
            raise self._absence() from None
        finally:
            self._fetching.release()

    def _absence(self) -> TokenInvalid | IdentityUnavailable:
        """Say whether the key is known to be absent, or the provider is."""
        if self._is_away:
            return IdentityUnavailable("the identity provider's keys cannot be had")
        return TokenInvalid("signed with a key that the identity provider does not have")

    def _refresh_quietly(self) -> None:
        """Fetch anew unless somebody does; the others go on with what is known."""
        if not self._fetching.acquire(blocking=False):
            return
        try:
            if self._is_stale() and self._may_fetch():
                self._fetch()
        except IdentityUnavailable:
            # Known keys outlive an outage of the provider; the next try comes after REFETCH_AFTER.
            return
        finally:
            self._fetching.release()

    def _is_stale(self) -> bool:
        return self._fetched_at is None or self._elapsed(self._fetched_at) >= STALE_AFTER

    def _may_fetch(self) -> bool:
        wait = REFETCH_AFTER if self._keys else RETRY_EMPTY_AFTER
        return self._tried_at is None or self._elapsed(self._tried_at) >= wait

    def _elapsed(self, since: datetime) -> timedelta:
        # A clock that was set back must not stop the fetching until it has caught up.
        return abs(self._clock.now() - since)

    def _fetch(self) -> None:
        try:
            self._keys = self._published()
        except IdentityUnavailable:
            # From its end: a try that lasts longer than the pause would be followed by that of whoever waited for it.
            self._tried_at, self._is_away = self._clock.now(), True
            raise
        self._fetched_at = self._tried_at = self._clock.now()
        self._is_away = False

    def _published(self) -> dict[str, Key]:
        keys = _usable(self._outbound.fetch_json(self._url), self._algorithms)
        if not keys:
            raise IdentityUnavailable("the identity provider published no usable key")
        return keys


def _usable(document: Mapping[str, Any], algorithms: Sequence[str]) -> dict[str, Key]:
    """Return the signature keys of a JWK set by id (RFC 7517, section 5); the rest is left out, as it says."""
    entries = document.get("keys")
    if not isinstance(entries, list):
        raise IdentityUnavailable("the identity provider's key set is not one")
    read = {entry["kid"]: _key(entry, algorithms) for entry in entries if _is_candidate(entry)}
    return {kid: key for kid, key in read.items() if key is not None}


def _is_candidate(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("kid"), str) and entry.get("use", "sig") == "sig"


def _key(entry: Mapping[str, Any], algorithms: Sequence[str]) -> Key | None:
    if entry.get("kty") not in {"RSA", "EC"} or entry.get("alg", algorithms[0]) not in algorithms:
        return None
    # Only the public numbers are taken: a certificate chain or other members decide nothing here.
    numbers = {name: entry[name] for name in ("kty", "n", "e", "crv", "x", "y") if name in entry}
    if len(str(numbers.get("n", ""))) * _BITS_A_CHARACTER < _SMALLEST_RSA_BITS and entry["kty"] == "RSA":
        return None
    try:
        key = JWKRegistry.import_key(numbers)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, RSAKey | ECKey) else None
