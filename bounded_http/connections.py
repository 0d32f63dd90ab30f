"""Connections for `requests` on which a time is for the whole answer, an answer has a largest size, and a connection
that did not come about is told apart from an answer that did not come.

For every adapter that may change something at a vendor (docs/adr/0016). Nothing is retried, no redirect followed.
"""

from __future__ import annotations

import http.client
import io
import logging
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

DEFAULT_RETRY_AFTER_SECONDS: Final = 1.0
LONGEST_RETRY_AFTER_SECONDS: Final = 3600.0


class NotConnected(Exception):
    """The connection did not come about: not a byte of the request was sent. The message holds no address."""


class NoUsableAnswer(Exception):
    """Bytes may have been sent, and nothing usable came back. The message holds no address and no vendor's words."""


@dataclass(frozen=True, slots=True)
class Way:
    """How the outside is reached: proxies as `requests` takes them; a file of PEM certificates, None for the public."""

    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_bundle: str | None = None


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer as it came, read to its end. Header names are without case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is to be sent: its headers, those that frame the body, and nothing of requests' merging."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


class BoundedAdapter(HTTPAdapter):
    """requests' transport with bounded connections, through a proxy or not; no retries.

    Used without requests' Session, which would keep cookies, look at redirects even when told not to follow them, and
    read proxies and passwords from the environment. Safe for use by many threads at once, towards one host.
    """

    _only: HTTPConnectionPool | None = None
    _takes_whole_addresses = False

    def pool(self, url: str, way: Way) -> tuple[HTTPConnectionPool, str]:
        """Return the one host's pool, and what it is to be asked for; proxy and trust are chosen as requests does.

        Found once, since address, proxy and trust are the same for every call.
        """
        request = requests.PreparedRequest()
        request.url = url
        if self._only is None:
            verify = way.ca_bundle or True
            # The stubs of requests promise less of a pool than there is, and leave out `cert_verify`.
            pool: Any = self.get_connection_with_tls_context(request, verify, proxies=way.proxies)
            self.cert_verify(pool, url, verify, None)  # type: ignore[no-untyped-call]
            self._takes_whole_addresses = self.request_url(request, way.proxies) != request.path_url
            self._only = pool
        return self._only, url if self._takes_whole_addresses else request.path_url

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _use_bounded_pools(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        _use_bounded_pools(manager)
        return manager


def exchange(
    transport: BoundedAdapter,
    request: Request,
    way: Way,
    *,
    seconds: float,
    connect_seconds: float,
    largest_bytes: int,
) -> RawAnswer:
    """Send and read within `seconds`; raises NotConnected or NoUsableAnswer."""
    try:
        pool, target = transport.pool(request.url, way)
        # As requests' adapter sends, but without the answer's cookies, encoding and history, which nobody asks for.
        response = pool.urlopen(
            request.method,
            target,
            body=request.body,
            headers=dict(request.headers),
            retries=transport.max_retries,
            redirect=False,
            assert_same_host=False,
            timeout=Timeout(total=seconds, connect=min(seconds, connect_seconds)),
            preload_content=False,
            decode_content=False,
        )
    except (requests.RequestException, HTTPError, http.client.HTTPException, OSError) as failure:
        # The name of the exception's type tells enough; its text holds the address.
        raise NoUsableAnswer(f"no answer ({type(failure).__name__})") from None
    return RawAnswer(response.status, response.headers, _body(response, largest_bytes))


def _body(response: BaseHTTPResponse, largest: int) -> bytes:
    try:
        body = response.read(largest + 1, decode_content=False)
    except (HTTPError, http.client.HTTPException, OSError) as failure:
        raise NoUsableAnswer(f"answer broke off ({type(failure).__name__})") from None
    finally:
        # Returns the connection to the pool when the answer was read to its end, and closes it otherwise.
        response.close()
        response.release_conn()
    if len(body) > largest:
        raise NoUsableAnswer("answer too large")
    return body


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
    except (ValueError, OverflowError):  # also an offset from UTC that no number holds
        return DEFAULT_RETRY_AFTER_SECONDS
    wait = (at.replace(tzinfo=at.tzinfo or UTC) - (now or datetime.now(UTC))).total_seconds()
    return min(max(wait, 0.0), LONGEST_RETRY_AFTER_SECONDS)


def is_this_machine(host: str) -> bool:
    """Whether a host is this machine, to which a secret may go in clear text."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def keep_addresses_out_of_logs() -> None:
    """Make urllib3 silent below INFO: at DEBUG it logs each address, and an address can name a room or an item."""
    pool_log = logging.getLogger("urllib3.connectionpool")
    pool_log.setLevel(max(pool_log.getEffectiveLevel(), logging.INFO))


class _DeadlineReader(io.RawIOBase):
    """Reads a socket until a point in time: a vendor that drips a byte a second cannot hold a thread."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, seconds: float) -> None:
        self._raw, self._sock, self._latest = raw, sock, time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._latest - time.monotonic()
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
            self.fp = io.BufferedReader(_DeadlineReader(self.fp.detach(), sock, seconds))


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
        """Resolve, connect, shake hands, through the proxy if there is one; raises NotConnected."""
        try:
            super().connect()
        except (HTTPError, http.client.HTTPException, OSError) as failure:
            raise NotConnected(f"no connection ({type(failure).__name__})") from None


class _BoundedTlsConnection(_BoundedConnection, HTTPSConnection):
    """The same over TLS; a certificate that is not trusted is a connection that did not come about."""


class _BoundedPool(HTTPConnectionPool):
    ConnectionCls = _BoundedConnection


class _BoundedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _BoundedTlsConnection


def _use_bounded_pools(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _BoundedPool, "https": _BoundedTlsPool}
