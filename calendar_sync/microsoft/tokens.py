"""Access tokens for Graph: the application's own, and a person's on whose behalf it acts for one click."""

from __future__ import annotations

import copy
import math
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import urlencode, urlsplit, urlunsplit

from msal import ConfidentialClientApplication

from bounded_http.connections import (
    BoundedAdapter,
    NotConnected,
    NoUsableAnswer,
    RawAnswer,
    Request,
    exchange,
)
from calendar_sync.calendar import (
    CalendarError,
    CalendarUnavailable,
    CalendarUnreadable,
    ConsentMissing,
    CredentialsRefused,
    NotUnderstood,
    SignInNeeded,
)
from calendar_sync.microsoft.settings import (
    Certificate,
    ClientSecret,
    MicrosoftSettings,
    origin_of,
    seconds_left,
)

SCOPE: Final = "https://graph.microsoft.com/.default"
LARGEST_TOKEN_ANSWER_BYTES: Final = 512 * 1024
# While Entra does not answer, others who need a token do not queue up to wait for it in turn.
TRY_AGAIN_SECONDS: Final = 5.0
# An authority's description of itself changes hardly ever; each person's click would fetch it anew.
KEPT_SECONDS: Final = 3600.0
# What OAuth 2.0 (RFC 6749, sections 4.1.2.1 and 5.2) calls a passing trouble; everything else is a refusal.
_PASSING: Final = frozenset({"temporarily_unavailable", "server_error"})
_SIGN_IN: Final = frozenset({"interaction_required", "invalid_grant"})
# Entra's own word beside the code when it is an administrator who has something to do (AADSTS65001).
_CONSENT: Final = "consent_required"


class TokenSource(Protocol):
    """Gives access tokens for Graph."""

    def token(self) -> str:
        """Return one that should be good; raises CalendarUnreadable."""

    def refuse(self, token: str) -> None:
        """Take note that Graph has refused a token, so that the next one is another."""


class Entra:
    """One application at one tenant, for as long as the process lives. Safe for use by many threads at once.

    Raises ValueError at once when the settings cannot be used: an address in clear text, a key that is none.
    """

    def __init__(self, settings: MicrosoftSettings) -> None:
        self._settings = settings
        self._http = _AuthorityHttp(settings)
        self._credential = _credential(settings.credential)

    def until(self, moment: float) -> Entra:
        """Return the same application in a hurry: nothing is waited for after `moment` (`time.monotonic()`)."""
        hurried = copy.copy(self)
        hurried._http = self._http.until(moment)  # noqa: SLF001 - a copy of our own
        return hurried

    def application(self) -> ConfidentialClientApplication:
        """Return msal's application with a memory of its own; raises CalendarUnreadable."""
        with _typed_failures():
            return ConfidentialClientApplication(
                self._settings.client_id,
                client_credential=self._credential,
                authority=self._http.https_authority,
                http_client=self._http,
                # Only Microsoft's own host could say whether it knows the authority; the settings say it.
                instance_discovery=False,
            )


class ApplicationTokens:
    """Tokens for the application itself (client credentials), kept in memory until shortly before they end."""

    def __init__(self, entra: Entra) -> None:
        self._entra = entra
        self._application: ConfidentialClientApplication | None = None
        self._fetching = threading.Lock()
        self._failed_at = 0.0
        self._failure: CalendarUnreadable | None = None
        self._last: str | None = None

    def token(self) -> str:
        # One asks Entra, the others wait for what it gets. msal answers from its memory while that is good.
        with self._fetching:
            if self._failure and time.monotonic() - self._failed_at < TRY_AGAIN_SECONDS:
                raise type(self._failure)(self._failure.retry_after)
            try:
                self._last = self._fetched()
            except CalendarUnreadable as failure:
                self._failure, self._failed_at = failure, time.monotonic()
                raise
            self._failure = None
            return self._last

    def refuse(self, token: str) -> None:
        with self._fetching:
            # Only the newest: a thread that was slow must not throw away what another has just fetched.
            if token == self._last and self._application:
                self._application.remove_tokens_for_client()

    def _fetched(self) -> str:
        self._application = self._application or self._entra.application()
        with _typed_failures():
            told = self._application.acquire_token_for_client([SCOPE])
        return _access_token(told)


class PersonsTokens:
    """A token for a person who has just clicked (on behalf of), by the token that came with the click.

    Lives as long as the request. Neither token is kept anywhere else: msal's memory goes with this object.
    """

    def __init__(self, entra: Entra, assertion: str) -> None:
        self._entra = entra
        self._assertion = assertion
        self._token: str | None = None

    def token(self) -> str:
        if self._token is None:
            application = self._entra.application()
            with _typed_failures():
                told = application.acquire_token_on_behalf_of(self._assertion, [SCOPE])
            if told.get("suberror") == _CONSENT:
                raise ConsentMissing
            if _error(told) in _SIGN_IN:
                raise SignInNeeded(_claims(told))
            self._token = _access_token(told)
        return self._token

    def refuse(self, token: str) -> None:
        if token == self._token:
            self._token = None


