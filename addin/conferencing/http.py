"""The one way in which an adapter speaks HTTP with a vendor: pooled, bounded in time and size, failures typed.

Knows no vendor. What comes back from `VendorHttp` is an answer with status 2xx or a 4xx that the vendor's own
adapter must judge; everything else has become one of `addin.meetings.errors` before it leaves this module, without
the vendor's words, the address or any secret in it. Nothing is retried here and no redirect is followed.
"""

from __future__ import annotations

import base64
import http.client
import io
import json
import logging
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any, Final, Literal
from urllib.parse import urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import HTTPError

from addin.meetings.deadline import Deadline
from addin.meetings.errors import (
    AuthenticationFailed,
    OutcomeUnknown,
    PermissionDenied,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
)

LARGEST_ANSWER_BYTES: Final = 1024 * 1024
DEFAULT_RETRY_AFTER_SECONDS: Final = 1.0
LONGEST_RETRY_AFTER_SECONDS: Final = 3600.0

_ITEM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_COLLECTION: Final = re.compile(r"(/[A-Za-z0-9_.-]+)+")
_Method = Literal["GET", "POST", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """Where a vendor is and how it is reached; times in seconds, `ca_bundle` a file of PEM certificates.

    `base_url` is scheme, host and port alone. It is https, or http to this machine, because the password goes with
    every call.
    """

    base_url: str
    username: str
    password: str = field(repr=False)
    timeout_seconds: float = 10.0
    connect_timeout_seconds: float = 3.0
    pool_size: int = 40
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_bundle: str | None = None


@dataclass(frozen=True, slots=True)
class ItemPath:
    """The path of one thing in a collection, such as `/rooms/42/`; it can never be the path of the collection.

    Many interfaces delete *everything* when DELETE is sent to the list, so the two are different types here:
    changing and deleting take only an `ItemPath`, and one cannot be made with an empty or strange id.
    """

    collection: str
    item: str

    def __post_init__(self) -> None:
        if not _COLLECTION.fullmatch(self.collection) or not _ITEM.fullmatch(self.item):
            raise ValueError("not the path of a single item")

    @property
    def text(self) -> str:
        return f"{self.collection}/{self.item}/"


@dataclass(frozen=True, slots=True)
class Answer:
    """A vendor's answer. `location` is the header as sent: only its path may be used, never its host."""

    status: int
    location: str | None = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Return the body read as JSON, or None when it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:  # also what json says of bytes that are not UTF-8
            return None


class NoUsableAnswerError(Exception):
    """Bytes may have been sent and nothing usable came back; never leaves this module."""


class VendorHttp:
    """One vendor's connections. Safe for use by many threads at once."""

    def __init__(self, settings: ConnectionSettings) -> None:
        _refuse_clear_text(settings.base_url)
        # At DEBUG urllib3 logs each address, and an address names a room.
        pool_log = logging.getLogger("urllib3.connectionpool")
        pool_log.setLevel(max(pool_log.getEffectiveLevel(), logging.INFO))
        self._settings = settings
        self._base = settings.base_url.rstrip("/")
        self._proxies = dict(settings.proxies)
        self._verify = settings.ca_bundle or True
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # a small compressed answer may unpack to a huge one
            "Authorization": _basic(settings.username, settings.password),
            "User-Agent": "vardmote",
        }
        # requests' transport without its Session, which would keep cookies, look at redirects even when told not to
        # follow them, and read proxies and passwords from the environment.
        self._transport = _BoundedAdapter(pool_connections=4, pool_maxsize=settings.pool_size)

    def get(self, path: str, query: Mapping[str, str | int], deadline: Deadline) -> Answer:
        """Read; whatever goes wrong on the way is ProviderUnavailable, because reading may be repeated."""
        return self._call("GET", f"{path}?{urlencode(query)}" if query else path, None, deadline)

    def post(self, path: str, body: Mapping[str, Any], deadline: Deadline) -> Answer:
        """Create or command; raises OutcomeUnknown when it may have been applied."""
        return self._call("POST", path, body, deadline)

    def patch(self, path: ItemPath, body: Mapping[str, Any], deadline: Deadline) -> Answer:
        """Change one thing; raises OutcomeUnknown when it may have been applied."""
        return self._call("PATCH", path.text, body, deadline)

    def delete(self, path: ItemPath, deadline: Deadline) -> Answer:
        """Remove one thing; raises OutcomeUnknown when it may have been applied."""
        return self._call("DELETE", path.text, None, deadline)

    def _call(self, method: _Method, path: str, body: Mapping[str, Any] | None, deadline: Deadline) -> Answer:
        unanswered = ProviderUnavailable if method == "GET" else OutcomeUnknown
        try:
            response = self._exchange(self._prepared(method, path, body), deadline)
            answer = _answer(response)
        except NoUsableAnswerError as failure:
            raise unanswered(str(failure)) from None
        failure_of_status = _failure(answer.status, response.headers.get("Retry-After"), unanswered)
        if failure_of_status:
            raise failure_of_status
        return answer

    def _prepared(
        self, method: _Method, path: str, body: Mapping[str, Any] | None
    ) -> requests.PreparedRequest:
        # Built by hand: the settings are the same each time, so nothing of requests' merging is needed.
        prepared = requests.PreparedRequest()
        prepared.method = method
        prepared.url = self._base + path
        prepared.headers = CaseInsensitiveDict(self._headers)
        if body is not None:
            prepared.body = json.dumps(body).encode()
            prepared.headers["Content-Type"] = "application/json"
            prepared.headers["Content-Length"] = str(len(prepared.body))
        return prepared

    def _exchange(self, prepared: requests.PreparedRequest, deadline: Deadline) -> requests.Response:
        seconds = min(self._settings.timeout_seconds, deadline.remaining())
        if seconds <= 0:
            raise ProviderUnavailable("no time left to call")
        # requests takes urllib3's own object, which its type stubs do not say.
        timeout: Any = Timeout(total=seconds, connect=min(seconds, self._settings.connect_timeout_seconds))
        try:
            return self._transport.send(
                prepared, stream=True, timeout=timeout, verify=self._verify, proxies=self._proxies
            )
        except (requests.RequestException, HTTPError, http.client.HTTPException, OSError) as failure:
            # The name of the exception's type tells enough; its text holds the address.
            raise NoUsableAnswerError(f"no answer ({type(failure).__name__})") from None


