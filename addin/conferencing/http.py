"""The one way in which an adapter speaks HTTP with a vendor: pooled, bounded in time and size, failures typed.

Knows no vendor. What comes back from `VendorHttp` is an answer with status 2xx or a 4xx that the vendor's own
adapter must judge; everything else has become one of `addin.meetings.errors` before it leaves this module, without
the vendor's words, the address or any secret in it. Nothing is retried here and no redirect is followed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlencode

from addin.meetings.deadline import Deadline
from addin.meetings.errors import (
    AuthenticationFailed,
    OutcomeUnknown,
    PermissionDenied,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
)
from bounded_http.connections import (
    BoundedAdapter,
    NotConnected,
    NoUsableAnswer,
    RawAnswer,
    Request,
    exchange,
    keep_addresses_out_of_logs,
    retry_after_seconds,
)
from bounded_http.password_access import PasswordAccess

LARGEST_ANSWER_BYTES: Final = 1024 * 1024

_ITEM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_COLLECTION: Final = re.compile(r"(/[A-Za-z0-9_.-]+)+")
_Method = Literal["GET", "POST", "PATCH", "DELETE"]


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
        except (ValueError, RecursionError):  # also bytes that are not UTF-8, and lists in lists without end
            return None


class VendorHttp:
    """One vendor's connections. Safe for use by many threads at once."""

    def __init__(self, settings: PasswordAccess) -> None:
        keep_addresses_out_of_logs()
        self._settings = settings
        self._base = settings.origin
        self._way = settings.way
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # a small compressed answer may unpack to a huge one
            "Authorization": settings.authorization,
            "User-Agent": "vardmote",
        }
        self._transport = BoundedAdapter(pool_connections=4, pool_maxsize=settings.pool_size)

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
            raw = self._exchange(method, path, body, deadline)
        except NotConnected as failure:
            raise ProviderUnavailable(str(failure)) from None
        except NoUsableAnswer as failure:
            raise unanswered(str(failure)) from None
        failure_of_status = _failure(raw.status, raw.headers.get("Retry-After"), unanswered)
        if failure_of_status:
            raise failure_of_status
        return Answer(raw.status, raw.headers.get("Location"), raw.body)

    def _exchange(
        self, method: _Method, path: str, body: Mapping[str, Any] | None, deadline: Deadline
    ) -> RawAnswer:
        seconds = min(self._settings.timeout_seconds, deadline.remaining())
        if seconds <= 0:
            raise ProviderUnavailable("no time left to call")
        headers, sent = self._headers, None
        if body is not None:
            headers = {**headers, "Content-Type": "application/json"}
            sent = json.dumps(body).encode()
        return exchange(
            self._transport,
            Request(method, self._base + path, headers, sent),
            self._way,
            seconds=seconds,
            connect_seconds=self._settings.connect_timeout_seconds,
            largest_bytes=LARGEST_ANSWER_BYTES,
        )


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
