"""Looks at a meeting's calendar item: what is recorded, what is seen, and what follows; changes nothing anywhere.

The worker and `vardmote follow --explain` see the same, because they look through here. An item that is not where
it was is looked for by `item_search`. Nothing of an item is read but what a `Snapshot` holds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from addin.meetings.bindings import Copy, CopyOutcome, ItemBinding
from addin.meetings.hints import item_hash
from addin.meetings.item_search import ItemSearch, is_bound_item
from addin.meetings.keyring import Keyring
from addin.meetings.ledger_port import Ledger, Reading
from addin.meetings.model import CalendarNote, Meeting
from addin.meetings.ports import Clock
from addin.meetings.start import call_may_run
from calendar_sync.calendar import Calendar
from calendar_sync.decide import Bind, Binding, Intent, Observed, Rebind, Recorded, decide
from calendar_sync.items import (
    Found,
    Gone,
    ItemRef,
    Kind,
    Lookup,
    Snapshot,
    Tag,
    Unread,
    Unreadable,
    occurrence_in,
)

# These are still open: each look is for copies, too, so that it is noticed when they are gone.
OPEN_COPIES = (CopyOutcome.ASKED, CopyOutcome.UNWRITABLE)
# These are decided, and still to be carried out.
WANTED_COPIES = (CopyOutcome.STRIP_WANTED, CopyOutcome.OWN_ROOM_WANTED)
# These have or get a meeting of their own.
_OWN_ROOMS = (CopyOutcome.OWN_ROOM, *WANTED_COPIES)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look came to. `own` is the item that holds the meeting, wherever it is now; None when not seen.

    `in_passing`: only that one item was looked at, with somebody's own rights; the service's own look is still due.
    `booked_since` are the tags of those living meetings that were booked when this one had ended.
    """

    at: datetime
    recorded: Recorded
    observed: Observed
    intents: Sequence[Intent]
    own: Snapshot | None
    in_passing: bool = False
    booked_since: frozenset[Tag] = field(kw_only=True)

    @property
    def searched(self) -> Sequence[Snapshot] | None:
        """The living items with the meeting's tag, when they were asked for and could be read."""
        tagged = self.observed.tagged
        return tagged if isinstance(tagged, Sequence) and not self.in_passing else None

    @property
    def is_taken(self) -> bool:
        """Whether the item bears the tag of another meeting that lives: what stands in it is that one's."""
        return self.own is not None and self.own.tag in self.recorded.rivals

    @property
    def is_taken_since(self) -> bool:
        """Whether another meeting was booked in the item after this one had ended: the item is that one's now."""
        return self.own is not None and self.own.tag in self.booked_since


