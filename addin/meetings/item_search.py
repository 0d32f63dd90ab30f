"""Searches calendars for the item that holds a meeting, wherever it went: by our tag, by its UID, by an id given.

Only calendars are asked here; what is recorded of the item is not changed, and not read beyond its binding and copies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from addin.meetings.bindings import Copy, ItemBinding
from addin.meetings.ledger_port import Ledger
from addin.meetings.model import Meeting
from calendar_sync.calendar import Calendar, CalendarUnreadable, refusal
from calendar_sync.items import Found, ItemRef, Kind, Lookup, Snapshot, Tag, Unreadable, occurrence_in


class ItemSearch:
    """Searches the calendars, by their names in the settings. `instance` is the installation whose tags are ours."""

    def __init__(self, ledger: Ledger, calendars: Mapping[str, Calendar], instance: str) -> None:
        self._ledger = ledger
        self._calendars = calendars
        self._instance = instance

    def calendar_of(self, mailbox: str, binding: ItemBinding) -> Calendar | None:
        """Return the calendar that serves a mailbox in which the meeting's tag was seen, if it is followed."""
        if mailbox == binding.mailbox:
            return self._calendars.get(binding.backend or "")
        watch = self._ledger.read(lambda reading: reading.watch_by_mailbox(mailbox))
        return self._calendars.get(watch.backend or "") if watch else None

    def tag_of(self, meeting_id: str) -> Tag:
        """Return the tag of a meeting."""
        return Tag(self._instance, meeting_id)

    def find(
        self, meeting: Meeting, binding: ItemBinding, item: Lookup | None
    ) -> Sequence[Snapshot] | Unreadable:
        """Return the items that may hold the meeting, and copies of them; `item` is the bound one, as it was seen."""
        try:
            found = {one.ref: one for one in self._tagged(meeting, binding)}
            if binding.uid is None:
                found |= {one.ref: one for one in self._offered(meeting, binding)}
            elif not is_bound_item(binding, item) and not any(
                one.uid == binding.uid for one in found.values()
            ):
                # Its tag may have been taken from it, or lost on the way to another calendar.
                found |= {one.ref: one for one in self._with_uid(binding, binding.uid)}
        except CalendarUnreadable as failure:
            return Unreadable(failure.reason, failure.retry_after)
        return [part for one in found.values() if (part := _as_searched(binding, one))]

    def find_elsewhere(self, meeting: Meeting, binding: ItemBinding) -> Sequence[Snapshot]:
        """Return the meeting's own item in other mailboxes, for when its own is gone, and perhaps has a new address.

        What cannot be asked now is asked at the next look.
        """
        tag = self.tag_of(meeting.id)
        found: list[Snapshot] = []
        for mailbox in binding.also:
            # One that nobody has looked after yet is most likely where the other was.
            calendar = self.calendar_of(mailbox, binding) or self._calendars.get(binding.backend or "")
            with suppress(CalendarUnreadable):
                found += calendar.find_tagged(mailbox, meeting.id) if calendar else ()
        own = [one for one in found if one.tag == tag and one.uid == binding.uid]
        return [part for one in own if (part := _as_searched(binding, one))]

    def find_stripped(
        self, binding: ItemBinding, copies: Sequence[Copy], since: datetime
    ) -> Sequence[Snapshot] | Unreadable:
        """Return where the copies are now that lost our block since then (UTC)."""
        refs = [copy.ref for copy in copies if copy.ref and copy.at >= since]
        calendar = self._calendars.get(binding.backend or "")
        if not refs or calendar is None:
            return ()
        lookups = calendar.look(refs).values()
        unread = next((one for one in lookups if isinstance(one, Unreadable)), None)
        return unread or [one.snapshot for one in lookups if isinstance(one, Found)]

    def _tagged(self, meeting: Meeting, binding: ItemBinding) -> Iterator[Snapshot]:
        tag = self.tag_of(meeting.id)
        for mailbox, calendar in self._places(binding):
            yield from (one for one in calendar.find_tagged(mailbox, meeting.id) if one.tag == tag)

    def _with_uid(self, binding: ItemBinding, uid: str) -> Iterator[Snapshot]:
        for mailbox, calendar in self._places(binding):
            yield from calendar.find_uid(mailbox, uid)

    def booked_in(self, binding: ItemBinding) -> Lookup | None:
        """Return the look at the item whose id Outlook gave; None where it gave none, or no calendar is read."""
        calendar = self.calendar_of(binding.mailbox, binding)
        if binding.offered is None or calendar is None:
            return None
        return next(iter(calendar.look([ItemRef(binding.mailbox, binding.offered)]).values()))

    def _offered(self, meeting: Meeting, binding: ItemBinding) -> Iterator[Snapshot]:
        """Yield the item whose id Outlook gave, when it bears the meeting's tag: an id alone proves nothing."""
        calendar = self.calendar_of(binding.mailbox, binding)
        lookup = self.booked_in(binding)
        if calendar and isinstance(lookup, Found) and lookup.snapshot.tag == self.tag_of(meeting.id):
            held = self.holding(calendar, meeting, binding, lookup.snapshot)
            if held:
                yield held

    def holding(
        self, calendar: Calendar, meeting: Meeting, binding: ItemBinding, snapshot: Snapshot
    ) -> Snapshot | None:
        """Return what holds the meeting when somebody points at `snapshot`; None when it is nowhere to be found.

        One time of a series shows the series' marks, too: then it is the series; else it is that time, as the series
        tells it. Raises CalendarUnreadable.
        """
        if snapshot.kind is not Kind.OCCURRENCE:
            return snapshot
        master = _master_of(calendar, snapshot)
        if master is None or snapshot.original_start is None:
            return None
        is_whole = (
            master.tag == self.tag_of(meeting.id) if binding.uid is None else binding.occurrence is None
        )
        return master if is_whole else occurrence_in(master, snapshot.original_start, snapshot.tag)

    def _places(self, binding: ItemBinding) -> Iterator[tuple[str, Calendar]]:
        for mailbox in dict.fromkeys((binding.mailbox, *binding.also)):
            calendar = self.calendar_of(mailbox, binding)
            if calendar:
                yield mailbox, calendar


def _master_of(calendar: Calendar, occurrence: Snapshot) -> Snapshot | None:
    """Return the series of an occurrence; raises CalendarUnreadable."""
    mailbox = occurrence.ref.mailbox
    if occurrence.master_id is None:
        whole = calendar.find_uid(mailbox, occurrence.uid)
        return next((one for one in whole if one.kind is Kind.MASTER), None)
    ref = ItemRef(mailbox, occurrence.master_id)
    lookup = calendar.look([ref])[ref]
    if isinstance(lookup, Unreadable):
        raise refusal(lookup)
    return lookup.snapshot if isinstance(lookup, Found) else None


def _as_searched(binding: ItemBinding, found: Snapshot) -> Snapshot | None:
    """Return what was found; of the series of which the meeting is one time, that time, None when it was taken out."""
    if binding.occurrence is None or found.uid != binding.uid or found.kind is Kind.OCCURRENCE:
        return found
    return occurrence_in(found, binding.occurrence)


def is_bound_item(binding: ItemBinding, item: Lookup | None) -> bool:
    """Whether the item was seen, is the one that is bound, and stands in the calendar."""
    if not isinstance(item, Found):
        return False
    return item.snapshot.uid == binding.uid and not item.snapshot.is_cancelled
