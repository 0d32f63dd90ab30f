"""Makes meetings agree with their calendar items: claims what is due, looks, and carries out what `decide` says.

Nothing here believes a notification. Every look begins anew from what is recorded and what is seen, so that a look
that is repeated, late or broken off anywhere leaves nothing undone and does nothing twice: calendars are called
outside any unit, and what follows is written in one, under the fence of the lease and only when nobody has changed the
meeting meanwhile. Rooms are not touched; the wish is changed, and the reconciler does the rest.
"""

from __future__ import annotations

import logging
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from addin.meetings.bindings import BindingClaim, ItemBinding
from addin.meetings.copies import CopyWork, Handled
from addin.meetings.errors import LeaseLost, LedgerUnavailable, UnknownMeetingType
from addin.meetings.ledger_port import Ledger, Writing
from addin.meetings.look import ItemLooks, Seen
from addin.meetings.look_times import PERIOD, pause
from addin.meetings.model import Meeting
from addin.meetings.ports import Clock, ConferencingProvider
from addin.meetings.record_draft import FollowRules, RecordTools
from addin.meetings.record_look import LookRecord, Written
from addin.meetings.rooms import RoomPlans
from addin.meetings.running_calls import RunningCalls
from calendar_sync.calendar import AccessDenied, Calendar, CalendarUnreadable, Conflict
from calendar_sync.decide import HandleCopy
from calendar_sync.items import Block, ItemRef, Kind, Lookup, Snapshot

log = logging.getLogger(__name__)

LEASE_SECONDS: Final = 90.0
# What is left of a lease must do for one item's calls and the record of them.
LEASE_RESERVE_SECONDS: Final = 45.0
ITEMS_A_CLAIM: Final = 20


