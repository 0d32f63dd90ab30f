"""The way to an Exchange on premises: one fixed address, a service account that impersonates, every call bounded.

exchangelib signs in, builds the SOAP and reads it. What it would decide for itself is decided here: it waits for
nobody (its own back-off sleeps in the thread), it guesses no version and no way to sign in, it takes nothing from the
environment, and it logs nothing, because its logs hold whole requests and answers. Every failure leaves this module as
one of `calendar_sync.calendar`'s, without the server's words. Knows no items.
"""

from __future__ import annotations

import http.client
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import requests
from exchangelib import BASIC, IMPERSONATION, NTLM, UTC, Account, Configuration, Credentials, FailFast, errors
from exchangelib.protocol import Protocol
from exchangelib.transport import get_auth_instance
from exchangelib.version import EXCHANGE_2016, Version
from requests.structures import CaseInsensitiveDict
from urllib3 import Timeout
from urllib3.exceptions import HTTPError

from bounded_http.connections import (
    BoundedAdapter,
    NotConnected,
    Way,
    is_this_machine,
    keep_addresses_out_of_logs,
    retry_after_seconds,
)
from calendar_sync.calendar import (
    AccessDenied,
    CalendarError,
    CalendarUnavailable,
    Conflict,
    CredentialsRefused,
    MailboxMissing,
    NotUnderstood,
    Throttled,
)
from calendar_sync.refused_account import RefusedAccount

log = logging.getLogger(__name__)

LARGEST_ANSWER_BYTES: Final = 8 * 1024 * 1024
_HEADERS: Final = {
    "Accept-Encoding": "identity",  # a small compressed answer may unpack to a huge one
    "Content-Type": "text/xml; charset=utf-8",
    "User-Agent": "vardmote",
}
# It writes requests and answers, which may hold a body, into debug and error logs.
logging.getLogger("exchangelib").setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class EwsSettings:
    """What one installation needs to follow calendars in an Exchange on premises; times in seconds.

    `url` is the whole address of `Exchange.asmx`, https (or http to this machine). `instance` names the installation in
    tags, `add_in_id` is the add-in's id in its manifest. `writes`: tag and block may be written. `connections` is how
    many calls run at once, `watch_minutes` (1 to 1440) how long Exchange keeps a subscription that nobody pulls.
    `home_zone` (IANA) is where most people are.
    """

    url: str
    username: str
    password: str = field(repr=False)
    instance: str
    add_in_id: str
    writes: bool
    auth: Literal["basic", "ntlm"] = "ntlm"
    timeout_seconds: float = 10.0
    connect_timeout_seconds: float = 3.0
    connections: int = 10
    watch_minutes: int = 1440
    home_zone: str = "Europe/Stockholm"
    way: Way = field(default_factory=Way)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_this_machine(parts.hostname or "")):
            raise ValueError(
                "the address of Exchange must be https, because the password goes with every call"
            )


