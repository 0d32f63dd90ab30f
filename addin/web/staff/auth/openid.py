"""Signs a host in on the start page: OpenID Connect code flow with PKCE, state and nonce.

Any OpenID provider will do, by its metadata address: Entra, or a region's own. Authlib speaks the protocol; the ID
token is proved here, by the same code as access tokens. Sources: OpenID Connect Core 1.0, section 3.1; RFC 7636;
OpenID Connect Discovery 1.0.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from addin.meetings.model import Principal
from addin.meetings.ports import Clock
from addin.web.staff.auth import claims as rules
from addin.web.staff.auth.errors import (
    IdentityUnavailable,
    NotStaff,
    SignInFailed,
    TokenExpired,
    TokenInvalid,
)
from addin.web.staff.auth.keys import SigningKeys
from addin.web.staff.auth.outbound import CONNECT_SECONDS, READ_SECONDS, Outbound
from addin.web.staff.auth.signatures import prove, read_unproven
from addin.web.staff.auth.tokens import TrustedTenant

log = logging.getLogger(__name__)

ALGORITHMS: Final = ("RS256", "PS256", "ES256")
METADATA_KEPT: Final = timedelta(hours=24)
METADATA_RETRY: Final = timedelta(minutes=5)
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
# Entra's metadata for several organisations writes the issuer with this in the tenant's place.
_TENANT_PLACE: Final = "{tenantid}"


@dataclass(frozen=True, slots=True)
class OpenIdSettings:
    """Which provider signs hosts in, and whose employees are hosts.

    `redirect_uri` is our callback as registered there. `tenants` are the organisations whose employees may start
    meetings, as the claim `tid` names them. A provider that sends no `tid` knows one organisation only:
    `sole_tenant` names it, and `object_claim` the claim that holds the person's object id. `shared`: the mailboxes
    that groups share.
    """

    metadata_url: str
    client_id: str
    redirect_uri: str
    tenants: tuple[TrustedTenant, ...]
    client_secret: str | None = field(default=None, repr=False)
    sole_tenant: str | None = None
    object_claim: str = "oid"
    scope: str = "openid profile"
    leeway: timedelta = timedelta(seconds=60)
    outbound: Outbound = field(default_factory=Outbound)
    shared: rules.SharedMailboxes = field(default_factory=rules.SharedMailboxes)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in under way; kept by the browser that began it, sealed, until it comes back."""

    state: str
    nonce: str
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Provider:
    """The provider's metadata, as far as we use it, and its keys."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    secret_in_header: bool
    keys: SigningKeys
    fetched_at: datetime


class OpenIdSignIn:
    """Sends people to the provider and says who came back; safe for many threads."""

    def __init__(self, settings: OpenIdSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._tenants = {tenant.tenant_id: tenant for tenant in settings.tenants}
        self._fetching = threading.Lock()
        self._known: _Provider | None = None
        self._failures = 0

    def begin(self) -> tuple[str, Attempt]:
        """Return where to send the browser, and what it must bring back. Raises IdentityUnavailable."""
        provider = self._provider()
        attempt = Attempt(*(secrets.token_urlsafe(32) for _ in range(3)))
        with self._session(provider) as session:
            address, _ = session.create_authorization_url(
                provider.authorization_endpoint,
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        return str(address), attempt

    def finish(self, attempt: Attempt, answer: Mapping[str, str]) -> Principal:
        """Return who came back with the callback's query `answer`.

        Raises SignInFailed, NotStaff, IdentityUnavailable.
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise SignInFailed("the answer belongs to another sign-in")
        code = answer.get("code")
        if "error" in answer or not code:
            raise SignInFailed("the provider or the person said no")
        provider = self._provider()
        try:
            return self._employee(provider, self._identity(provider, attempt, code))
        except (TokenInvalid, TokenExpired) as fault:
            raise SignInFailed(f"the ID token does not hold: {fault}") from None

    # --- the exchange ---------------------------------------------------------------------------------------

    def _identity(self, provider: _Provider, attempt: Attempt, code: str) -> rules.Claims:
        """Return the proved claims of the ID token that the code is worth."""
        token = self._redeem(provider, attempt, code).get("id_token")
        if not isinstance(token, str) or not token.isascii():
            raise SignInFailed("the provider sent no ID token")
        claims = prove(read_unproven(token.encode()), provider.keys, ALGORITHMS)
        rules.check_times(claims, self._clock.now().timestamp(), self._settings.leeway)
        if rules.text(claims, "iss") != provider.issuer.replace(_TENANT_PLACE, str(claims.get("tid"))):
            raise TokenInvalid("from another issuer")
        self._check_audience(claims)
        if not hmac.compare_digest(rules.text(claims, "nonce").encode(), attempt.nonce.encode()):
            raise TokenInvalid("made for another sign-in")
        return claims

    def _check_audience(self, claims: rules.Claims) -> None:
        """Hold the token to be for us and nobody else (OpenID Connect Core 1.0, section 3.1.3.7, 3-5)."""
        if claims.get("aud") not in (self._settings.client_id, [self._settings.client_id]):
            raise TokenInvalid("for another audience")
        if claims.get("azp", self._settings.client_id) != self._settings.client_id:
            raise TokenInvalid("given to another application")

    def _redeem(self, provider: _Provider, attempt: Attempt, code: str) -> dict[str, Any]:
        with self._session(provider) as session:
            try:
                return dict(
                    session.fetch_token(
                        provider.token_endpoint,
                        code=code,
                        code_verifier=attempt.verifier,
                        grant_type="authorization_code",
                        timeout=(CONNECT_SECONDS, READ_SECONDS),
                        allow_redirects=False,
                    )
                )
            except OAuthError as refusal:
                raise _refused(refusal) from None
            except (requests.RequestException, ValueError):
                raise IdentityUnavailable("the provider's token endpoint does not answer") from None

    def _session(self, provider: _Provider) -> OAuth2Session:
        settings = self._settings
        method = "client_secret_basic" if provider.secret_in_header else "client_secret_post"
        session = OAuth2Session(
            settings.client_id,
            settings.client_secret,
            token_endpoint_auth_method=method if settings.client_secret else "none",
            scope=settings.scope,
            redirect_uri=settings.redirect_uri,
            code_challenge_method="S256",
        )
        settings.outbound.prepare(session)
        return session

    # --- who it is ------------------------------------------------------------------------------------------

    def _employee(self, provider: _Provider, claims: rules.Claims) -> Principal:
        shared = self._settings.shared
        if self._settings.sole_tenant is not None:
            person = rules.person(claims, self._settings.object_claim)
            return rules.principal(claims, self._settings.sole_tenant, person, shared)
        tenant = self._tenants.get(rules.guid(claims, "tid"))
        if tenant is None:
            raise NotStaff("of another organisation")
        rules.refuse_guests(claims, (tenant.issuer_v1, tenant.issuer_v2, provider.issuer))
        person = rules.guid(claims, self._settings.object_claim)
        return rules.principal(claims, tenant.tenant_id, person, shared)

    # --- the provider ---------------------------------------------------------------------------------------

    def _provider(self) -> _Provider:
        """Return the metadata; when they cannot be had anew, those from before go on.

        While the provider does not answer one asks it, and the others do not wait for it in turn.
        """
        known, failures = self._known, self._failures
        if known is not None and abs(self._clock.now() - known.fetched_at) < METADATA_KEPT:
            return known
        if not self._fetching.acquire(blocking=known is None and not failures):
            return known or _no_metadata()
        try:
            if self._known is not known and self._known is not None:
                return self._known
            return _no_metadata() if self._failures != failures else self._asked(known)
        finally:
            self._fetching.release()

    def _asked(self, known: _Provider | None) -> _Provider:
        try:
            self._known, self._failures = self._fetch(), 0
        except IdentityUnavailable:
            if known is None:
                self._failures += 1
                raise
            log.warning("identity_metadata_stale")
            self._known = replace(known, fetched_at=self._clock.now() - METADATA_KEPT + METADATA_RETRY)
        return self._known

    def _fetch(self) -> _Provider:
        settings = self._settings
        document = settings.outbound.fetch_json(settings.metadata_url)
        endpoints = [_endpoint(document, name, settings.metadata_url) for name in _ENDPOINTS]
        methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if not isinstance(document.get("issuer"), str):
            raise IdentityUnavailable("the provider's metadata name no issuer")
        return _Provider(
            issuer=document["issuer"],
            authorization_endpoint=endpoints[0],
            token_endpoint=endpoints[1],
            secret_in_header="client_secret_basic" in methods,
            keys=SigningKeys(endpoints[2], settings.outbound, self._clock, ALGORITHMS),
            fetched_at=self._clock.now(),
        )


def _no_metadata() -> NoReturn:
    raise IdentityUnavailable("the provider's metadata cannot be had")


def _endpoint(document: Mapping[str, Any], name: str, metadata_url: str) -> str:
    """Return an address from the metadata; never one that is less protected than the metadata themselves."""
    address = document.get(name)
    if not isinstance(address, str) or urlsplit(address).scheme not in {
        "https",
        urlsplit(metadata_url).scheme,
    }:
        raise IdentityUnavailable("the provider's metadata lack a usable address")
    return address


def _refused(refusal: OAuthError) -> SignInFailed | IdentityUnavailable:
    """Tell a code that is worth nothing from a registration that the provider does not accept."""
    if refusal.error in {"invalid_client", "unauthorized_client"}:
        log.error("sign_in_client_refused")
        return IdentityUnavailable("the provider does not accept our registration")
    return SignInFailed("the code was not accepted")
