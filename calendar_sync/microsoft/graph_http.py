"""Graph's HTTP: immutable ids and UTC on every request, batches, at most four calls at once to one mailbox."""

from __future__ import annotations

import copy
import json
import math
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode, urlsplit

from bounded_http.connections import (
    BoundedAdapter,
    NotConnected,
    NoUsableAnswer,
    Request,
    exchange,
    keep_addresses_out_of_logs,
    retry_after_seconds,
)
from calendar_sync.calendar import (
    AccessDenied,
    CalendarError,
    CalendarUnavailable,
    CalendarUnreadable,
    Conflict,
    CredentialsRefused,
    MailboxElsewhere,
    MailboxMissing,
    NotUnderstood,
    Throttled,
)
from calendar_sync.microsoft.settings import MicrosoftSettings, origin_of, seconds_left
from calendar_sync.microsoft.tokens import TokenSource

MOST_IN_A_BATCH: Final = 20
# Of one application on one mailbox (Graph's throttling limits, Outlook service).
MOST_AT_ONCE: Final = 4
# A body with pictures pasted into it is the largest that is ever read.
LARGEST_ANSWER_BYTES: Final = 8 * 1024 * 1024
PREFERENCES: Final = 'IdType="ImmutableId", outlook.timezone="UTC"'

_MISSING_MAILBOX: Final = frozenset(
    {
        *("ErrorInvalidUser", "ErrorNonExistentMailbox", "MailboxNotFound"),
        *("ResourceNotFound", "Request_ResourceNotFound"),
    }
)
_MAILBOX_ELSEWHERE: Final = frozenset({"MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI"})
_MISSING_ITEM: Final = frozenset(
    {"ErrorItemNotFound", "ErrorInvalidMailboxItemId", "ErrorInvalidIdMalformed"}
)

Json = dict[str, Any]
Method = Literal["GET", "POST", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class GraphRequest:
    """One request. `path` begins after the version, each part of it quoted; `mailbox` is whose limits it counts to."""

    method: Method
    path: str
    mailbox: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json | None = field(default=None, repr=False)
    if_match: str | None = None

    @property
    def url(self) -> str:
        """Return path and query as they are sent."""
        return (
            f"{self.path}?{urlencode(self.query, quote_via=quote, safe='$(),')}" if self.query else self.path
        )

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that make it what it is; every id is immutable, every time UTC."""
        headers = {"Prefer": PREFERENCES}
        if self.body is not None:
            headers["Content-Type"] = "application/json"
        if self.if_match is not None:
            headers["If-Match"] = self.if_match
        return headers


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """What Graph answered; `body` is a JSON object or None, `retry_after` in seconds when it says to wait."""

    status: int
    body: Json | None = field(repr=False)
    retry_after: float | None = None

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """Return Graph's own code for an error, "" when there is none. Never shown to anybody."""
        error = (self.body or {}).get("error")
        code = error.get("code") if isinstance(error, dict) else None
        return code if isinstance(code, str) else ""

    @property
    def is_missing_item(self) -> bool:
        """Whether it says that there is no such item; not yet a proof that the mailbox can be read."""
        return self.status in {400, 404} and self.code in _MISSING_ITEM

    def failure(self) -> CalendarError | None:
        """Return what went wrong, as the port names it; None for a success."""
        if self.is_success:
            return None
        if self.code in _MAILBOX_ELSEWHERE:
            return MailboxElsewhere()
        if self.status in {400, 404} and self.code in _MISSING_MAILBOX:
            return MailboxMissing()
        if self.status == 429 or (self.status == 503 and self.retry_after is not None):
            return Throttled(self.retry_after)
        if self.status in {401, 403}:
            return CredentialsRefused() if self.status == 401 else AccessDenied()
        if self.status in {409, 412}:
            return Conflict()
        if self.status >= 500 or self.status in {408, 424}:
            return CalendarUnavailable()
        return NotUnderstood()


Outcome = GraphAnswer | CalendarUnreadable


class Graph:
    """Graph's HTTP with one source of tokens. Safe for use by many threads at once."""

    def __init__(self, settings: MicrosoftSettings, tokens: TokenSource, lanes: Lanes | None = None) -> None:
        keep_addresses_out_of_logs()
        self._root = origin_of(settings.base_url) + urlsplit(settings.base_url).path.rstrip("/")
        self._settings, self._tokens = settings, tokens
        self._transport = BoundedAdapter(pool_connections=1, pool_maxsize=settings.pool_size)
        self._lanes = lanes or Lanes()
        self._until = math.inf

    def acting(self, tokens: TokenSource, until: float) -> Graph:
        """Return the same Graph, its connections and lanes, with other tokens; no call lasts beyond `until`.

        `until` is a moment of `time.monotonic()`; after it, everything is CalendarUnavailable.
        """
        other = copy.copy(self)
        other._tokens, other._until = tokens, until  # noqa: SLF001 - a copy of our own
        return other

    def ask(self, request: GraphRequest) -> GraphAnswer:
        """Send one request; raises CalendarUnreadable when there is no answer or no token."""
        with self._lanes.taken({request.mailbox: 1}, self._seconds()):
            return self._admitted(request)

    def ask_all(self, requests: Sequence[GraphRequest]) -> list[Outcome]:
        """Send many in as few calls as can be; an outcome for each, in their order. Raises nothing of a calendar's.

        They must be independent of each other: Graph runs them in any order.
        """
        if len(requests) == 1:
            return [self._outcome(requests[0])]
        outcomes: list[Outcome] = []
        for first in range(0, len(requests), MOST_IN_A_BATCH):
            outcomes += self._batch(requests[first : first + MOST_IN_A_BATCH])
        return outcomes

    def following(self, request: GraphRequest, link: str) -> GraphRequest:
        """Return the request for the next page of a list; raises NotUnderstood for a link that leads elsewhere."""
        if not link.startswith(f"{self._root}/"):
            raise NotUnderstood
        return GraphRequest("GET", link.removeprefix(self._root), request.mailbox)

    def _outcome(self, request: GraphRequest) -> Outcome:
        try:
            return self.ask(request)
        except CalendarUnreadable as failure:
            return failure

    def _batch(self, requests: Sequence[GraphRequest]) -> list[Outcome]:
        # Graph itself runs at most four of one mailbox beside each other, so a batch takes no more than that.
        counted = Counter(request.mailbox for request in requests)
        weights = {mailbox: min(count, MOST_AT_ONCE) for mailbox, count in counted.items()}
        try:
            with self._lanes.taken(weights, self._seconds()):
                answer = self._admitted(_batched(requests))
        except CalendarUnreadable as failure:
            return [failure] * len(requests)
        told = _answers_in(answer) if answer.is_success else None
        if told is None:
            failure_of_all = answer.failure()
            unread = failure_of_all if isinstance(failure_of_all, CalendarUnreadable) else NotUnderstood()
            return [unread] * len(requests)
        # One that is missing was not answered: half a batch is no proof of anything about the other half.
        return [told.get(str(number), CalendarUnavailable()) for number in range(len(requests))]

    def _admitted(self, request: GraphRequest) -> GraphAnswer:
        """Send with a token; one that Graph refuses is renewed once."""
        token = self._tokens.token()
        answer = self._sent(request, token)
        if answer.status != 401:
            return answer
        self._tokens.refuse(token)
        return self._sent(request, self._tokens.token())

    def _sent(self, request: GraphRequest, token: str) -> GraphAnswer:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # a small compressed answer may unpack to a huge one
            "Authorization": f"Bearer {token}",
            "User-Agent": "vardmote",
            **request.headers,
        }
        body = None if request.body is None else json.dumps(request.body).encode()
        try:
            raw = exchange(
                self._transport,
                Request(request.method, self._root + request.url, headers, body),
                self._settings.way,
                seconds=self._seconds(),
                connect_seconds=self._settings.connect_timeout_seconds,
                largest_bytes=LARGEST_ANSWER_BYTES,
            )
        except (NotConnected, NoUsableAnswer):
            raise CalendarUnavailable from None
        return GraphAnswer(raw.status, _object(raw.body), _retry_after(raw.headers))

    def _seconds(self) -> float:
        return seconds_left(self._settings, self._until)