class EwsConnection:
    """Calls to one Exchange. Safe for use by many threads at once."""

    def __init__(self, settings: EwsSettings) -> None:
        self._settings = settings
        self._free = threading.BoundedSemaphore(settings.connections)
        self._account = RefusedAccount()
        self._configuration = Configuration(
            service_endpoint=settings.url,
            credentials=Credentials(settings.username, settings.password),
            auth_type=BASIC if settings.auth == "basic" else NTLM,
            version=Version(EXCHANGE_2016),
            retry_policy=_NoPatience(),
            max_connections=settings.connections,
        )
        keep_addresses_out_of_logs()
        # Protocols are otherwise cached for the whole process, by address and user, whatever their settings.
        self._protocol = type.__call__(_Wire, settings, self._configuration)

    def call(
        self,
        mailbox: str,
        service: type[Any],
        *,
        returned: tuple[type[Exception], ...] = (),
        writes: bool = False,
        **wish: Any,
    ) -> list[Any]:
        """Call a service of exchangelib in the name of a mailbox and return what it gives.

        Failures of single items are among it, and instead of all else a failure of one of the kinds in `returned`.
        Raises CalendarUnreadable, and with `writes` Conflict.
        """
        with self._account.tried(), self._turn():
            try:
                return list(service(account=self.account(mailbox)).call(**wish))
            except returned as failure:
                return [failure]
            except _STUMBLES as failure:
                told = failure_of(failure, writes=writes)
                if not isinstance(failure, errors.EWSError):
                    # A strange answer, or a fault of ours. Its words may hold what stands in an item: what is logged is
                    # our own failure, which has none, at the places where that one has been.
                    kind, where = {"failure": type(failure).__name__}, failure.__traceback__
                    log.warning("answer_not_understood", exc_info=told.with_traceback(where), extra=kind)
                raise told from None

    def account(self, mailbox: str) -> Account:
        """Return the mailbox as exchangelib has it; asks nobody."""
        account = Account(
            primary_smtp_address=mailbox,
            access_type=IMPERSONATION,
            config=self._configuration,
            autodiscover=False,
            locale="sv_SE",
            default_timezone=UTC,
        )
        account.protocol = self._protocol
        return account

    def close(self) -> None:
        """Close what is open."""
        self._protocol.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for a connection, no longer than for an answer."""
        if not self._free.acquire(timeout=self._settings.timeout_seconds):
            raise CalendarUnavailable
        try:
            yield
        finally:
            self._free.release()


# exchangelib's own failures, and what it stumbles over in a strange answer.
_STUMBLES: Final = (errors.EWSError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError)


def failure_of(failure: Exception, *, writes: bool = False) -> CalendarError:
    """Return what a failure of exchangelib is to us; nothing that is only read can be in conflict."""
    if writes and isinstance(failure, _CONFLICTS):
        return Conflict()
    for kinds, ours in _MEANINGS:
        if isinstance(failure, kinds):
            return ours()
    if isinstance(failure, errors.ErrorServerBusy):
        return Throttled(_seconds(failure.back_off))
    return CalendarUnavailable() if isinstance(failure, errors.ResponseMessageError) else NotUnderstood()


_CONFLICTS: Final = (
    errors.ErrorIrresolvableConflict,
    errors.ErrorStaleObject,
    errors.ErrorItemNotFound,
    errors.ErrorInvalidChangeKey,
    errors.ErrorChangeKeyRequired,
    errors.ErrorChangeKeyRequiredForWriteOperations,
)
_MEANINGS: Final = (
    (
        (
            errors.ErrorNonExistentMailbox,
            errors.ErrorInvalidMailbox,
            # It has another address now, and this one only still leads there.
            errors.ErrorNonPrimarySmtpAddress,
        ),
        MailboxMissing,
    ),
    # Of the mailbox nothing is said: the password of our account has run out.
    ((errors.ErrorPasswordChangeRequired, errors.ErrorPasswordExpired), CredentialsRefused),
    (
        (
            errors.ErrorAccessDenied,
            errors.ErrorAccountDisabled,
            errors.ErrorImpersonateUserDenied,
            errors.ErrorImpersonationDenied,
            errors.ErrorImpersonationFailed,
            errors.ErrorMailboxLogonFailed,
            errors.ErrorSubscriptionAccessDenied,
            errors.UnauthorizedError,
        ),
        AccessDenied,
    ),
    (
        (
            errors.ErrorExceededConnectionCount,
            errors.ErrorExceededFindCountLimit,
            errors.ErrorExceededSubscriptionCount,
            errors.ErrorTooManyObjectsOpened,
            errors.RateLimitError,
        ),
        Throttled,
    ),
    (
        (
            errors.ErrorInvalidRequest,
            errors.ErrorInvalidServerVersion,
            errors.ErrorInvalidSchemaVersionForMailboxVersion,
            errors.ErrorSchemaValidation,
        ),
        NotUnderstood,
    ),
)


class _NoPatience(FailFast):
    """Judges HTTP statuses; nothing is tried again here."""

    def raise_response_errors(self, response: requests.Response) -> None:
        """Let pass what holds SOAP; raises CalendarUnreadable."""
        status = response.status_code
        is_xml = response.content.lstrip()[:1] == b"<"
        # A SOAP fault comes as 500 (SOAP 1.1, section 6.2).
        if status == 200 or (status == 500 and is_xml):
            return
        if status in {401, 403}:
            raise CredentialsRefused if status == 401 else AccessDenied
        if status in {429, 503} and "Retry-After" in response.headers:
            raise Throttled(retry_after_seconds(response.headers["Retry-After"]))
        raise CalendarUnavailable if status >= 500 else NotUnderstood


class _Wire(Protocol):
    """exchangelib's connections, as many as `connections`, each with our transport."""

    def __init__(self, settings: EwsSettings, configuration: Configuration) -> None:
        super().__init__(config=configuration)
        self._settings = settings

    def create_session(self) -> requests.Session:
        """Return a session with one connection, which is what NTLM signs in."""
        session = _BoundedSession(self._settings)
        session.auth = get_auth_instance(
            auth_type=self.auth_type, username=self.credentials.username, password=self.credentials.password
        )
        return session

    def decrease_poolsize(self) -> None:
        """Refuse: exchangelib would wait here, under a lock, for a session that another thread may hold."""
        raise errors.SessionPoolMinSizeReached("as small as it gets")


class _BoundedSession(requests.Session):
    """Takes nothing from the environment; time and size of an answer are bounded, and no answer is an error of ours.

    A Session in spite of docs/adr/0016, because NTLM signs in through its hooks. Nothing here keeps a cookie, and no
    redirect is followed.
    """

    def __init__(self, settings: EwsSettings) -> None:
        super().__init__()
        self._settings = settings
        self.trust_env = False
        self.headers = CaseInsensitiveDict(_HEADERS)
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.mount(settings.url, BoundedAdapter(pool_connections=1, pool_maxsize=1))
        # exchangelib keeps its books in the session.
        self.session_id, self.usage_count = id(self), 0

    def send(self, request: requests.PreparedRequest, **told: Any) -> requests.Response:
        """Send, and read the whole answer; raises CalendarUnavailable or NotUnderstood."""
        settings = self._settings
        told |= {"stream": True, "allow_redirects": False, "proxies": dict(settings.way.proxies)}
        told |= {"verify": settings.way.ca_bundle or True, "timeout": self._timeout()}
        try:
            response = super().send(request, **told)
            body = response.raw.read(LARGEST_ANSWER_BYTES + 1, decode_content=False)
            response.close()
        except (NotConnected, requests.RequestException, HTTPError, http.client.HTTPException, OSError):
            # Its text may hold the address; that there was no answer tells enough.
            raise CalendarUnavailable from None
        if len(body) > LARGEST_ANSWER_BYTES:
            raise NotUnderstood
        # As if requests had read it; it would read without end.
        vars(response).update(_content=body, _content_consumed=True)
        return response

    def _timeout(self) -> Timeout:
        settings = self._settings
        return Timeout(total=settings.timeout_seconds, connect=settings.connect_timeout_seconds)


def _seconds(told: Any) -> float | None:
    try:
        return max(0.0, float(told))
    except (TypeError, ValueError):
        return None