def _answer(response: requests.Response) -> Answer:
    """Read at most the largest answer; raises NoUsableAnswerError when it is larger or breaks off."""
    try:
        body = response.raw.read(LARGEST_ANSWER_BYTES + 1, decode_content=False)
    except (HTTPError, http.client.HTTPException, OSError) as failure:
        raise NoUsableAnswerError(f"answer broke off ({type(failure).__name__})") from None
    finally:
        # Returns the connection to the pool when the answer was read to its end, and closes it otherwise.
        response.close()
    if len(body) > LARGEST_ANSWER_BYTES:
        raise NoUsableAnswerError("answer too large")
    return Answer(response.status_code, response.headers.get("Location"), body)


def _failure(
    status: int, retry_after: str | None, unanswered: type[ProviderUnavailable | OutcomeUnknown]
) -> ProviderError | None:
    """Return what a status means whoever the vendor is; None when the vendor's adapter must judge it.

    503 is surely not applied: the node says that it is too busy to begin. Of 500, 502 and 504, and of a redirect
    (which a form answers with after it has done its work), nobody can say.
    """
    if status == 401:
        return AuthenticationFailed("credentials refused")
    if status == 403:
        return PermissionDenied("permission denied")
    if status == 429:
        return RateLimited(retry_after_seconds(retry_after))
    if status == 503:
        return ProviderUnavailable("status 503")
    if status in {407, 408} or not (200 <= status < 300 or 400 <= status < 500):
        return unanswered(f"status {status}")
    return None


