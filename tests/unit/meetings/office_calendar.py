"""A calendar in memory that keeps the port's promises; people use it like Outlook, and it knows none of our rules.

What people do is told to whoever subscribes (`told`), and the test decides what becomes of it on the way. A mailbox can
be made unreadable, and be moved to another calendar as an organisation moves it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from addin.meetings.ports import HintKind, ReceivedHint
from calendar_sync.calendar import (
    AccessDenied,
    CalendarUnavailable,
    CalendarUnreadable,
    Capabilities,
    Conflict,
    MailboxElsewhere,
    MailboxMissing,
    Pulled,
    Throttled,
    Watch,
    WatchWish,
)
from calendar_sync.items import (
    Block,
    Found,
    Gone,
    ItemRef,
    Kind,
    Lookup,
    Snapshot,
    Tag,
    Unread,
    Unreadable,
)
from calendar_sync.series import Series
from tests.unit.meetings.doors import ManualClock

FAILURES: dict[Unread, type[CalendarUnreadable]] = {
    Unread.DENIED: AccessDenied,
    Unread.THROTTLED: Throttled,
    Unread.UNREACHABLE: CalendarUnavailable,
    Unread.MAILBOX_ELSEWHERE: MailboxElsewhere,
    Unread.MAILBOX_MISSING: MailboxMissing,
}
SUBSCRIPTION_LIFE = timedelta(days=2)
_numbers = count(1)


@dataclass
class Item:
    """One item as the calendar keeps it; `block` is the meeting whose block is in its body, `words` what that says."""

    mailbox: str
    id: str
    uid: str
    start: datetime
    end: datetime
    created_at: datetime
    zone: str = "Europe/Stockholm"
    version: int = 1
    own_tag: Tag | None = None
    pane_tag: Tag | None = None
    block: str | None = None
    words: str | None = None
    series: Series | None = None
    has_attendees: bool = False
    in_trash: bool = False
    all_day: bool = False

    @property
    def ref(self) -> ItemRef:
        return ItemRef(self.mailbox, self.id)

    @property
    def tag(self) -> Tag | None:
        # What the pane wrote last is what was booked last.
        return self.pane_tag or self.own_tag

    def snapshot(self) -> Snapshot:
        return Snapshot(
            ref=self.ref,
            uid=self.uid,
            version=str(self.version),
            start=self.start,
            end=self.end,
            zone=self.zone,
            kind=Kind.MASTER if self.series else Kind.SINGLE,
            all_day=self.all_day,
            is_meeting=self.has_attendees,
            created_at=self.created_at,
            tag=self.tag,
            series=self.series,
        )


@dataclass
class _Subscription:
    mailbox: str
    wish: WatchWish
    expires_at: datetime


@dataclass
class OfficeCalendar:
    """Mailboxes of one kind. `immutable_ids`: an item keeps its id when it is moved between folders, as in Graph."""

    name: str
    clock: ManualClock
    pushes: bool = True
    pulls: bool = False
    writes: bool = True
    immutable_ids: bool = True
    mailboxes: set[str] = field(default_factory=set)
    items: dict[str, Item] = field(default_factory=dict)
    # Occurrences that the pane was opened in, by their own ids: their series, original start, and the pane's mark.
    occurrences: dict[str, tuple[Item, datetime, Tag | None]] = field(default_factory=dict)
    # Whose calendars stand in a mailbox's list and may be written in from there.
    shared: dict[str, set[str]] = field(default_factory=dict)
    unreadable: dict[str, Unread] = field(default_factory=dict)
    # Items that cannot be read by their ids, while their mailbox answers.
    unreadable_items: dict[str, Unread] = field(default_factory=dict)
    conflicts: int = 0
    # Why nothing can be written, though everything can be read.
    unwritable: CalendarUnreadable | None = None
    # Why nothing can be searched, though items can be read by their ids.
    unsearchable: CalendarUnreadable | None = None
    # Why nothing is told of the calendars that others share, though everything can be read.
    unlistable: CalendarUnreadable | None = None
    # Why no subscription is to be had, though everything can be read.
    unwatchable: CalendarUnreadable | None = None
    subscriptions: dict[str, _Subscription] = field(default_factory=dict)
    told: list[ReceivedHint] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    # What happens once when something has been written, before its writer hears of it.
    afterwards: Callable[[], None] | None = None
    # What happens once while somebody waits for a look.
    before_answering: Callable[[], None] | None = None

    # --- what people do -------------------------------------------------------------------------------------

    def creates(self, mailbox: str, start: datetime, end: datetime, tag: Tag | None = None) -> Item:
        """Save a new item; with a tag as our pane stores it, and its block in the body."""
        number = next(_numbers)
        item = Item(mailbox, f"id-{number}", f"uid-{number}", start, end, self.clock.time, pane_tag=tag)
        item.block = tag.meeting if tag else None
        self.mailboxes.add(mailbox)
        self.items[item.id] = item
        self._tell(item, HintKind.CREATED)
        return item

    def is_written_by_the_pane(self, item: Item, tag: Tag | None) -> None:
        """Save what our pane wrote into it: mark and block of a meeting, or nothing of ours any more."""
        item.pane_tag, item.block, item.words = tag, tag.meeting if tag else None, None
        self._touched(item)

    def drags(self, item: Item, start: datetime) -> None:
        """Move the item in time; its length stays."""
        item.start, item.end = start, start + (item.end - item.start)
        self._touched(item)

    def resizes(self, item: Item, end: datetime) -> None:
        item.end = end
        self._touched(item)

    def repeats(self, item: Item, series: Series | None) -> None:
        """Make a series of the item, change the series, or make it single again."""
        item.series = series
        if series:
            item.start, item.end = series.first_start, series.first_start + series.length
        self._touched(item)

    def opens_one_time(self, item: Item, original_start: datetime, tag: Tag | None) -> str:
        """Save one occurrence of a series with the pane's mark; returns its own id."""
        own_id = f"id-{next(_numbers)}"
        self.occurrences[own_id] = (item, original_start, tag)
        self._touched(item)
        return own_id

    def changes_one_time(
        self, item: Item, series: Series, own_id: str, kind: HintKind = HintKind.UPDATED
    ) -> None:
        """Move one occurrence or take it out, told under its own id alone; the series' version stays, too."""
        item.series = series
        self._tell(replace(item, id=own_id), kind)

    def deletes(self, item: Item) -> None:
        item.in_trash = True
        self._tell(item, HintKind.DELETED)

    def restores(self, item: Item) -> None:
        """Take it back from Deleted Items."""
        item.in_trash = False
        if not self.immutable_ids:
            self._gets_new_id(item)
        self._tell(item, HintKind.CREATED)

    def copies(self, item: Item, *, to: str | None = None, start: datetime | None = None) -> Item:
        """Copy it with everything but its identity ([MS-OXOCAL], "Copying a Calendar Object")."""
        number = next(_numbers)
        copied = replace(
            item,
            mailbox=to or item.mailbox,
            id=f"id-{number}",
            uid=f"uid-{number}",
            created_at=self.clock.time,
            version=1,
        )
        if start:
            copied.start, copied.end = start, start + (item.end - item.start)
        self.mailboxes.add(copied.mailbox)
        self.items[copied.id] = copied
        self._tell(copied, HintKind.CREATED)
        return copied

    def moves_to_another_calendar(self, item: Item) -> None:
        """Move it to another folder of the mailbox; told as deleted and created."""
        self._tell(item, HintKind.DELETED)
        if not self.immutable_ids:
            self._gets_new_id(item)
        item.version += 1
        self._tell(item, HintKind.CREATED)

    def invites(self, item: Item) -> None:
        """Add an attendee."""
        item.has_attendees = True
        self._touched(item)

    def loses_tags(self, item: Item) -> None:
        """Some program writes the item without our properties."""
        item.own_tag = item.pane_tag = None
        self._touched(item)

    def is_migrated_to(self, other: OfficeCalendar, mailbox: str) -> None:
        """Move the mailbox to another calendar: its items get other ids and keep UID and properties."""
        self.mailboxes.discard(mailbox)
        other.mailboxes.add(mailbox)
        for item in [one for one in self.items.values() if one.mailbox == mailbox]:
            del self.items[item.id]
            item.id, item.version = f"id-{next(_numbers)}", item.version + 1
            other.items[item.id] = item

    def living(self, mailbox: str | None = None) -> list[Item]:
        """Return the items that are not in Deleted Items."""
        return [item for item in self.items.values() if not item.in_trash and mailbox in (None, item.mailbox)]

    def _touched(self, item: Item) -> None:
        item.version += 1
        self._tell(item, HintKind.UPDATED)

    def _gets_new_id(self, item: Item) -> None:
        del self.items[item.id]
        item.id = f"id-{next(_numbers)}"
        self.items[item.id] = item

    def _tell(self, item: Item, kind: HintKind) -> None:
        if self.pulls:
            self.changed.append(item.id)
        for subscription, held in self.subscriptions.items():
            if held.mailbox == item.mailbox and held.expires_at > self.clock.time and self.pushes:
                hint = ReceivedHint(subscription, held.wish.secret, kind, item.id, str(item.version))
                self.told.append(hint)

    # --- the port -------------------------------------------------------------------------------------------

    def probe(self, mailbox: str) -> Capabilities:
        self._read("probe", mailbox)
        return Capabilities(self.pushes, self.pulls, self.writes)

    def look(self, refs: Sequence[ItemRef]) -> Mapping[ItemRef, Lookup]:
        self.asked.append("look")
        if self.before_answering:
            somebody_acts, self.before_answering = self.before_answering, None
            somebody_acts()
        return {ref: self._look(ref) for ref in refs}

    def _look(self, ref: ItemRef) -> Lookup:
        try:
            self._readable(ref.mailbox)
        except CalendarUnreadable as failure:
            return Unreadable(failure.reason, failure.retry_after)
        if ref.item_id in self.unreadable_items:
            return Unreadable(self.unreadable_items[ref.item_id])
        if ref.item_id in self.occurrences:
            return self._look_at_one_time(ref)
        item = self.items.get(ref.item_id)
        if item is None or item.in_trash or item.mailbox != ref.mailbox:
            return Gone()
        return Found(item.snapshot())

    def _look_at_one_time(self, ref: ItemRef) -> Lookup:
        """Graph gives an occurrence a UID of its own and names its series; Exchange Web Services do neither."""
        item, original_start, tag = self.occurrences[ref.item_id]
        one = item.series.occurrence(original_start) if item.series else None
        if one is None or item.in_trash:
            return Gone()
        seen = replace(
            item.snapshot(), ref=ref, start=one.start, end=one.end, kind=Kind.OCCURRENCE, series=None
        )
        seen = replace(seen, tag=tag or item.tag, original_start=original_start)
        if self.immutable_ids:
            seen = replace(seen, uid=f"{item.uid}-{original_start:%Y%m%d}", master_id=item.id)
        return Found(seen)

    def find_tagged(self, mailbox: str, meeting: str | None = None) -> Sequence[Snapshot]:
        self._read("find_tagged", mailbox)
        if self.unsearchable:
            raise self.unsearchable
        return [
            item.snapshot()
            for item in self.living(mailbox)
            if item.tag and meeting in (None, item.tag.meeting)
        ]

    def find_uid(self, mailbox: str, uid: str) -> Sequence[Snapshot]:
        self._read("find_uid", mailbox)
        return [item.snapshot() for item in self.living(mailbox) if item.uid == uid]

    def shared_with(self, mailbox: str) -> Collection[str]:
        self._read("shared_with", mailbox)
        if self.unlistable:
            raise self.unlistable
        return frozenset(self.shared.get(mailbox, ()))

    def write_tag(self, ref: ItemRef, tag: Tag | None, version: str) -> str:
        item = self._to_write("write_tag", ref, version)
        item.own_tag = tag
        return self._written(item)

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
        item = self._to_write("replace_block", ref, version)
        assert service_url.startswith("https://")
        assert known
        if item.block is None and not adding:
            block = None
        item.block = tag.meeting if block and tag else None
        item.words = block.text if block else None
        item.own_tag, item.pane_tag = tag, None
        return self._written(item)

    def watch(self, mailbox: str, wish: WatchWish) -> Watch:
        self._read("watch", mailbox)
        if self.unwatchable:
            raise self.unwatchable
        subscription = f"subscription-{next(_numbers)}"
        expires_at = self.clock.time + SUBSCRIPTION_LIFE
        self.subscriptions[subscription] = _Subscription(mailbox, wish, expires_at)
        self.changed.clear()
        if self.before_answering:
            somebody_acts, self.before_answering = self.before_answering, None
            somebody_acts()
        return Watch(subscription, expires_at, "0" if self.pulls else None)

    def renew(self, mailbox: str, watch_id: str) -> Watch | None:
        self._read("renew", mailbox)
        held = self.subscriptions.get(watch_id)
        if held is None or held.expires_at <= self.clock.time:
            return None
        held.expires_at = self.clock.time + SUBSCRIPTION_LIFE
        return Watch(watch_id, held.expires_at)

    def unwatch(self, mailbox: str, watch_id: str) -> None:
        if self.pushes:
            # It is the service's own, wherever the mailbox is by now.
            self.asked.append("unwatch")
        else:
            self._read("unwatch", mailbox)
        self.subscriptions.pop(watch_id, None)

    def pull(self, mailbox: str, watch: Watch) -> Pulled | None:
        self._read("pull", mailbox)
        if watch.id not in self.subscriptions:
            return None
        changed = frozenset(self.changed)
        self.changed.clear()
        return Pulled(changed, str(next(_numbers)))

    def _to_write(self, call: str, ref: ItemRef, version: str) -> Item:
        self._read(call, ref.mailbox)
        if not self.writes:
            raise AccessDenied
        if self.unwritable:
            raise self.unwritable
        item = self.items.get(ref.item_id)
        if item is None or item.in_trash or str(item.version) != version:
            raise Conflict
        if self.conflicts:
            self.conflicts -= 1
            raise Conflict
        return item

    def _written(self, item: Item) -> str:
        self._touched(item)
        if self.afterwards:
            somebody_acts, self.afterwards = self.afterwards, None
            somebody_acts()
        return str(item.version)

    def _read(self, call: str, mailbox: str) -> None:
        self.asked.append(call)
        self._readable(mailbox)

    def _readable(self, mailbox: str) -> None:
        reason = self.unreadable.get(mailbox)
        if reason:
            raise FAILURES[reason]
        if mailbox not in self.mailboxes:
            raise MailboxElsewhere
