"""Mailboxes on a CalDAV server: where each has its calendars, and from where their changes go on.

Changes are told by synchronisation tokens (RFC 6578) where a server has them, else by a tag of the whole calendar. SOGo
answers for a mailbox that is not there with that of a guest, so the path of an answer is compared.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from caldav.elements import cdav, dav
from caldav.elements.base import BaseElement
from caldav.lib.namespace import ns

from calendar_sync.calendar import AccessDenied, MailboxMissing
from calendar_sync.dav import DavServer, NotThere, Patience, Resource, canonical, together

# How long the addresses and the home of a mailbox are believed; where its calendars are is asked each time.
_HOME_SECONDS: Final = 600.0


class _CTag(BaseElement):
    tag = "{http://calendarserver.org/ns/}getctag"


class _Privileges(BaseElement):
    tag = ns("D", "current-user-privilege-set")


class _Owner(BaseElement):
    tag = ns("D", "owner")


class _Components(BaseElement):
    tag = ns("C", "supported-calendar-component-set")


@dataclass(frozen=True, slots=True)
class Home:
    """A mailbox as the server has it."""

    principal: str
    path: str
    addresses: frozenset[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnCalendar:
    """One calendar of a mailbox, with where its changes go on from: `t` and a token, or `c` and a tag of the whole."""

    path: str
    mark: str
    writes: bool


class CalDavMailboxes:
    """Finds mailboxes; `path` is where each is, with `{mailbox}` or `{user}` in it. Safe for use by many threads."""

    def __init__(self, server: DavServer, path: str) -> None:
        self._server = server
        self._path = path
        self._homes: dict[str, tuple[float, Home]] = {}
        self._lock = threading.Lock()

    def forget(self, mailbox: str) -> None:
        """Believe no longer what is known of a mailbox."""
        self._homes.pop(mailbox, None)

    def home(self, mailbox: str, patience: Patience) -> Home:
        """Return where a mailbox has its calendars, and its addresses; raises MailboxMissing."""
        known = self._homes.get(mailbox)
        if known and known[0] > time.monotonic():
            return known[1]
        home = self._discover(mailbox, patience)
        with self._lock:
            self._homes[mailbox] = (time.monotonic() + _HOME_SECONDS, home)
        return home

    def _discover(self, mailbox: str, patience: Patience) -> Home:
        path = canonical(_filled(self._path, mailbox))
        wanted = [cdav.CalendarHomeSet(), cdav.CalendarUserAddressSet()]
        try:
            answers = self._server.propfind(path, wanted, 0, patience)
        except NotThere:
            raise MailboxMissing from None
        # SOGo answers for a user that it does not know with a guest's.
        own = [one for one in answers if one.is_there and one.href.rstrip("/") == path.rstrip("/")]
        if not own:
            raise MailboxMissing
        told = own[0].hrefs(cdav.CalendarUserAddressSet)
        addresses = {one.lower().removeprefix("mailto:") for one in told}
        home = next(iter(own[0].hrefs(cdav.CalendarHomeSet)), path)
        return Home(path, canonical(home).rstrip("/") + "/", frozenset(addresses | {mailbox}))

    def calendars(self, mailbox: str, patience: Patience) -> list[OwnCalendar]:
        """Return the mailbox's own calendars.

        Raises AccessDenied when none can be seen, which proves nothing, and MailboxMissing.
        """
        home = self.home(mailbox, patience)
        own = [
            _own_calendar(one) for one in self._listed(mailbox, home, patience) if _is_own_calendar(one, home)
        ]
        if not own:
            raise AccessDenied
        return own

    def shared_with(self, mailbox: str, patience: Patience) -> frozenset[str]:
        """Return the addresses of others whose calendars are shown among the mailbox's, and may be written in.

        By the owner's principal (RFC 3744, section 5.1) and its addresses (RFC 6638, section 2.4.1), of which the first
        mail address counts; one of whom none is told is left out. Raises CalendarUnreadable.
        """
        home = self.home(mailbox, patience)
        listed = self._listed(mailbox, home, patience)
        others = [one for one in listed if _is_calendar(one) and not _is_own_calendar(one, home)]
        owners = {canonical(one.hrefs(_Owner)[0]) for one in others if _own_calendar(one).writes}
        addresses = {self._address_of(owner, patience) for owner in sorted(owners)}
        return frozenset(one for one in addresses if one and one not in home.addresses)

    def _address_of(self, principal: str, patience: Patience) -> str | None:
        try:
            answers = self._server.propfind(principal, [cdav.CalendarUserAddressSet()], 0, patience)
        except (NotThere, AccessDenied):
            # One whose principal is hidden from us hides nobody else.
            return None
        own = [one for one in answers if one.is_there and one.href.rstrip("/") == principal.rstrip("/")]
        told = [href.lower() for one in own for href in one.hrefs(cdav.CalendarUserAddressSet)]
        return next((one.removeprefix("mailto:") for one in told if one.startswith("mailto:")), None)

    def _listed(self, mailbox: str, home: Home, patience: Patience) -> list[Resource]:
        """Return what is shown among a mailbox's calendars, its own and others'; raises MailboxMissing."""
        wanted = [dav.ResourceType(), dav.SyncToken(), _CTag(), _Privileges(), _Owner(), _Components()]
        try:
            answers = self._server.propfind(home.path, wanted, 1, patience)
        except NotThere:
            self._homes.pop(mailbox, None)
            raise MailboxMissing from None
        if not any(one.href.startswith(home.path) for one in answers):
            raise MailboxMissing
        return answers

    def changed(self, calendar: OwnCalendar, mark: str | None, patience: Patience) -> tuple[set[str], str]:
        """Return the paths of what has changed in a calendar since a mark, and the mark from which to go on.

        Raises StaleToken, NotThere.
        """
        if mark == calendar.mark and not _counts_seconds(mark):
            return set(), mark
        if mark is None or not mark.startswith("t"):
            all_of_it = self._server.propfind(calendar.path, [dav.GetEtag()], 1, patience)
            return {one.href for one in all_of_it if one.href != calendar.path}, calendar.mark
        token, _, told_before = mark[1:].partition(" ")
        since, level = dav.SyncToken(value=token), dav.SyncLevel(value="1")
        query = together(dav.SyncCollection(), since, level, together(dav.Prop(), dav.GetEtag()))
        changed, new = self._server.changes(calendar.path, query, patience)
        told = {_digest(one): one.href for one in changed if one.href != calendar.path}
        fresh = {href for digest, href in told.items() if digest not in told_before}
        # SOGo tells what changed in the token's own second again each time.
        again = f" {'.'.join(told)}" if _counts_seconds(f"t{new}") else ""
        return fresh, f"t{new}{again}"


def _is_calendar(resource: Resource) -> bool:
    return resource.is_there and resource.holds(dav.ResourceType, ns("C", "calendar"))


def _is_own_calendar(resource: Resource, home: Home) -> bool:
    """Whether it is a calendar with events, and not another mailbox's that is shown here."""
    if not _is_calendar(resource):
        return False
    owner = resource.hrefs(_Owner)
    return not owner or canonical(owner[0]).rstrip("/") == home.principal.rstrip("/")


