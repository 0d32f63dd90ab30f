"""Calendars on CalDAV servers (RFC 4791): Radicale, Xandikos, SOGo, Nextcloud and their like.

An item's id is the path of its resource, its version the ETag. Such a server does not call, so changes are pulled by
synchronisation tokens (RFC 6578) where it has them. What servers do differently, and what is done about it:

- A server may not look for properties that it does not index; SOGo then answers with everything. So whatever is
  found is looked at for the tag, what bears none is not parsed, and a digest of its path and version is all that is
  remembered of it.
- A server may hide what may not be read: SOGo answers 404 for a calendar that the service has lost its right to. So
  an item is only gone when its own calendar was read without it.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from urllib.parse import urlsplit

from caldav.elements import cdav, dav
from caldav.elements.base import BaseElement, NamedBaseElement
from caldav.lib.namespace import ns

from bounded_http.password_access import PasswordAccess
from calendar_sync.caldav_mailboxes import CalDavMailboxes, Home
from calendar_sync.calendar import (
    CalendarUnreadable,
    Capabilities,
    Conflict,
    NotUnderstood,
    Pulled,
    Watch,
    WatchWish,
)
from calendar_sync.dav import (
    DavServer,
    NotThere,
    Patience,
    Resource,
    StaleToken,
    canonical,
    together,
)
from calendar_sync.ical_changes import with_block, with_tag
from calendar_sync.ical_items import READ, ItemReader, may_bear_tag, tag_of
from calendar_sync.ical_lines import TAG_PROPERTY, unfolded
from calendar_sync.items import Block, Found, Gone, ItemRef, Lookup, Snapshot, Tag, Unread, Unreadable

_ITEMS_IN_A_CALL: Final = 20
_CONNECTIONS: Final = 10
_REMEMBERED: Final = 200_000
# A CalDAV server keeps no subscription, so nothing ends; the caller renews at half of this.
_WATCH_LASTS: Final = timedelta(days=7)

_T = TypeVar("_T")


class _Named(NamedBaseElement):
    tag = ns("C", "prop")


class _AllComponents(BaseElement):
    tag = ns("C", "allcomp")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalDavSettings:
    """Where the calendars are, and as whom they are asked.

    `url` is the principal or the calendar home of a mailbox (RFC 4791, section 6.2.1), with `{mailbox}` for its
    address or `{user}` for what stands before the @ of it. `username` is the service's own account, which each
    mailbox has let in; both may stand in it, too, for servers that ask for that. `instance` is this installation's
    name in the tag. `home_zone` is the IANA name in which all-day items are meant. Times in seconds: for each call,
    and for each method of the port in all.
    """

    url: str
    username: str
    password: str = field(repr=False)
    instance: str
    home_zone: str = "Europe/Stockholm"
    timeout_seconds: float = 10.0
    patience_seconds: float = 30.0
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_bundle: str | None = None


class CalDavCalendar:
    """Mailboxes on a CalDAV server; keeps `calendar_sync.calendar.Calendar`. Safe for use by many threads."""

    name: Final = "caldav"

    def __init__(self, settings: CalDavSettings) -> None:
        parts = urlsplit(settings.url)
        if not re.search(r"\{(mailbox|user)\}", parts.path):
            raise ValueError("the url needs {mailbox} or {user} in its path")
        self._settings = settings
        self._server = DavServer(
            PasswordAccess(
                base_url=f"{parts.scheme}://{parts.netloc}",
                username=settings.username,
                password=settings.password,
                pool_size=_CONNECTIONS,
                timeout_seconds=settings.timeout_seconds,
                proxies=settings.proxies,
                ca_bundle=settings.ca_bundle,
            )
        )
        self._mailboxes = CalDavMailboxes(self._server, parts.path.rstrip("/") + "/")
        self._looks_for_tags: bool | None = None
        self._limits_what_it_sends = True
        self._not_ours = _Remembered()

    # --- The port -------------------------------------------------------------------------------------------

    def probe(self, mailbox: str) -> Capabilities:
        """Say whether the server has calendars for the mailbox, and lets us into them."""
        patience = self._patience()
        self._mailboxes.forget(mailbox)
        calendars = self._mailboxes.calendars(mailbox, patience)
        return Capabilities(pushes=False, pulls=True, writes=any(one.writes for one in calendars))

    def look(self, refs: Sequence[ItemRef]) -> Mapping[ItemRef, Lookup]:
        """Read items by their paths, one call for a score of each calendar's."""
        patience = self._patience()
        groups: dict[tuple[str, str], list[ItemRef]] = defaultdict(list)
        for ref in refs:
            groups[ref.mailbox, _calendar_of(ref.item_id)].append(ref)
        seen: dict[ItemRef, Lookup] = {}
        for (mailbox, path), group in groups.items():
            for some in _scores(group):
                seen |= self._look_in(mailbox, path, some, patience)
        return seen

    def find_tagged(self, mailbox: str, meeting: str | None = None) -> Sequence[Snapshot]:
        """Return what bears a tag of this installation's, in all calendars of the mailbox."""
        patience = self._patience()
        home = self._mailboxes.home(mailbox, patience)
        wanted = f"{self._settings.instance}/{meeting or ''}"
        found: list[Snapshot] = []
        for calendar in self._mailboxes.calendars(mailbox, patience):
            for answer in self._bearing_tags(calendar.path, wanted, patience):
                if not str(tag_of(_data(answer)) or "").startswith(wanted):
                    continue
                try:
                    found.append(self._snapshot(mailbox, answer, home))
                except NotUnderstood:
                    if meeting:
                        raise
        return found

    def find_uid(self, mailbox: str, uid: str) -> Sequence[Snapshot]:
        """Return what has that UID, in all calendars of the mailbox."""
        patience = self._patience()
        home = self._mailboxes.home(mailbox, patience)
        found = [
            self._snapshot(mailbox, answer, home)
            for calendar in self._mailboxes.calendars(mailbox, patience)
            for answer in self._read(
                calendar.path, self._query(calendar.path, "UID", uid, patience), patience
            )
            if uid.encode() in unfolded(_data(answer))
        ]
        return [one for one in found if one.uid == uid]

    def shared_with(self, mailbox: str) -> Collection[str]:
        """Return whose calendars the server shows among the mailbox's, as who owns it has subscribed to them."""
        return self._mailboxes.shared_with(mailbox, self._patience())

    def write_tag(self, ref: ItemRef, tag: Tag | None, version: str) -> str:
        """Write or take away our tag. The resource is read whole, in memory, since it is only written whole."""
        return self._change(ref, version, lambda data: with_tag(data, tag))

    def replace_block(
        self,
        ref: ItemRef,
        block: Block | None,
        tag: Tag | None,
        version: str,
        service_url: str,
        known: Sequence[Block] = (),
        *,
        adding: bool = False,
    ) -> str:
        """Put a block in the place of ours, or take ours out, and set the tag."""
        return self._change(
            ref, version, lambda data: with_block(data, block, tag, service_url, known, adding=adding)
        )

    def watch(self, mailbox: str, wish: WatchWish) -> Watch:  # noqa: ARG002 - nothing here can call
        """Remember where each calendar's changes go on from."""
        marks = {
            calendar.path: calendar.mark for calendar in self._mailboxes.calendars(mailbox, self._patience())
        }
        # The id is the caller's alone; each watch has its own, as with a calendar that calls.
        return Watch(secrets.token_hex(16), datetime.now(UTC) + _WATCH_LASTS, json.dumps(marks))

    def renew(self, mailbox: str, watch_id: str) -> Watch | None:  # noqa: ARG002 - the same for every mailbox
        """Prolong; what the watch goes on from stays with the caller."""
        return Watch(watch_id, datetime.now(UTC) + _WATCH_LASTS)

    def unwatch(self, mailbox: str, watch_id: str) -> None:
        """There is nothing at the server to end."""

    def pull(self, mailbox: str, watch: Watch) -> Pulled | None:
        """Return the paths of what has changed; of a calendar without tokens, or a new one, all its paths."""
        patience = self._patience()
        marks = _marks(watch.watermark)
        calendars = {one.path: one for one in self._mailboxes.calendars(mailbox, patience)}
        if marks is None or marks.keys() - calendars.keys():
            return None
        changed: set[str] = set()
        for path, one in calendars.items():
            try:
                told, marks[path] = self._mailboxes.changed(one, marks.get(path), patience)
            except (StaleToken, NotThere):
                return None
            changed |= told
        return Pulled(frozenset(changed), json.dumps(marks))

    # --- Reading --------------------------------------------------------------------------------------------

    def _look_in(
        self, mailbox: str, path: str, refs: Sequence[ItemRef], patience: Patience
    ) -> Mapping[ItemRef, Lookup]:
        try:
            home = self._mailboxes.home(mailbox, patience)
            if not path.startswith(home.path):
                raise NotUnderstood
            answers = {one.href: one for one in self._fetch(path, [ref.item_id for ref in refs], patience)}
            return {
                ref: self._lookup(ref, answers.get(canonical(ref.item_id)), home, patience) for ref in refs
            }
        except NotThere:
            return dict.fromkeys(refs, self._why_unseen(mailbox, patience))
        except CalendarUnreadable as failure:
            return dict.fromkeys(refs, Unreadable(failure.reason, failure.retry_after))

    def _why_unseen(self, mailbox: str, patience: Patience) -> Unreadable:
        """Say why a calendar cannot be seen: its mailbox is gone, or (nobody can say which) it or the right to it."""
        self._mailboxes.forget(mailbox)
        try:
            self._mailboxes.calendars(mailbox, patience)
        except CalendarUnreadable as failure:
            return Unreadable(failure.reason, failure.retry_after)
        return Unreadable(Unread.DENIED)

    def _lookup(self, ref: ItemRef, answer: Resource | None, home: Home, patience: Patience) -> Lookup:
        if answer is None:
            # Left out of an answer is not the same as not there, so it is asked for alone.
            return Gone() if self._is_missing(ref.item_id, patience) else Unreadable(Unread.NOT_UNDERSTOOD)
        if not answer.is_there:
            return Gone()
        try:
            return Found(self._snapshot(ref.mailbox, answer, home))
        except NotUnderstood:
            return Unreadable(Unread.NOT_UNDERSTOOD)

    def _is_missing(self, path: str, patience: Patience) -> bool:
        try:
            return not any(one.is_there for one in self._server.propfind(path, [dav.GetEtag()], 0, patience))
        except NotThere:
            return True

    def _snapshot(self, mailbox: str, answer: Resource, home: Home) -> Snapshot:
        version = answer.text(dav.GetEtag)
        if not version:
            raise NotUnderstood
        reader = ItemReader(home.addresses, self._settings.home_zone)
        try:
            return reader.read(ItemRef(mailbox, answer.href), version, _data(answer))
        except ValueError:
            raise NotUnderstood from None

    def _fetch(self, path: str, hrefs: Sequence[str], patience: Patience) -> list[Resource]:
        """Read resources by their paths (RFC 4791, section 7.9), and of them only what is needed where that works."""
        if self._limits_what_it_sends:
            answers = self._multiget(path, hrefs, _only_what_is_read(), patience)
            if all(_data(one) for one in answers if one.is_there):
                return answers
            # Xandikos sends nothing of an item that lacks one of the properties asked for.
            self._limits_what_it_sends = False
        return self._multiget(path, hrefs, cdav.CalendarData(), patience)

    def _multiget(
        self, path: str, hrefs: Sequence[str], data: BaseElement, patience: Patience
    ) -> list[Resource]:
        wanted = together(dav.Prop(), dav.GetEtag(), data)
        query = together(cdav.CalendarMultiGet(), wanted, *(dav.Href(value=href) for href in hrefs))
        return self._server.report(path, query, 1, patience)

    # --- Finding --------------------------------------------------------------------------------------------

    def _candidates(self, path: str, wanted: str, patience: Patience) -> list[Resource]:
        """Return what may bear the tag: what the server found, or what it has of late when it does not look."""
        if self._looks_for_tags is not False:
            hits = self._query(path, TAG_PROPERTY, wanted, patience)
            if not hits or self._honest(path, patience):
                return hits
        return self._recent(path, patience)

    def _honest(self, path: str, patience: Patience) -> bool:
        """Whether the server looks for our tag: asked for one that is nowhere, it finds nothing."""
        if self._looks_for_tags is None:
            self._looks_for_tags = not self._query(path, TAG_PROPERTY, secrets.token_hex(32), patience)
        return self._looks_for_tags

    def _query(self, path: str, name: str, text: str, patience: Patience) -> list[Resource]:
        """Return paths and versions of what has a property with that text (RFC 4791, section 7.8)."""
        matching = together(cdav.PropFilter(name), cdav.TextMatch(text, collation="i;octet"))
        return self._filtered(path, matching, patience)

    def _recent(self, path: str, patience: Patience) -> list[Resource]:
        """Return paths and versions of what takes place from a month ago on."""
        since = datetime.now(UTC) - timedelta(days=31)
        return self._filtered(path, cdav.TimeRange(since, since + timedelta(days=366 * 4)), patience)

    def _filtered(self, path: str, condition: BaseElement, patience: Patience) -> list[Resource]:
        events = together(cdav.CompFilter("VCALENDAR"), together(cdav.CompFilter("VEVENT"), condition))
        query = together(
            cdav.CalendarQuery(), together(dav.Prop(), dav.GetEtag()), together(cdav.Filter(), events)
        )
        found = self._server.report(path, query, 1, patience)
        return [one for one in found if one.is_there and one.text(dav.GetEtag)]

    def _bearing_tags(self, path: str, wanted: str, patience: Patience) -> Iterator[Resource]:
        """Yield what bears a tag, whosever; remember what bears none."""
        unknown = [one for one in self._candidates(path, wanted, patience) if one not in self._not_ours]
        for answer in self._read(path, unknown, patience):
            if may_bear_tag(_data(answer)):
                yield answer
            else:
                self._not_ours.add(answer)

    def _read(self, path: str, hits: Sequence[Resource], patience: Patience) -> Iterator[Resource]:
        for some in _scores(hits):
            for answer in self._fetch(path, [one.href for one in some], patience):
                if answer.is_there and _data(answer):
                    yield answer

    # --- Writing --------------------------------------------------------------------------------------------

    def _change(self, ref: ItemRef, version: str, changed: Callable[[bytes], bytes]) -> str:
        patience = self._patience()
        try:
            data, current = self._server.get(ref.item_id, patience)
            if current != version:
                raise Conflict
            told = self._server.put(ref.item_id, self._changed_data(data, changed), version, patience)
            return told or self._version(ref.item_id, patience)
        except NotThere:
            raise Conflict from None

    def _changed_data(self, data: bytes, changed: Callable[[bytes], bytes]) -> bytes:
        try:
            return changed(data)
        except ValueError:
            raise NotUnderstood from None

    def _version(self, path: str, patience: Patience) -> str:
        for one in self._server.propfind(path, [dav.GetEtag()], 0, patience):
            if version := one.text(dav.GetEtag):
                return version
        raise NotUnderstood

    def _patience(self) -> Patience:
        return Patience.of(self._settings.patience_seconds)


