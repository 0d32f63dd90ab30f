"""Verifies the access token that comes with every API call (RFC 9068; Entra's versions 1.0 and 2.0).

There is no switch that turns it off, and the sandbox's issuer is verified by the same code as a real tenant. A
token that has been verified is remembered by its hash until it ends, so that the next call costs microseconds.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Final

from addin.meetings.model import Principal
from addin.meetings.ports import Clock
from addin.web.staff.auth import claims as rules
from addin.web.staff.auth.errors import NotStaff, TokenExpired, TokenInvalid, TokenMissing
from addin.web.staff.auth.keys import SigningKeys
from addin.web.staff.auth.outbound import Outbound
from addin.web.staff.auth.signatures import prove, read_unproven

ALGORITHMS: Final = ("RS256",)
_TOKEN_TYPES: Final = {"jwt", "at+jwt", "application/at+jwt"}
# Members that only an ID token has (OpenID Connect Core 1.0, sections 2 and 3.3.2.11).
_ID_TOKEN_CLAIMS: Final = frozenset({"nonce", "at_hash", "c_hash"})
_PARTY_CLAIM: Final = {"1.0": "appid", "2.0": "azp"}


@dataclass(frozen=True, slots=True)
class TrustedTenant:
    """An organisation whose employees may use the service; `tenant_id` is a GUID in lower case.

    Entra's issuers are `https://sts.windows.net/<tenant>/` in version 1.0 and
    `https://login.microsoftonline.com/<tenant>/v2.0` in 2.0.
    """

    tenant_id: str
    issuer_v2: str
    issuer_v1: str
    jwks_url: str


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """Which access tokens are good.

    `audiences` are what names our API: its client id (2.0) and its application id URI (1.0). `authorised_parties`
    are the client ids that may call for a person: the pane's. `leeway` bears with clocks that disagree.
    `account_type_required` refuses tokens without `acct`; set it once the tenant's application sends that claim.
    `remembered` bounds the memory of verified tokens. `shared`: the mailboxes that groups share.
    """

    tenants: tuple[TrustedTenant, ...]
    audiences: tuple[str, ...]
    authorised_parties: tuple[str, ...]
    scope: str = "access_as_user"
    leeway: timedelta = timedelta(seconds=60)
    account_type_required: bool = False
    remembered: int = 10_000
    outbound: Outbound = field(default_factory=Outbound)
    shared: rules.SharedMailboxes = field(default_factory=rules.SharedMailboxes)


@dataclass(frozen=True, slots=True)
class _Issuer:
    """One issuer in one token version, and the keys that it signs with."""

    tenant: TrustedTenant
    version: str
    keys: SigningKeys


class TokenVerifier:
    """Says who holds a token; safe for many threads."""

    def __init__(self, settings: TokenSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._issuers = _issuers(settings, clock)
        self._audiences = frozenset(settings.audiences)
        self._parties = frozenset(settings.authorised_parties)
        self._memory = _VerifiedTokens(settings.remembered)

    def principal(self, authorization_header: str | None) -> Principal:
        """Return who sent the header `Authorization`.

        Raises TokenMissing, TokenInvalid, TokenExpired, NotStaff, and IdentityUnavailable when the issuer's keys
        cannot be had (a token that was verified before is still good then).
        """
        token = _bearer(authorization_header)
        digest, now = sha256(token).digest(), self._clock.now().timestamp()
        known = self._memory.recall(digest, now)
        if known is not None:
            return known
        issuer, claims = self._genuine(token)
        ends = rules.check_times(claims, now, self._settings.leeway)
        who = self._employee(issuer, claims)
        self._memory.keep(digest, who, ends)
        return who

    def _genuine(self, token: bytes) -> tuple[_Issuer, rules.Claims]:
        """Return the claims of a token that a trusted issuer signed, and that issuer."""
        unproven = read_unproven(token)
        issuer = self._issuers.get(rules.text(unproven.claims, "iss"))
        if issuer is None:
            raise TokenInvalid("from an issuer that is not trusted")
        if str(unproven.header.get("typ", "JWT")).lower() not in _TOKEN_TYPES:
            raise TokenInvalid("another type of token")
        return issuer, prove(unproven, issuer.keys, ALGORITHMS)

    def _employee(self, issuer: _Issuer, claims: rules.Claims) -> Principal:
        """Return the employee for whom the token lets its application call us."""
        self._check_version(issuer, claims)
        if rules.text(claims, "aud") not in self._audiences:
            raise TokenInvalid("for another audience")
        self._refuse_other_kinds(claims)
        if rules.text(claims, _PARTY_CLAIM[issuer.version]) not in self._parties:
            raise TokenInvalid("given to an application that may not call")
        tenant, object_id = rules.guid(claims, "tid"), rules.guid(claims, "oid")
        if tenant != issuer.tenant.tenant_id:
            raise TokenInvalid("tenant and issuer disagree")
        home = (issuer.tenant.issuer_v1, issuer.tenant.issuer_v2)
        rules.refuse_guests(claims, home, account_type_required=self._settings.account_type_required)
        return rules.principal(claims, tenant, object_id, self._settings.shared)

    def _check_version(self, issuer: _Issuer, claims: rules.Claims) -> None:
        if claims.get("ver") != issuer.version:
            raise TokenInvalid("version and issuer disagree")

    def _refuse_other_kinds(self, claims: rules.Claims) -> None:
        """Refuse applications that act for themselves, ID tokens, and tokens for another purpose."""
        if claims.get("idtyp") == "app" or ("roles" in claims and "scp" not in claims):
            raise NotStaff("an application, not a person")
        if not _ID_TOKEN_CLAIMS.isdisjoint(claims):
            raise TokenInvalid("an ID token")
        if self._settings.scope not in rules.text(claims, "scp").split(" "):
            raise TokenInvalid("without our scope")


def _issuers(settings: TokenSettings, clock: Clock) -> Mapping[str, _Issuer]:
    found: dict[str, _Issuer] = {}
    for tenant in settings.tenants:
        keys = SigningKeys(tenant.jwks_url, settings.outbound, clock, ALGORITHMS)
        found[tenant.issuer_v1] = _Issuer(tenant, "1.0", keys)
        found[tenant.issuer_v2] = _Issuer(tenant, "2.0", keys)
    return found


def _bearer(header: str | None) -> bytes:
    """Return the token of a header `Bearer <token>` (RFC 6750, section 2.1; the scheme's case is free)."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer":
        raise TokenMissing
    if not token or not token.isascii():
        raise TokenInvalid("not the form of a token")
    return token.encode("ascii")


class _VerifiedTokens:
    """Verified tokens by SHA-256, oldest forgotten first; the tokens themselves are not kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[bytes, tuple[Principal, float]] = {}
        self._changing = threading.Lock()

    def recall(self, digest: bytes, now: float) -> Principal | None:
        """Return who it was; raises TokenExpired when the token has ended since."""
        found = self._known.get(digest)
        if found is None:
            return None
        if now >= found[1]:
            raise TokenExpired
        return found[0]

    def keep(self, digest: bytes, who: Principal, ends: float) -> None:
        with self._changing:
            self._known[digest] = (who, ends)
            while len(self._known) > self._most:
                del self._known[next(iter(self._known))]
