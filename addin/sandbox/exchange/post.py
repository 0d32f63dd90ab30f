"""Sends meetings to their attendees: letters, the copies that the region's own mailboxes hold, and their answers.

What such a copy looks like is `delivery`'s. Assumed, since no source says it: a meeting that was cancelled and is
taken back out of Deleted Items is sent to its attendees anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from addin.sandbox.exchange.changes import Changes
from addin.sandbox.exchange.delivery import cancelled_copy, invitation, is_sent, updated_copy
from addin.sandbox.exchange.item_changes import now, touched
from addin.sandbox.exchange.items import Attendee, Item, Response
from addin.sandbox.exchange.mailboxes import mailbox_named
from addin.sandbox.exchange.shelved import Shelved
from addin.sandbox.people import Mailbox


@dataclass(frozen=True, slots=True)
class Letter:
    """What Exchange would have sent to an attendee; never what it says."""

    kind: Literal["request", "cancellation"]
    uid: str
    sequence: int
    to: str


class Post:
    """The region's post; not safe for threads by itself, the store holds the lock."""

    def __init__(self, kept: Shelved, changes: Changes) -> None:
        self._kept = kept
        self._changes = changes
        self._letters: list[Letter] = []

    def letters(self) -> list[Letter]:
        """Return what would have been sent since the start or since it was forgotten."""
        return list(self._letters)

    def forget_letters(self) -> None:
        """Forget what would have been sent."""
        self._letters.clear()

    def send(self, before: Item | None, after: Item) -> None:
        """Send a meeting to those who are asked to it, and cancel it for those who no longer are."""
        if before and is_sent(before):
            asked = {one.address.casefold() for one in after.attendees}
            self.cancel_for([one for one in before.attendees if one.address.casefold() not in asked], after)
        if is_sent(after):
            for attendee in after.attendees:
                self._deliver(after, attendee)

    def cancel_for(self, attendees: Iterable[Attendee], sent: Item) -> None:
        """Cancel a meeting for some of its attendees, whose copies stay and say so."""
        for attendee in attendees:
            self._letters.append(Letter("cancellation", sent.uid, sent.sequence + 1, attendee.address))
            mailbox = mailbox_named(attendee.address)
            held = self._held(mailbox, sent.uid) if mailbox and mailbox.object_id != sent.mailbox else None
            if held:
                self._changes.keep(cancelled_copy(held, sent, now()), "updated")

    def note_response(self, mailbox: Mailbox, item: Item, response: Response) -> None:
        """Let the organiser's copy know what the owner of a mailbox has answered."""
        organiser = mailbox_named(item.organiser.address)
        held = self._held(organiser, item.uid) if organiser else None
        if held:
            answered = tuple(
                replace(one, response=response)
                if one.address.casefold() == mailbox.address.casefold()
                else one
                for one in held.attendees
            )
            self._changes.keep(replace(touched(held), attendees=answered), "updated")

    def _deliver(self, sent: Item, attendee: Attendee) -> None:
        self._letters.append(Letter("request", sent.uid, sent.sequence, attendee.address))
        mailbox = mailbox_named(attendee.address)
        if mailbox is None or mailbox.object_id == sent.mailbox:
            return
        held = self._held(mailbox, sent.uid)
        if held is None:
            self._changes.keep(invitation(sent, self._kept.own_calendar(mailbox), now()), "created")
        else:
            self._changes.keep(updated_copy(held, sent, now()), "updated")

    def _held(self, mailbox: Mailbox, uid: str) -> Item | None:
        return next((item for item in self._kept.living_items(mailbox) if item.uid == uid), None)