class _Remembered:
    """Digests of what was seen not to be ours, so that it is not read again until it changes."""

    def __init__(self) -> None:
        self._digests: dict[bytes, None] = {}
        self._lock = threading.Lock()
        self._key = secrets.token_bytes(16)

    def __contains__(self, resource: Resource) -> bool:
        return self._digest(resource) in self._digests

    def add(self, resource: Resource) -> None:
        with self._lock:
            self._digests[self._digest(resource)] = None
            if len(self._digests) > _REMEMBERED:
                self._digests.pop(next(iter(self._digests)))

    def _digest(self, resource: Resource) -> bytes:
        text = f"{resource.href}\n{resource.text(dav.GetEtag)}"
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=12).digest()


def _only_what_is_read() -> BaseElement:
    """Ask for the listed properties alone (RFC 4791, section 9.6.1); a server that cannot do so sends everything."""
    events = together(cdav.Comp("VEVENT"), *map(_Named, sorted(READ)))
    zones = together(cdav.Comp("VTIMEZONE"), cdav.Allprop(), _AllComponents())
    return together(cdav.CalendarData(), together(cdav.Comp("VCALENDAR"), _Named("VERSION"), events, zones))


def _data(answer: Resource) -> bytes:
    return (answer.text(cdav.CalendarData) or "").encode()


def _calendar_of(item_id: str) -> str:
    return canonical(item_id).rpartition("/")[0] + "/"


def _scores(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), _ITEMS_IN_A_CALL):
        yield items[start : start + _ITEMS_IN_A_CALL]


def _marks(watermark: str | None) -> dict[str, str] | None:
    try:
        marks = json.loads(watermark or "")
    except ValueError:
        return None
    return marks if isinstance(marks, dict) else None