def retry_after_seconds(header: str | None, now: datetime | None = None) -> float:
    """Return how long a `Retry-After` header asks to wait: seconds or an HTTP date (RFC 9110, section 10.2.3).

    Without a usable header: one second. Never more than an hour.
    """
    if header is None:
        return DEFAULT_RETRY_AFTER_SECONDS
    if re.fullmatch(r"[0-9]{1,9}", header.strip()):
        return min(float(header), LONGEST_RETRY_AFTER_SECONDS)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return DEFAULT_RETRY_AFTER_SECONDS
    wait = (at.replace(tzinfo=at.tzinfo or UTC) - (now or datetime.now(UTC))).total_seconds()
    return min(max(wait, 0.0), LONGEST_RETRY_AFTER_SECONDS)


def _basic(username: str, password: str) -> str:
    """Return Basic credentials in UTF-8 (RFC 7617); requests alone would write them in Latin-1."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode("ascii")


def _refuse_clear_text(base_url: str) -> None:
    """Raise ValueError when the address is not one to which a password may be sent."""
    parts = urlsplit(base_url)
    if parts.path.rstrip("/") or parts.query or parts.fragment or parts.username or not parts.hostname:
        raise ValueError("base_url must be scheme, host and port alone")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(parts.hostname)):
        raise ValueError("base_url must be https")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# --- Bounded connections ------------------------------------------------------------------------------------


class _DeadlineReader(io.RawIOBase):
    """Reads a socket until a point in time: a vendor that drips a byte a second cannot hold a thread."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._deadline.remaining()
        if remaining <= 0:
            raise TimeoutError
        self._sock.settimeout(remaining)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """Makes the socket's read timeout, which counts anew with each byte, the time for the whole answer."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        seconds = sock.gettimeout()
        if seconds is not None and isinstance(self.fp, io.BufferedReader):
            self.fp = io.BufferedReader(_DeadlineReader(self.fp.detach(), sock, Deadline.after(seconds)))


class _BoundedConnection(HTTPConnection):
    """A connection whose failure to come about is surely not applied: no byte of a request was sent."""

    response_class = _BoundedResponse
    _held: list[Any] | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send head and body as one: two writes are two packets, and two times that other threads go first."""
        self._held = []
        try:
            super().request(*args, **kwargs)
        finally:
            held, self._held = self._held, None
        super().send(b"".join(held))

    def send(self, data: Any) -> None:
        if self._held is None:
            super().send(data)
        else:
            self._held.append(data)

    def connect(self) -> None:
        """Resolve, connect, shake hands, through the proxy if there is one; raises ProviderUnavailable."""
        try:
            super().connect()
        except (HTTPError, http.client.HTTPException, OSError) as failure:
            raise ProviderUnavailable(f"no connection ({type(failure).__name__})") from None


class _BoundedTlsConnection(_BoundedConnection, HTTPSConnection):
    """The same over TLS; a certificate that is not trusted is a connection that did not come about."""


class _BoundedPool(HTTPConnectionPool):
    ConnectionCls = _BoundedConnection


class _BoundedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _BoundedTlsConnection


class _BoundedAdapter(HTTPAdapter):
    """Gives requests the bounded connections, with and without a proxy; requests' default is no retries."""

    _vendor: ConnectionPool | None = None

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> ConnectionPool:
        """Return the one vendor's pool: found once, since address, proxy and trust are the same for every call."""
        if self._vendor is None:
            self._vendor = super().get_connection_with_tls_context(*args, **kwargs)
        return self._vendor

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _use_bounded_pools(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        _use_bounded_pools(manager)
        return manager


def _use_bounded_pools(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _BoundedPool, "https": _BoundedTlsPool}