def _access_token(told: Mapping[str, Any]) -> str:
    """Return the token of msal's answer; raises CalendarUnreadable without what Entra says, which names people."""
    token = told.get("access_token")
    if isinstance(token, str):
        return token
    raise CalendarUnavailable if _error(told) in _PASSING else CredentialsRefused


def _error(told: Mapping[str, Any]) -> str:
    """Return Entra's code for a failure (RFC 6749, 5.2); "" when it is none, since a proxy may answer anything."""
    error = told.get("error")
    return error if isinstance(error, str) else ""


def _claims(told: Mapping[str, Any]) -> str | None:
    """Return the claims challenge of a refusal, which is for the client to hand to Entra, unread."""
    claims = told.get("claims")
    return claims if isinstance(claims, str) and claims else None


@contextmanager
def _typed_failures() -> Iterator[None]:
    """Turn what msal raises into our own; its texts hold addresses and Entra's words."""
    try:
        yield
    except CalendarError:
        raise
    except Exception as failure:  # noqa: BLE001 - msal documents no list of what it raises, and has raised many kinds
        raise CalendarUnavailable from _Nameless(type(failure).__name__)


class _Nameless(Exception):
    """The kind of a failure without its words."""


def _credential(told: Certificate | ClientSecret) -> Any:
    """Return the credential as msal takes it; with both parts of a certificate it signs with PS256."""
    if isinstance(told, ClientSecret):
        return told.secret
    return {"private_key": told.private_key, "public_certificate": told.certificate}


class _AuthorityAnswer:
    """An answer of Entra's as msal reads it."""

    def __init__(self, raw: RawAnswer, origin: str) -> None:
        self.status_code, self.headers = raw.status, dict(raw.headers)
        text = raw.body.decode("utf-8", errors="replace")
        # msal takes no address but https, not even of the sandbox on this machine; where it goes is decided below.
        self.text = text.replace(origin, origin.replace("http://", "https://", 1))

    def raise_for_status(self) -> None:
        if not 200 <= self.status_code < 300:
            raise CalendarUnavailable


class _AuthorityHttp:
    """msal's way out: bounded, through the organisation's own proxy and trust, to the authority's host alone."""

    def __init__(self, settings: MicrosoftSettings) -> None:
        self._origin = origin_of(settings.authority)
        self.https_authority = urlunsplit(("https", *urlsplit(settings.authority)[1:])).rstrip("/")
        self._settings = settings
        self._transport = BoundedAdapter(pool_connections=1, pool_maxsize=2)
        self._kept: dict[str, tuple[float, _AuthorityAnswer]] = {}
        self._until = math.inf

    def until(self, moment: float) -> _AuthorityHttp:
        """Return the same way out, with its connections and what it keeps, for calls that end by `moment`."""
        hurried = copy.copy(self)
        hurried._until = moment  # noqa: SLF001 - a copy of our own
        return hurried

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> _AuthorityAnswer:
        at, kept = self._kept.get(url, (0.0, None))
        if kept and not params and time.monotonic() - at < KEPT_SECONDS:
            return kept
        answer = self._answer("GET", f"{url}?{urlencode(params)}" if params else url, headers, None)
        if answer.status_code == HTTPStatus.OK and not params:
            self._kept[url] = (time.monotonic(), answer)
        return answer

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> _AuthorityAnswer:
        form = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self._answer(
            "POST", f"{url}?{urlencode(params)}" if params else url, form, urlencode(data or {}).encode()
        )

    def close(self) -> None:
        """Keep the connections: they are shared by every application of this authority."""

    def _answer(
        self, method: str, url: str, headers: Mapping[str, str] | None, body: bytes | None
    ) -> _AuthorityAnswer:
        there = urlsplit(url)
        if there.netloc != urlsplit(self._origin).netloc:
            raise NotUnderstood  # the proof of who we are goes to the authority that was told to us and to no other
        path = urlunsplit(("", "", there.path, there.query, ""))
        sent = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
        seconds = seconds_left(self._settings, self._until)
        try:
            raw = exchange(
                self._transport,
                Request(method, self._origin + path, sent, body),
                self._settings.way,
                seconds=seconds,
                connect_seconds=self._settings.connect_timeout_seconds,
                largest_bytes=LARGEST_TOKEN_ANSWER_BYTES,
            )
        except (NotConnected, NoUsableAnswer):
            raise CalendarUnavailable from None
        return _AuthorityAnswer(raw, self._origin)