class FollowItems:
    """Follows the items of all calendars; `block` renders what stands in the item of a meeting."""

    def __init__(
        self,
        ledger: Ledger,
        calendars: Mapping[str, Calendar],
        looks: ItemLooks,
        plans: RoomPlans,
        providers: Mapping[str, ConferencingProvider],
        block: Callable[[Meeting], Block],
        rules: FollowRules,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._calendars = calendars
        self._looks = looks
        self._plans = plans
        self._providers = providers
        self._block = block
        self._rules = rules
        self._clock = clock
        self._calls = RunningCalls(ledger, providers, plans, clock)
        self._copies = CopyWork(
            looks,
            plans,
            block,
            may_write=rules.may_write,
            service_url=rules.service_url,
            quiet=rules.quiet_seconds,
        )

    def work_once(self, backend: str) -> bool:
        """Claim some due items of one calendar and follow each; False when none was due. Raises LedgerUnavailable."""
        claims = self._ledger.write(
            lambda writing: writing.claim_bindings(backend, LEASE_SECONDS, ITEMS_A_CLAIM)
        )
        if not claims:
            return False
        items = self._read_guarded(backend, claims)
        for claim in claims:
            self._follow_guarded(claim, items)
        return True

    def follow_in_passing(self, claim: BindingClaim, item: Lookup) -> bool:
        """Follow a claimed item that somebody has open, as it was seen with her rights; then it is due again.

        False, and the claim is still held, when it does not hold the meeting, or nothing may be concluded. Raises
        LeaseLost, LedgerUnavailable.
        """
        if self._ledger.read(lambda reading: reading.frozen()):
            return False
        seen = self._looks.see_in_passing(claim.meeting, claim.binding, item)
        if seen is None:
            return False
        written = self._write_own(claim, seen)
        # Whose turn a coming link has is asked of a provider, for which nobody here waits.
        self._ledger.write(partial(self._record, claim, seen, (), written, link_waits=True))
        return True

    def _read_guarded(self, backend: str, claims: Sequence[BindingClaim]) -> Mapping[ItemRef, Lookup]:
        """Read what was claimed; one item that cannot be read must not cost the others their lease."""
        try:
            return self._looks.read_all(backend, [claim.binding for claim in claims])
        except Exception:
            items, unread = self._read_each(backend, claims)
            if not unread:
                # Each by itself was read: what is wrong shows only when they are asked for together.
                log.exception("items_not_read")
            return items

    def _read_each(
        self, backend: str, claims: Sequence[BindingClaim]
    ) -> tuple[Mapping[ItemRef, Lookup], int]:
        """Return what was read one by one, and how many could not be; a fault that they share is told once."""
        items: dict[ItemRef, Lookup] = {}
        faults = Counter[tuple[str, str]]()
        for claim in claims:
            if claim.until.remaining() < LEASE_RESERVE_SECONDS:
                # The rest is given back, and read anew by whoever claims it next.
                break
            try:
                items |= self._looks.read_all(backend, [claim.binding])
            except Exception as failure:
                fault = _kind_and_place(failure)
                if fault not in faults:
                    log.exception("item_not_read", extra={"meeting": claim.meeting.id})
                faults[fault] += 1
                items |= self._looks.unread(claim.binding)
        unread = faults.total()
        if unread > len(faults):
            log.error("items_not_read", extra={"count": unread})
        return items, unread

    def _follow_guarded(self, claim: BindingClaim, items: Mapping[ItemRef, Lookup]) -> None:
        try:
            if claim.until.remaining() < LEASE_RESERVE_SECONDS:
                # Too little is left for its calls; whoever comes next has a whole lease.
                self._ledger.write(lambda writing: writing.release_binding(claim))
            else:
                self._follow(claim, items)
        except LeaseLost:
            log.info("lease_lost", extra={"meeting": claim.meeting.id})
        except UnknownMeetingType:
            log.warning("meeting_type_missing", extra={"meeting": claim.meeting.id})
            self._put_off(claim)
        except LedgerUnavailable:
            raise
        except Exception:
            # One item that cannot be followed must not stop the others that were claimed with it.
            log.exception("follow_failed", extra={"meeting": claim.meeting.id})
            self._put_off(claim)

    def _put_off(self, claim: BindingClaim) -> None:
        binding = replace(claim.binding, attempts=claim.binding.attempts + 1)
        later = pause(claim.binding.attempts).total_seconds()
        # Whoever holds it by now looks at it anyway.
        with suppress(LeaseLost):
            self._ledger.write(lambda writing: writing.save_binding(claim, binding, later))

    def _follow(self, claim: BindingClaim, items: Mapping[ItemRef, Lookup]) -> None:
        copies, is_frozen = self._ledger.read(
            lambda reading: (reading.copies(claim.meeting.id), reading.frozen())
        )
        if is_frozen:
            # What a restored ledger takes for a copy may be the item that holds the meeting by now.
            self._ledger.write(partial(_rest, claim))
            return
        seen = self._looks.see(claim.meeting, claim.binding, copies, items)
        wanted = [intent.snapshot for intent in seen.intents if isinstance(intent, HandleCopy)]
        handled = [self._copies.handle(claim, one, copies) for one in wanted]
        written = self._write_own(claim, seen)
        link_waits = self._calls.must_wait(claim.meeting, claim.binding)
        self._ledger.write(partial(self._record, claim, seen, handled, written, link_waits=link_waits))

    # --- our own writes into the item -----------------------------------------------------------------------

    def _write_own(self, claim: BindingClaim, seen: Seen) -> Written:
        """Write tag and block into the meeting's item where they are due; what fails is due again."""
        binding, own = claim.binding, seen.own
        may_write = self._rules.may_write and (
            not claim.meeting.is_cancelled or self._looks.reads_as_original(claim.meeting, binding, own)
        )
        if own is None or own.kind is Kind.OCCURRENCE or not may_write:
            # One time of a series is known by its series, another item; the pane's mark in it is proof enough.
            return Written(None, binding.tag_written, binding.block_due, again=False)
        if _is_not_ours_yet(binding, own, seen):
            return Written(None, tagged=False, block_due=binding.block_due, again=False)
        if _is_news_to_invited(binding, own):
            return Written(None, binding.tag_written, block_due=True, again=False)
        young = seen.at < binding.created_at + self._rules.tag_after
        is_tagged = binding.tag_written and own.uid == binding.uid
        if not binding.block_due and (is_tagged or young or _comes_with_block(binding, own, seen.at)):
            return Written(None, is_tagged, block_due=False, again=False)
        calendar = self._looks.search.calendar_of(own.ref.mailbox, binding)
        if calendar is None:
            return Written(None, is_tagged, binding.block_due, again=binding.block_due)
        try:
            version = self._write_into(calendar, claim, own)
        except Conflict:
            return Written(None, is_tagged, binding.block_due, again=True)
        except CalendarUnreadable as failure:
            log.warning(
                "tag_not_written", extra={"meeting": claim.meeting.id, "reason": failure.reason.value}
            )
            again = not isinstance(failure, AccessDenied)
            return Written(None, is_tagged, binding.block_due, again, failure.retry_after)
        return Written(version, tagged=True, block_due=False, again=False)

    def _write_into(self, calendar: Calendar, claim: BindingClaim, own: Snapshot) -> str:
        tag = self._looks.tag_of(claim.meeting.id)
        if claim.binding.block_due:
            # Of a copy what stands in it is the block of the item that it was copied from.
            original = self._ledger.read(lambda reading: reading.copied_from(claim.meeting.id))
            block = self._block(claim.meeting)
            known = [block, *([self._block(original)] if original else [])]
            if claim.meeting.is_cancelled:
                return calendar.replace_block(
                    own.ref, None, None, own.version, self._rules.service_url, known
                )
            # Out of an item that another meeting had taken ours was written over, and went with that one's.
            is_without = own.tag is None or (original is None and not claim.binding.tag_written)
            return calendar.replace_block(
                own.ref, block, tag, own.version, self._rules.service_url, known, adding=is_without
            )
        return calendar.write_tag(own.ref, tag, own.version)

    # --- the record -----------------------------------------------------------------------------------------

    def _record(
        self,
        claim: BindingClaim,
        seen: Seen,
        handled: Sequence[Handled],
        written: Written,
        writing: Writing,
        *,
        link_waits: bool,
    ) -> None:
        """Write what the look came to; look again at once when somebody has changed the meeting meanwhile."""
        meeting = writing.meeting(claim.meeting.id)
        if meeting is None:
            return
        if meeting.revision != claim.meeting.revision:
            writing.release_binding(claim)
            return
        if writing.frozen():
            _rest(claim, writing)
            return
        tools = RecordTools(self._plans, self._providers, self._copies, self._rules, self._looks, self._clock)
        LookRecord(tools, writing, meeting, claim, seen).carry_out(handled, written, link_waits=link_waits)


def _rest(claim: BindingClaim, writing: Writing) -> None:
    """Leave the item alone for a while: a ledger that was restored concludes nothing until it has been rebuilt."""
    writing.save_binding(claim, claim.binding, PERIOD.total_seconds())


def _is_not_ours_yet(binding: ItemBinding, own: Snapshot, seen: Seen) -> bool:
    """Whether what is written into the item has to wait for a later look."""
    # It lost tag and block as a copy, and holds the meeting from this look on; both are written at the next.
    is_just_pasted = own.uid != binding.uid and own.tag is None
    # What stands in it is another meeting's, or was until just now, and who took that out may have it open still.
    return is_just_pasted or seen.is_taken or seen.recorded.is_taken


def _is_news_to_invited(binding: ItemBinding, own: Snapshot) -> bool:
    """Whether the calendar would mail the block to people who were invited since it became due; the pane writes it.

    Not of a copy that has had none of its own yet: in it stands its original's link, into somebody else's room.
    """
    has_had_one = binding.tag_written or binding.block_old_from is not None
    return binding.block_due and own.is_meeting and has_had_one


def _comes_with_block(binding: ItemBinding, own: Snapshot, at: datetime) -> bool:
    """Whether the tag is written together with a block that is still to come; until then the item has none of ours."""
    old_from = binding.block_old_from
    return old_from is not None and (at < old_from or not own.is_meeting)


def _kind_and_place(failure: Exception) -> tuple[str, str]:
    """Return what tells one fault of ours from another: the type of the exception, and the line that raised it."""
    raised_at = traceback.extract_tb(failure.__traceback__)[-1]
    return type(failure).__name__, f"{raised_at.filename}:{raised_at.lineno}"
