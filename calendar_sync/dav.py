"""Speaks WebDAV with one calendar server: bounded in time and size, every failure typed, none of its words kept.

Knows resources, properties and versions, but not what stands in a calendar. The library `caldav` builds the requests
and parses the answers; it is handed only answers that it can read, because it logs those that it cannot, with the
items in them.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BytesIO
from typing import Final
from urllib.parse import quote, unquote, urlsplit

import requests
from caldav.davclient import DAVClient, DAVResponse
from caldav.elements import dav
from caldav.elements.base import BaseElement
from lxml import etree
from requests.structures import CaseInsensitiveDict

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
from calendar_sync.calendar import (
    AccessDenied,
    CalendarUnavailable,
    CalendarUnreadable,
    Conflict,
    CredentialsRefused,
    NotUnderstood,
    Throttled,
)

# What a calendar-multiget answers for a score of items, a picture of a megabyte in one of them included.
LARGEST_ANSWER_BYTES: Final = 32 * 1024 * 1024

logging.getLogger("caldav").disabled = True


class NotThere(Exception):
    """The server says that there is nothing under that path; never leaves the adapter."""


class StaleToken(Exception):
    """The server does not know the synchronisation token (any more); never leaves the adapter."""


@dataclass(frozen=True, slots=True)
class Patience:
    """A point in time by `time.monotonic` after which nothing more is asked."""

    until: float

    @classmethod
    def of(cls, seconds: float) -> Patience:
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        return self.until - time.monotonic()


@dataclass(frozen=True, slots=True)
class Resource:
    """One line of an answer: a path, and the properties that it has; `is_there` is False for what is gone."""

    href: str
    is_there: bool
    properties: Mapping[str, etree._Element] = field(repr=False)

    def text(self, property_: type[BaseElement]) -> str | None:
        """Return the text of a property, or None."""
        found = self.properties.get(str(property_.tag))
        return found.text if found is not None and found.text else None

    def hrefs(self, property_: type[BaseElement]) -> list[str]:
        """Return the addresses that a property holds, as the server wrote them."""
        found = self.properties.get(str(property_.tag))
        if found is None:
            return []
        return [one.text.strip() for one in found.iter(str(dav.Href.tag)) if one.text]

    def holds(self, property_: type[BaseElement], *elements: str) -> bool:
        """Whether a property holds one of these elements, such as a type of resource."""
        found = self.properties.get(str(property_.tag))
        return found is not None and any(next(found.iter(name), None) is not None for name in elements)


def together(parent: BaseElement, *children: BaseElement) -> BaseElement:
    """Return an element of a request with others in it."""
    return parent.append(children)


def canonical(href: str) -> str:
    """Return a path, each part quoted in one way; servers quote differently, and some answer with whole addresses."""
    path = urlsplit(href).path
    return "/".join(quote(unquote(part), safe="@:!$&'()*+,;=~") for part in path.split("/"))


class DavServer:
    """One server's connections. Safe for use by many threads at once.

    All methods raise CalendarUnreadable, and NotThere when there is nothing under the path. Nothing is retried but a
    call whose connection broke, once: servers close idle connections without saying so.
    """

    def __init__(self, settings: PasswordAccess) -> None:
        keep_addresses_out_of_logs()
        self._settings = settings
        self._base = settings.origin
        self._transport = BoundedAdapter(pool_connections=1, pool_maxsize=settings.pool_size)

    def propfind(
        self, href: str, properties: Sequence[BaseElement], depth: int, patience: Patience
    ) -> list[Resource]:
        """Return the properties of a resource, and with depth 1 those of what it holds."""
        query = together(dav.Propfind(), together(dav.Prop(), *properties))
        return _many(self._client(patience).propfind(self._address(href), _xml(query), depth))

    def report(self, href: str, query: BaseElement, depth: int, patience: Patience) -> list[Resource]:
        """Return what a REPORT (RFC 3253, section 3.6) finds."""
        return _many(self._client(patience).report(self._address(href), _xml(query), depth))

    def changes(self, href: str, query: BaseElement, patience: Patience) -> tuple[list[Resource], str]:
        """Return what has changed by a `sync-collection` REPORT, and the next token; raises StaleToken.

        Of much a server may tell a part (RFC 6578, section 3.6); the token goes on from there.
        """
        # RFC 6578, section 3.2: an invalid token fails the precondition DAV:valid-sync-token, with 403 or 409 or
        # (Xandikos) 412; whether 403 means that the calendar may not be read is told by the next other call.
        try:
            response = self._client(patience).report(self._address(href), _xml(query), 0)
        except AccessDenied:
            raise StaleToken from None
        if response.status in {409, 412}:
            raise StaleToken
        resources = _many(response, in_parts=True)
        token = response.tree.findtext(str(dav.SyncToken.tag)) if response.tree is not None else None
        if not token:
            raise NotUnderstood
        return resources, token

    def get(self, href: str, patience: Patience) -> tuple[bytes, str | None]:
        """Return a resource and its version."""
        response = self._client(patience).request(self._address(href), "GET")
        _judge(response)
        return response.raw.encode(), response.headers.get("ETag")

    def put(self, href: str, body: bytes, version: str, patience: Patience) -> str | None:
        """Replace a resource that has that version; returns the new one if the server tells. Raises Conflict."""
        headers = {"If-Match": version, "Content-Type": "text/calendar; charset=utf-8"}
        response = self._client(patience).put(self._address(href), body.decode(), headers)
        if response.status in {409, 412, 423}:
            raise Conflict
        _judge(response)
        told: str | None = response.headers.get("ETag")
        return told

    def _address(self, href: str) -> str:
        """Return the address of a path; raises NotUnderstood for one that leads elsewhere, to another host even."""
        if not href.startswith("/") or {".", ".."} & set(unquote(href).split("/")):
            raise NotUnderstood
        return self._base + href

    def _client(self, patience: Patience) -> _BoundedClient:
        return _BoundedClient(self._base, self._settings, self._transport, patience)


class _BoundedClient(DAVClient):
    """The library's client with our own way out: its own follows redirects, keeps cookies and sends again unasked."""

    def __init__(
        self, base: str, settings: PasswordAccess, transport: BoundedAdapter, patience: Patience
    ) -> None:
        super().__init__(base, username="", password="", headers={"Accept-Encoding": "identity"})
        self._dav, self._transport, self._patience = settings, transport, patience

    def request(
        self, url: str, method: str = "GET", body: str = "", headers: Mapping[str, str] | None = None
    ) -> DAVResponse:
        """Send, and return an answer that a caller must judge; raises CalendarUnreadable."""
        sent = CaseInsensitiveDict({**self.headers, **(headers or {})})
        sent.update({"Authorization": self._dav.authorization, "User-Agent": "vardmote"})
        answer = self._exchange(Request(method, url, sent, body.encode() if body else None))
        failure = _failure(answer)
        if failure:
            raise failure
        return DAVResponse(_readable(answer, method), self)

    def _exchange(self, request: Request) -> RawAnswer:
        try:
            return self._send(request)
        except NoUsableAnswer:
            # The other end may have closed the connection while it was idle, so once more on a new one. A change
            # carries If-Match and so cannot take effect twice; when time ran out there is none left for this.
            try:
                return self._send(request)
            except (NoUsableAnswer, NotConnected):
                raise CalendarUnavailable from None
        except NotConnected:
            raise CalendarUnavailable from None

    def _send(self, request: Request) -> RawAnswer:
        seconds = min(self._dav.timeout_seconds, self._patience.remaining())
        if seconds <= 0:
            raise CalendarUnavailable
        return exchange(
            self._transport,
            request,
            self._dav.way,
            seconds=seconds,
            connect_seconds=self._dav.connect_timeout_seconds,
            largest_bytes=LARGEST_ANSWER_BYTES,
        )