class ItemLooks:
    """Looks at items through the calendars. `grace` is how long one must be gone, `search` looks for it elsewhere."""

    def __init__(
        self,
        ledger: Ledger,
        calendars: Mapping[str, Calendar],
        keyring: Keyring,
        instance: str,
        clock: Clock,
        grace: timedelta,
    ) -> None:
        self._ledger = ledger
        self._calendars = calendars
        self._keyring = keyring
        self._instance = instance
        self._clock = clock
        self.search = ItemSearch(ledger, calendars, instance)
        self.grace = grace

    def reaches(self, backend: str) -> bool:
        """Whether that calendar is in the settings; it may have been taken out of them."""
        return backend in self._calendars

    def read_all(self, backend: str, bindings: Collection[ItemBinding]) -> Mapping[ItemRef, Lookup]:
        """Read the bound items of one calendar, in as few calls as can be."""
        refs = {ref for binding in bindings if (ref := ref_of(binding))}
        return self._calendars[backend].look(sorted(refs, key=_place)) if refs else {}

    @staticmethod
    def unread(binding: ItemBinding) -> Mapping[ItemRef, Lookup]:
        """Say of a bound item that its calendar's answer could not be read."""
        ref = ref_of(binding)
        return {ref: Unreadable(Unread.NOT_UNDERSTOOD)} if ref else {}

    def see(
        self,
        meeting: Meeting,
        binding: ItemBinding,
        copies: Sequence[Copy],
        items: Mapping[ItemRef, Lookup],
    ) -> Seen:
        """Look for what `items` does not answer, and say what must change."""
        at = self._clock.now()
        ref = ref_of(binding)
        item = self._as_held(meeting, binding, _as_bound(binding, items.get(ref))) if ref else None
        if _was_removed_unseen(meeting, binding):
            item = self.search.booked_in(binding)
        tagged: Sequence[Snapshot] | Unreadable | None = None
        if not isinstance(item, Unreadable) and self._must_search(binding, item, copies):
            tagged = self.search.find(meeting, binding, item)
        is_missing = isinstance(tagged, Sequence) and not is_bound_item(binding, item)
        if isinstance(item, Unreadable) and item.reason is Unread.MAILBOX_MISSING:
            tagged = self.search.find_elsewhere(meeting, binding) or None
        lately = at - 2 * self.grace
        stripped = self.search.find_stripped(binding, copies, lately) if is_missing else ()
        if isinstance(stripped, Unreadable):
            tagged, stripped = stripped, ()
        observed = Observed(at, item, tagged, stripped)
        rivals = self._rivals(meeting, binding, observed)
        recorded = self._recorded(meeting, binding, copies, observed, rivals)
        intents = decide(recorded, observed, self.grace)
        since = _booked_since(meeting, rivals)
        return Seen(at, recorded, observed, intents, _own(binding, item, intents), booked_since=since)

    def see_in_passing(self, meeting: Meeting, binding: ItemBinding, item: Lookup) -> Seen | None:
        """Say what follows from one item that a person has open, seen with her rights; None when it proves nothing.

        What she cannot see may be there all the same, and what she can see the service perhaps cannot: so neither is
        a missing item believed, nor a freeze ended. Raises CalendarUnreadable.
        """
        if not isinstance(item, Found):
            return None
        calendar = self._calendars.get(binding.backend or "") or next(iter(self._calendars.values()))
        if item.snapshot.kind is Kind.OCCURRENCE:
            held = self.search.holding(calendar, meeting, binding, item.snapshot)
            item = Found(held) if held else item
        if not self._holds(meeting, binding, item.snapshot):
            return None
        at = self._clock.now()
        observed = Observed(at, item)
        if binding.uid is None:
            # She may have a copy open before anybody has seen the original.
            tagged = calendar.find_tagged(binding.mailbox, meeting.id)
            others = [one for one in tagged if one.ref != item.snapshot.ref]
            ours = [one for one in others if one.tag == self.tag_of(meeting.id)]
            observed = Observed(at, tagged=[item.snapshot, *ours])
        rivals = self._rivals(meeting, binding, observed)
        recorded = replace(self._recorded(meeting, binding, (), observed, rivals), is_frozen=False)
        intents = decide(recorded, observed, self.grace)
        own = _own(binding, item, intents)
        if own is None:
            return None
        since = _booked_since(meeting, rivals)
        return Seen(at, recorded, observed, intents, own, in_passing=True, booked_since=since)

    def _holds(self, meeting: Meeting, binding: ItemBinding, item: Snapshot) -> bool:
        if binding.uid:
            return (item.uid, item.original_start) == (binding.uid, binding.occurrence)
        return item.tag == self.tag_of(meeting.id)

    def tag_of(self, meeting_id: str) -> Tag:
        """Return the tag of a meeting."""
        return self.search.tag_of(meeting_id)

    def reads_as_original(self, meeting: Meeting, binding: ItemBinding, own: Snapshot | None) -> bool:
        """Whether a copy still bears its original's link, though the meeting that was made for it has been removed."""
        if not meeting.is_cancelled or binding.ended_by_calendar or not binding.block_due or own is None:
            return False
        original = self._ledger.read(lambda reading: reading.copied_from(meeting.id))
        return original is not None and own.tag == self.tag_of(original.id)

    def known_copy(self, uid: str, copies: Sequence[Copy]) -> Copy | None:
        """Return what is known of the copy with that UID."""
        hashes = self._keyring.lookup_hashes("item-uid", uid)
        return next((copy for copy in copies if copy.uid_hash in hashes), None)

    def uid_hash(self, uid: str) -> bytes:
        """Return the hash under which a copy is remembered."""
        return self._keyring.lookup_hash("item-uid", uid)

    def item_hash(self, ref: ItemRef) -> bytes:
        """Return the hash under which an item is looked up when a calendar tells of it."""
        return item_hash(self._keyring, ref.mailbox, ref.item_id)

    # --- what is seen ---------------------------------------------------------------------------------------

    def _as_held(self, meeting: Meeting, binding: ItemBinding, item: Lookup | None) -> Lookup | None:
        """Return the look; of one time of a series with the tag of who booked in it last: its series bears none."""
        if binding.occurrence is None or not isinstance(item, Found):
            return item
        last = self._ledger.read(lambda reading: _last_booked(reading, binding))
        if last is None or last.id == meeting.id:
            return item
        return Found(replace(item.snapshot, tag=self.tag_of(last.id)))

    def _must_search(self, binding: ItemBinding, item: Lookup | None, copies: Sequence[Copy]) -> bool:
        if binding.look_tagged or not is_bound_item(binding, item):
            return True
        return any(copy.outcome in OPEN_COPIES for copy in copies)

    # --- what is recorded -----------------------------------------------------------------------------------

    def _recorded(
        self,
        meeting: Meeting,
        binding: ItemBinding,
        copies: Sequence[Copy],
        observed: Observed,
        rivals: Mapping[Tag, Meeting],
    ) -> Recorded:
        ref = ItemRef(binding.mailbox, binding.item_id or "")
        bound = Binding(ref, binding.uid, binding.occurrence) if binding.uid else None
        return Recorded(
            tag=self.tag_of(meeting.id),
            mailbox=binding.mailbox,
            is_live=not meeting.is_cancelled,
            start=meeting.window.start,
            end=meeting.window.end,
            binding=bound,
            series=binding.series,
            ended_by_calendar=binding.ended_by_calendar,
            gone_since=binding.gone_since,
            known_copies=self._known_copies(copies, observed),
            stripped_at=self._stripped_at(copies, observed),
            own_rooms=self._with_outcome(_OWN_ROOMS, copies, observed),
            former=self._with_outcome((CopyOutcome.REPLACED,), copies, observed),
            is_frozen=binding.frozen is not None,
            call_may_run=call_may_run(meeting, observed.at),
            rivals=frozenset(rivals),
            is_taken=CalendarNote.ITEM_TAKEN in meeting.calendar_notes,
        )

    def _rivals(self, meeting: Meeting, binding: ItemBinding, observed: Observed) -> Mapping[Tag, Meeting]:
        """Return the other meetings that live, by those tags that are seen; mostly there is none to ask about."""
        tagged = observed.tagged if isinstance(observed.tagged, Sequence) else ()
        seen = [observed.item.snapshot] if isinstance(observed.item, Found) else []
        tags = {one.tag for one in (*seen, *tagged) if one.tag}
        others = {tag for tag in tags if tag.instance == self._instance and tag.meeting != meeting.id}
        if not others:
            return {}

        def living(reading: Reading) -> Mapping[Tag, Meeting]:
            # What is to be written into a copy still reads as the item that it was copied from.
            original = reading.copied_from(meeting.id) if binding.block_due else None
            copied = self.tag_of(original.id) if original else None
            found = {tag: reading.meeting(tag.meeting) for tag in others if tag != copied}
            return {tag: other for tag, other in found.items() if other and not other.is_cancelled}

        return self._ledger.read(living)

    def _known_copies(self, copies: Sequence[Copy], observed: Observed) -> frozenset[str]:
        """Return the UIDs among those seen that need nothing more; an owner's answer is still to be carried out."""
        settled = [one for one in CopyOutcome if one not in (*WANTED_COPIES, CopyOutcome.REPLACED)]
        return self._with_outcome(settled, copies, observed)

    def _with_outcome(
        self, outcomes: Collection[CopyOutcome], copies: Sequence[Copy], observed: Observed
    ) -> frozenset[str]:
        tagged = observed.tagged if isinstance(observed.tagged, Sequence) else ()
        known = {one.uid: self.known_copy(one.uid, copies) for one in (*tagged, *observed.stripped)}
        return frozenset(uid for uid, copy in known.items() if copy and copy.outcome in outcomes)

    def _stripped_at(self, copies: Sequence[Copy], observed: Observed) -> Mapping[str, datetime]:
        known = {one.uid: self.known_copy(one.uid, copies) for one in observed.stripped}
        return {uid: copy.at for uid, copy in known.items() if copy and copy.ref}