def _batched(requests: Sequence[GraphRequest]) -> GraphRequest:
    """Return the requests as one (Graph, JSON batching)."""
    told = [
        {
            "id": str(number),
            "method": request.method,
            "url": request.url,
            "headers": request.headers,
            **({} if request.body is None else {"body": request.body}),
        }
        for number, request in enumerate(requests)
    ]
    return GraphRequest("POST", "/$batch", "", body={"requests": told})


def _answers_in(answer: GraphAnswer) -> dict[str, GraphAnswer] | None:
    """Return the answers of a batch by their ids; None when it is not one."""
    told = (answer.body or {}).get("responses")
    if not isinstance(told, list):
        return None
    return {str(one["id"]): _answer_in(one) for one in told if isinstance(one, dict) and _is_answer(one)}


def _is_answer(one: Json) -> bool:
    return "id" in one and isinstance(one.get("status"), int) and not isinstance(one["status"], bool)


def _answer_in(one: Json) -> GraphAnswer:
    told = one.get("headers")
    headers = (
        {str(name).lower(): str(value) for name, value in told.items()} if isinstance(told, dict) else {}
    )
    body = one.get("body")
    return GraphAnswer(
        one["status"], body if isinstance(body, dict) else None, _retry_after(headers, "retry-after")
    )


def _object(body: bytes) -> Json | None:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _retry_after(headers: Mapping[str, str], name: str = "Retry-After") -> float | None:
    told = headers.get(name)
    return None if told is None else retry_after_seconds(told, datetime.now(UTC))


class Lanes:
    """At most four calls at once to one mailbox, of this process; whoever waits too long is throttled."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, weights: Mapping[str, int], seconds: float) -> Iterator[None]:
        """Hold so many lanes of each mailbox, all at once or none; raises Throttled after `seconds`."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._are_free(weights), timeout=seconds):
                raise Throttled(1.0)
            self._taken.update(weights)
        try:
            yield
        finally:
            with self._changed:
                self._taken.subtract(weights)
                # A mailbox that nobody calls takes no room.
                self._taken = +self._taken
                self._changed.notify_all()

    def _are_free(self, weights: Mapping[str, int]) -> bool:
        return all(self._taken[mailbox] + weight <= MOST_AT_ONCE for mailbox, weight in weights.items())