def _failure(answer: RawAnswer) -> CalendarUnreadable | None:
    """Return what a status means whatever was asked; None when the caller must judge it."""
    wait = answer.headers.get("Retry-After")
    if answer.status in {401, 407}:
        return CredentialsRefused()
    if answer.status == 403:
        return AccessDenied()
    if answer.status == 429 or (answer.status == 503 and wait):
        return Throttled(retry_after_seconds(wait))
    if answer.status >= 500 or answer.status == 408:
        return CalendarUnavailable()
    # A redirect is not followed: the password would go to wherever it points.
    judged = 200 <= answer.status < 300 or answer.status in {404, 409, 410, 412, 423}
    return None if judged else NotUnderstood()


def _readable(answer: RawAnswer, method: str) -> requests.Response:
    """Return the answer as the library takes it, with a body only where it is one that the library can parse."""
    response = requests.Response()
    response.status_code = answer.status
    response.headers = CaseInsensitiveDict({"ETag": tag} if (tag := answer.headers.get("ETag")) else {})
    body, kind = b"", answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if answer.status == 207:
        _refuse_other_than_xml(answer.body)
        body, kind = answer.body, "application/xml"
    elif answer.status == 200 and method == "GET":
        if kind != "text/calendar":
            raise NotUnderstood
        body = answer.body
    response.headers["Content-Type"] = kind or "text/plain"
    response.raw = BytesIO(body)
    return response


def _refuse_other_than_xml(body: bytes) -> None:
    """Raise NotUnderstood for what the library would fail to parse, or parse with entities of the sender's."""
    try:
        root = etree.XML(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        raise NotUnderstood from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotUnderstood


def _many(response: DAVResponse, *, in_parts: bool = False) -> list[Resource]:
    _judge(response)
    if response.status != 207 or response.tree is None:
        raise NotUnderstood
    return list(_resources(response.tree, in_parts=in_parts))


def _judge(response: DAVResponse) -> None:
    if response.status in {404, 410}:
        raise NotThere
    if not 200 <= response.status < 300:
        raise NotUnderstood


def _resources(multistatus: etree._Element, *, in_parts: bool) -> Iterator[Resource]:
    """Yield the lines of a multistatus (RFC 4918, section 13), with a status for the whole or for each property.

    `in_parts`: what is left out will be told at the next question, so that a line that says so is none.
    """
    for response in multistatus.iter(str(dav.Response.tag)):
        href = response.findtext(str(dav.Href.tag))
        if not href:
            raise NotUnderstood
        status = _code(response.findtext(str(dav.Status.tag)))
        if status in {401, 403}:
            raise AccessDenied
        if in_parts and status == HTTPStatus.INSUFFICIENT_STORAGE:
            continue
        if status is not None and status >= 500:
            raise CalendarUnavailable
        yield Resource(canonical(href.strip()), status not in {404, 410}, dict(_found(response)))


def _found(response: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    for part in response.iterchildren(str(dav.PropStat.tag)):
        if _code(part.findtext(str(dav.Status.tag))) == 200:
            yield from ((str(one.tag), one) for prop in part.iterchildren(str(dav.Prop.tag)) for one in prop)


def _code(status: str | None) -> int | None:
    """Return the number in a status line such as `HTTP/1.1 404 Not Found`."""
    told = re.match(r"HTTP/[0-9.]+ ([0-9]{3})", status.strip()) if status else None
    return int(told[1]) if told else None


def _xml(element: BaseElement) -> str:
    text: bytes = etree.tostring(element.xmlelement(), encoding="utf-8", xml_declaration=True)
    return text.decode()
