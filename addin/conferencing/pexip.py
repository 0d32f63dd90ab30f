"""Pexip Infinity as a provider of rooms, through its management API (not through external policy).

Source: Pexip Infinity management API v41: `configuration/v1`, `status/v1` and `command/v1`, Tastypie's JSON, trailing
slashes mandatory. A room made here reaches the conferencing nodes about a minute later.

Three rules hold in every method: a room is touched only after its tag has been read and is the wish's; DELETE and
PATCH go to one numbered room, because a DELETE of the list removes every room of every tenant; nothing that Pexip
says is passed on in an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from marshmallow import Schema

from addin.conferencing import pexip_schemas as schemas
from addin.conferencing.http import Answer, ItemPath, VendorHttp
from addin.conferencing.pexip_rooms import changeable_fields, deviations, room_fields
from addin.meetings.deadline import Deadline
from addin.meetings.errors import (
    CapacityExceeded,
    ForeignRoom,
    InvalidRequest,
    LinkWouldChange,
    OutcomeUnknown,
    ProviderUnavailable,
    RoomNotFound,
)
from addin.meetings.model import LobbyLevel
from addin.meetings.ports import (
    DeleteOutcome,
    Occupancy,
    OwnedRoom,
    ProviderCapabilities,
    ProvisionedRoom,
    RoomWish,
)
from bounded_http.password_access import PasswordAccess

ROOMS: Final = "/api/admin/configuration/v1/conference"
CALLS: Final = "/api/admin/status/v1/conference/"
PARTICIPANTS: Final = "/api/admin/status/v1/participant/"
DISCONNECT: Final = "/api/admin/command/v1/conference/disconnect/"

_REFERENCE: Final = re.compile(r"[1-9][0-9]{0,17}")
_LOCATION: Final = re.compile(ROOMS + r"/([1-9][0-9]{0,17})/")
_HOST_ROLES: Final = frozenset({"chair", "host"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PexipSettings:
    """One Pexip installation; times in seconds.

    `base_url` is the management node, `join_base_url` the conferencing node (or reverse proxy) whose web app people
    are sent to; both are scheme, host and port alone. `ready_after_seconds`: how long the conferencing nodes may
    take to learn of a new room (Pexip's own documentation: around 90 s). `page_size`: rooms a page when listing.
    """

    name: str
    base_url: str
    username: str
    password: str = field(repr=False)
    join_base_url: str
    timeout_seconds: float = 10.0
    connect_timeout_seconds: float = 3.0
    ready_after_seconds: float = 90.0
    pool_size: int = 40
    page_size: int = 100
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_bundle: str | None = None


class PexipProvider:
    """`ConferencingProvider` on the management API; safe for use by many threads."""

    def __init__(self, settings: PexipSettings) -> None:
        self._settings = settings
        self._join = settings.join_base_url.rstrip("/")
        self._http = VendorHttp(
            PasswordAccess(
                base_url=settings.base_url,
                username=settings.username,
                password=settings.password,
                timeout_seconds=settings.timeout_seconds,
                connect_timeout_seconds=settings.connect_timeout_seconds,
                pool_size=settings.pool_size,
                proxies=settings.proxies,
                ca_bundle=settings.ca_bundle,
            )
        )

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def capabilities(self) -> ProviderCapabilities:
        """Guests wait for a host and then enter together: letting in one by one needs Pexip's external policy.

        Pexip records nothing by itself; a recorder is a participant that is called in, and rooms made here call
        nobody in.
        """
        return ProviderCapabilities(
            lobby=LobbyLevel.WAIT_FOR_HOST,
            host_pin=True,
            room_has_window=False,
            ready_after_seconds=self._settings.ready_after_seconds,
            encrypted=True,
            never_recorded=True,
        )

    def ensure_room(self, wish: RoomWish, deadline: Deadline) -> ProvisionedRoom:
        """One POST when all is well; looks only when the name or the alias is said to be taken."""
        sent = room_fields(wish)
        answer = self._http.post(f"{ROOMS}/", sent, deadline)
        if answer.status == 201:
            return ProvisionedRoom(_reference_in(answer.location), created=True)
        if answer.is_success:
            raise OutcomeUnknown("created, but not as promised")
        refusal = schemas.read_refusal(answer.json(), sent)
        if answer.status == 409 or refusal.taken:
            return self._adopt(wish, refusal.fields, deadline)
        raise CapacityExceeded("no licence") if refusal.licence else InvalidRequest(refusal.fields)

    def find_room(self, wish: RoomWish, deadline: Deadline) -> ProvisionedRoom | None:
        room = self._named(wish.name, deadline)
        if room is None:
            return None
        _refuse_foreign(room, wish)
        return ProvisionedRoom(str(room["id"]), created=False)

    def update_room(self, reference: str, wish: RoomWish, deadline: Deadline) -> None:
        """Reads before it changes; the address itself is never sent again."""
        path, changed = _room_path(reference), changeable_fields(wish)
        room = self._room(path, wish, deadline)
        if wish.alias.casefold() not in {alias["alias"].casefold() for alias in room["aliases"]}:
            raise LinkWouldChange("the room has another address")
        answer = self._http.patch(path, changed, deadline)
        if answer.status == 404:
            raise RoomNotFound("gone")
        if not answer.is_success:
            raise InvalidRequest(schemas.read_refusal(answer.json(), changed).fields)

    def verify_protection(self, reference: str, wish: RoomWish, deadline: Deadline) -> Sequence[str]:
        return deviations(self._room(_room_path(reference), wish, deadline), wish)

    def end_call(self, wish: RoomWish, deadline: Deadline) -> None:
        """A call outlives its room, so it is looked up by name and not by the room."""
        for call in self._list(CALLS, schemas.CALL, {"name": wish.name}, deadline):
            if call["name"] != wish.name:
                raise ProviderUnavailable("the list was not filtered")
            if call["tag"] is not None:
                _refuse_foreign(call, wish)
            self._disconnect(str(call["id"]), deadline)

    def delete_room(self, reference: str, wish: RoomWish, deadline: Deadline) -> DeleteOutcome:
        """Reads the room first: the reference may belong to somebody else by now."""
        path = _room_path(reference)
        try:
            self._room(path, wish, deadline)
        except RoomNotFound:
            return DeleteOutcome.ALREADY_GONE
        answer = self._http.delete(path, deadline)
        if answer.status == 404:
            return DeleteOutcome.ALREADY_GONE
        if not answer.is_success:
            raise InvalidRequest
        return DeleteOutcome.DELETED

    def list_owned(self, prefix: str, deadline: Deadline) -> Iterator[OwnedRoom]:
        query = {"name__startswith": prefix, "order_by": "id"}
        for room in self._list(f"{ROOMS}/", schemas.OWNER, query, deadline):
            # Held against the prefix here too: a version that ignores the filter must not hand us the whole region.
            if room["name"].startswith(prefix):
                yield OwnedRoom(str(room["id"]), room["name"], room["tag"] or "")

    def occupancy(self, wish: RoomWish, deadline: Deadline) -> Occupancy:
        """Whoever waits for the host is counted: they hold a seat under the participant limit."""
        people = self._list(PARTICIPANTS, schemas.PARTICIPANT, {"conference": wish.name}, deadline)
        roles = [person["role"] for person in people if person["conference"] == wish.name]
        return Occupancy(len(roles), host_present=not _HOST_ROLES.isdisjoint(roles))

    def guest_address(self, wish: RoomWish) -> str:
        """`role=guest` lets a guest past the PIN question, but only where guests have no PIN (Pexip, "URLs")."""
        return self.host_address(wish) + ("" if wish.guest_pin else "?role=guest")

    def host_address(self, wish: RoomWish) -> str:
        """The web app asks for the PIN: in the address it would stand in histories and logs."""
        return f"{self._join}/webapp3/m/{quote(wish.alias, safe='')}"

    def check(self, deadline: Deadline) -> None:
        self._page(f"{ROOMS}/", schemas.OWNER, {"limit": 1}, deadline)

    def _adopt(self, wish: RoomWish, fields: Sequence[str], deadline: Deadline) -> ProvisionedRoom:
        """Return our own room that was made by an earlier try; raises ForeignRoom.

        The create was refused and so had no effect: whatever fails here, repeating the whole is safe.
        """
        room = self.find_room(wish, deadline)
        if room is not None:
            return room
        if "name" in fields:
            raise ProviderUnavailable("the name was taken and is free by now")
        raise ForeignRoom("the alias belongs to another room")

    def _named(self, name: str, deadline: Deadline) -> Mapping[str, Any] | None:
        page = self._page(f"{ROOMS}/", schemas.OWNER, {"name": name}, deadline)
        found = [room for room in page.objects if room["name"] == name]
        if page.objects and not found:
            raise ProviderUnavailable("the list was not filtered")
        return found[0] if found else None

    def _room(self, path: ItemPath, wish: RoomWish, deadline: Deadline) -> Mapping[str, Any]:
        """Return the room at `path`, proven ours; raises RoomNotFound, ForeignRoom."""
        answer = self._http.get(path.text, {}, deadline)
        if answer.status == 404:
            raise RoomNotFound("gone")
        room = _read(schemas.ROOM, answer)
        _refuse_foreign(room, wish)
        return room

    def _disconnect(self, call_id: str, deadline: Deadline) -> None:
        answer = self._http.post(DISCONNECT, {"conference_id": call_id}, deadline)
        if answer.status == 404:
            return  # it ended by itself meanwhile
        if not answer.is_success:
            raise InvalidRequest
        try:
            told = schemas.read(schemas.COMMAND, answer.json())
        except schemas.Wrong:
            raise OutcomeUnknown("the command was not answered as promised") from None
        if told["status"] != "success":
            raise ProviderUnavailable("the command failed")

    def _list(
        self, path: str, schema: Schema, query: Mapping[str, str | int], deadline: Deadline
    ) -> Iterator[dict[str, Any]]:
        """Yield the objects of all pages. Of the vendor's `next` only the offset is used, and it must rise."""
        offset = 0
        while True:
            wanted = {**query, "limit": self._settings.page_size, "offset": offset}
            page = self._page(path, schema, wanted, deadline)
            yield from page.objects
            if page.next is None:
                return
            following = _offset_of(page.next)
            if following <= offset:
                raise ProviderUnavailable("pages that do not go on")
            offset = following

    def _page(
        self, path: str, schema: Schema, query: Mapping[str, str | int], deadline: Deadline
    ) -> schemas.Page:
        answer = self._http.get(path, query, deadline)
        if not answer.is_success:
            raise InvalidRequest
        try:
            return schemas.read_page(schema, answer.json())
        except schemas.Wrong:
            raise ProviderUnavailable("not the list that was asked for") from None


def _room_path(reference: str) -> ItemPath:
    """Return the path of one room; raises InvalidRequest unless the reference is a positive whole number."""
    if not _REFERENCE.fullmatch(reference):
        raise InvalidRequest(("reference",))
    return ItemPath(ROOMS, reference)


def _reference_in(location: str | None) -> str:
    """Return the new room's id from the `Location` of a 201, absolute or relative; its host means nothing."""
    match = _LOCATION.fullmatch(urlsplit(location or "").path)
    if match is None:
        raise OutcomeUnknown("created, but not said where")
    return match[1]


def _read(schema: Schema, answer: Answer) -> dict[str, Any]:
    if not answer.is_success:
        raise InvalidRequest
    try:
        return schemas.read(schema, answer.json())
    except schemas.Wrong:
        raise ProviderUnavailable("not the room that was asked for") from None


def _refuse_foreign(room: Mapping[str, Any], wish: RoomWish) -> None:
    if room["tag"] != wish.tag:
        raise ForeignRoom("the tag is not ours")


def _offset_of(address: str) -> int:
    offsets = parse_qs(urlsplit(address).query).get("offset", [""])
    return int(offsets[0]) if re.fullmatch(r"[0-9]{1,9}", offsets[0]) else 0