def _counts_seconds(mark: str) -> bool:
    """Whether a mark is a token of SOGo's, which are seconds: what changes later in that second has no other."""
    return re.fullmatch(r"t[0-9]{10}( .*)?", mark) is not None


def _digest(resource: Resource) -> str:
    """Return a short text for one version of a resource, or for its absence."""
    told = f"{resource.href} {resource.text(dav.GetEtag)} {resource.is_there}"
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()


def _own_calendar(resource: Resource) -> OwnCalendar:
    token, ctag = resource.text(dav.SyncToken), resource.text(_CTag)
    writes = resource.holds(_Privileges, ns("D", "all"), ns("D", "write"), ns("D", "write-content"))
    # A server without access control (RFC 3744) tells no privileges, and lets everybody write.
    told = str(_Privileges.tag) in resource.properties
    if token and _counts_seconds(f"t{token}"):
        # It is the second after the last change; what comes later in that one's would be missed.
        token = str(int(token) - 1)
    mark = f"t{token}" if token else f"c{ctag or secrets.token_hex(8)}"
    return OwnCalendar(resource.href, mark, writes or not told)


def _filled(template: str, mailbox: str) -> str:
    user = mailbox.partition("@")[0]
    return template.replace("{mailbox}", quote(mailbox, safe="@")).replace("{user}", quote(user, safe=""))