def may_be_called_off(meeting: Meeting, missed_since: datetime, at: datetime) -> bool:
    """Whether a time that was missed first at `missed_since` and still is at `at` (UTC) has been called off.

    Who tidies her calendar during a visit, or after it, does not call it off (`calendar_sync.decide`).
    """
    return missed_since < meeting.window.start and not call_may_run(meeting, at)


def _last_booked(reading: Reading, binding: ItemBinding) -> Meeting | None:
    """Return the meeting, not cancelled, that was booked last in the one time of a series that a binding is about."""
    ref = ref_of(binding)
    there = reading.meetings_in_item(ref) if ref else ()
    held = [(one, reading.binding(one.id)) for one in there]
    same = [one for one, bound in held if bound and bound.occurrence == binding.occurrence]
    return max(same, key=lambda one: (one.created_at, one.id), default=None)


def _booked_since(meeting: Meeting, rivals: Mapping[Tag, Meeting]) -> frozenset[Tag]:
    """Return the tags of those that were booked when the meeting had ended."""
    ended_at = meeting.cancelled_at
    return frozenset(tag for tag, other in rivals.items() if ended_at and other.created_at > ended_at)


def _was_removed_unseen(meeting: Meeting, binding: ItemBinding) -> bool:
    """Whether people took the meeting out of its item before any look has seen it there; a copy may bear its link."""
    return binding.uid is None and meeting.is_cancelled and not binding.ended_by_calendar


def _as_bound(binding: ItemBinding, item: Lookup | None) -> Lookup | None:
    """Return the look at the bound item; where the meeting is one time of it, the look at that time."""
    if binding.occurrence is None or not isinstance(item, Found):
        return item
    part = occurrence_in(item.snapshot, binding.occurrence)
    return Found(part) if part else Gone()


def ref_of(binding: ItemBinding) -> ItemRef | None:
    """Return where the bound item is, when that is known in the calendar that serves its mailbox now."""
    return ItemRef(binding.mailbox, binding.item_id) if binding.item_id else None


def _place(ref: ItemRef) -> tuple[str, str]:
    return ref.mailbox, ref.item_id


def _own(binding: ItemBinding, item: Lookup | None, intents: Sequence[Intent]) -> Snapshot | None:
    bound = next((intent.snapshot for intent in intents if isinstance(intent, Bind | Rebind)), None)
    if bound:
        return bound
    return item.snapshot if isinstance(item, Found) and is_bound_item(binding, item) else None
