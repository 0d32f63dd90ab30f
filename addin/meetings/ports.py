"""What the meetings need from the outside: a provider of rooms, a mail server, a clock; adapters keep these promises.

The ledger, the largest of them, is described in `ledger_port`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from addin.meetings.deadline import Deadline
from addin.meetings.model import LobbyLevel, Window

# --- Conferencing -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoomWish:
    """Everything that a provider needs to make one room; repeats are identical to the letter.

    `name` and `alias` are random and hold nothing from the calendar item. `tag` proves that the room is ours.
    `title` is the neutral title that guests may see. `window` is in UTC. `participant_limit` counts hosts and
    interpreters. `host_pin` and `guest_pin` are digits; no guest PIN means that guests enter without one.
    """

    name: str
    alias: str
    tag: str
    title: str
    window: Window
    participant_limit: int
    host_pin: str = field(repr=False)
    guest_pin: str | None = field(repr=False)
    lobby: LobbyLevel
    chat: bool
    guests_can_present: bool


@dataclass(frozen=True, slots=True)
class ProviderCapabilities:
    """What a provider can do, as far as the meetings must know before they ask it.

    `lobby`: how it keeps guests waiting at best. `host_pin`: hosts are asked for one. `room_has_window`: the room
    itself knows its time, so that a reschedule must be told to the provider. `ready_after_seconds`: how long after its
    making a room may still be unknown to the provider's edge. `encrypted` and `never_recorded` are what texts promise
    people.
    """

    lobby: LobbyLevel
    host_pin: bool
    room_has_window: bool
    ready_after_seconds: float
    encrypted: bool
    never_recorded: bool


@dataclass(frozen=True, slots=True)
class ProvisionedRoom:
    """A room that is at the provider and bears our tag; `reference` is the provider's own id."""

    reference: str
    created: bool


@dataclass(frozen=True, slots=True)
class OwnedRoom:
    """A room at the provider whose name is in our name space; the tag is still to be verified."""

    reference: str
    name: str
    tag: str


@dataclass(frozen=True, slots=True)
class Occupancy:
    """How many are in the room now, and whether a host is one of them."""

    participants: int
    host_present: bool


class DeleteOutcome(StrEnum):
    """What a removal came to."""

    DELETED = "deleted"
    ALREADY_GONE = "already_gone"
    REVOKED_LINK_ALIVE = "revoked_link_alive"
    """We have given the room up, and the provider still lets in whoever has its address; an operator is told."""


class ConferencingProvider(Protocol):
    """A service that hosts rooms. Every method may be repeated with the same arguments without a second effect.

    All raise, beside what they name: AuthenticationFailed, PermissionDenied, RateLimited, ProviderUnavailable
    (surely not applied), OutcomeUnknown (may have been applied). None waits past `deadline`.
    """

    @property
    def name(self) -> str:
        """The key of this provider in the settings, e.g. `pexip`."""

    @property
    def capabilities(self) -> ProviderCapabilities:
        """What this provider can do."""

    def ensure_room(self, wish: RoomWish, deadline: Deadline) -> ProvisionedRoom:
        """Create the room, or adopt the one that already bears its name and tag; does not look first.

        Raises InvalidRequest, CapacityExceeded, ForeignRoom, and NotSupported rather than leave out what the wish asks
        for and the provider cannot give, such as a guest's PIN; a weaker lobby is told by `capabilities`.
        """

    def find_room(self, wish: RoomWish, deadline: Deadline) -> ProvisionedRoom | None:
        """Return the room with the wish's name and tag, or None when there is none.

        Raises ForeignRoom when the name is taken without our tag.
        """

    def update_room(self, reference: str, wish: RoomWish, deadline: Deadline) -> None:
        """Make the room as the wish says and keep its address.

        Raises RoomNotFound, InvalidRequest, LinkWouldChange, ForeignRoom, and NotSupported as `ensure_room` does.
        """

    def verify_protection(self, reference: str, wish: RoomWish, deadline: Deadline) -> Sequence[str]:
        """Read the room back and return the names of the settings that deviate; empty means protected.

        Raises RoomNotFound, ForeignRoom.
        """

    def end_call(self, wish: RoomWish, deadline: Deadline) -> None:
        """Disconnect whoever is in the room; a room that nobody is in is no error."""

    def delete_room(self, reference: str, wish: RoomWish, deadline: Deadline) -> DeleteOutcome:
        """Remove the room, after making sure that it bears the wish's tag.

        Raises ForeignRoom when the reference now belongs to a room that is not ours.
        """

    def list_owned(self, prefix: str, deadline: Deadline) -> Iterator[OwnedRoom]:
        """Yield the rooms whose name begins with `prefix`, all pages."""

    def occupancy(self, wish: RoomWish, deadline: Deadline) -> Occupancy:
        """Say who is in the room now; raises NotSupported when the provider cannot tell."""

    def guest_address(self, wish: RoomWish) -> str:
        """Return the https address that a guest is sent to; never with a PIN or a name."""

    def host_address(self, wish: RoomWish) -> str:
        """Return the https address that a host is sent to; never with a PIN or a name."""

    def check(self, deadline: Deadline) -> None:
        """Make one harmless call that proves address, trust and credentials."""


# --- What calendars tell us ---------------------------------------------------------------------------------


class HintKind(StrEnum):
    """What a calendar tells: of an item, or (the last three) of the subscription itself."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    REAUTHORIZATION_REQUIRED = "reauthorization_required"
    SUBSCRIPTION_REMOVED = "subscription_removed"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class ReceivedHint:
    """One notification as it came in, proven by nothing yet.

    `subscription` is the calendar's id of the subscription, `secret` what it says to be that one's. `item_id` and
    `version` are None where the calendar does not say, and for the kinds that are about the subscription.
    """

    subscription: str
    secret: str = field(repr=False)
    kind: HintKind
    item_id: str | None = None
    version: str | None = None


class Hints(Protocol):
    """What calendars call, by way of the surface `hooks`."""

    def receive(self, hints: Sequence[ReceivedHint]) -> None:
        """Store those whose secret is right, and drop the others without a word to the sender.

        Returns when they are committed. Raises LedgerUnavailable: then nothing is stored, and the sender must be
        asked to repeat (503).
        """


# --- Mail ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to an employee.

    `key` is the same for each try, so that a repeat is recognised: letters, digits, dots and hyphens. `to` are
    addresses of the organisation, at least one. `plain` and `html` say the same.
    """

    key: str
    to: tuple[str, ...] = field(repr=False)
    subject: str
    plain: str
    html: str


class Mailer(Protocol):
    """The organisation's mail server. A mail may be handed over twice, under one key; none waits past `deadline`."""

    def send(self, mail: Mail, deadline: Deadline) -> None:
        """Hand the mail over; done when one of the recipients was taken.

        Raises MailUnavailable, MailOutcomeUnknown, MailRefused, MailAuthenticationFailed, MailNotProtected.
        """

    def check(self, deadline: Deadline) -> None:
        """Prove address, protection and credentials, and send nothing. Raises as `send` does."""


# --- Time ---------------------------------------------------------------------------------------------------


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Return the time, aware, UTC."""
