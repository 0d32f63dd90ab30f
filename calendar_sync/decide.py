"""Says what must change so that a meeting agrees with its calendar item. Pure: no clock, no network, no store.

Four rules carry it. The calendar decides when and whether. *Gone*, *found* and *unreadable* are three different
answers, and only a *gone* that is seen twice, a grace period apart, in a mailbox that can be read, ends a meeting. An
item is ours by tag and UID together: same tag, other UID is a copy, and two items never share a room. What is seen is
compared with what was last applied, never with what a notification said, so duplicates, delays and our own writes
change nothing. The one exception to the third rule is an item that was cut and pasted (docs/adr/0028).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from calendar_sync.items import Found, Gone, ItemRef, Kind, Lookup, Snapshot, Tag, Unread, Unreadable, oldest
from calendar_sync.series import Series

# A day of 25 hours when the clocks go back; an all-day item on it is still one day.
LONGEST_MEETING = timedelta(hours=25)


@dataclass(frozen=True, slots=True)
class Binding:
    """Which item holds the meeting; of one time of a series, the series and (UTC) the original start of that time."""

    ref: ItemRef
    uid: str
    occurrence: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is known of a meeting before the calendar is looked at. All times UTC.

    `mailbox` is where the item is to be. `ended_by_calendar`: it is not live because its item was gone, so that it
    lives again when the item does. `gone_since` is when the item was first not found. `known_copies` are UIDs of copies
    that have been dealt with or that somebody has been asked about. `stripped_at` says when our block was taken out of
    copies, by UID; `own_rooms` are copies that have or shall have a meeting of their own, or no link; `former` are
    items that held the meeting before it was cut and pasted. `call_may_run`: a host has started it. `rivals` are the
    tags of other meetings that live, among those seen; `is_taken`: one of them was seen in the item before.
    """

    tag: Tag
    mailbox: str
    is_live: bool
    start: datetime
    end: datetime
    binding: Binding | None = None
    series: Series | None = None
    ended_by_calendar: bool = False
    gone_since: datetime | None = None
    known_copies: frozenset[str] = frozenset()
    stripped_at: Mapping[str, datetime] = field(default_factory=dict)
    own_rooms: frozenset[str] = frozenset()
    former: frozenset[str] = frozenset()
    is_frozen: bool = False
    call_may_run: bool = False
    rivals: frozenset[Tag] = frozenset()
    is_taken: bool = False


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen at `at` (UTC).

    `item` is the look at the bound item by its id, None when none is bound; of a meeting removed before one was,
    the look at the item in which it was booked, where that is known. `tagged` is every living item with the meeting's
    tag in the mailboxes that were asked, None when they were not asked, or why they could not be read.
    `stripped` are living items that were copies of it and have neither tag nor block any more.
    """

    at: datetime
    item: Lookup | None = None
    tagged: Sequence[Snapshot] | Unreadable | None = None
    stripped: Sequence[Snapshot] = ()


class Unusable(StrEnum):
    """Why a time in the calendar cannot be the meeting's."""

    OVER = "over"
    TOO_LONG = "too_long"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Bind:
    """The meeting is held by that item, from now on or under a new id."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Rebind:
    """The item was cut and pasted: what looks like its copy holds the meeting from now on."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Reschedule:
    """The item has another time."""

    start: datetime
    end: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class KeepTime:
    """The item has a time that no meeting can have: the old one stays, and its people are told."""

    reason: Unusable


@dataclass(frozen=True, slots=True)
class FollowSeries:
    """The item is a series other than the one recorded, or (None) no series any more."""

    series: Series | None
    became_one: bool


@dataclass(frozen=True, slots=True)
class Suspect:
    """The item was not found for the first time; look again after the grace period."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """The item is gone, and that is confirmed."""


@dataclass(frozen=True, slots=True)
class Trust:
    """The item is there after all: nothing is suspected any more."""


@dataclass(frozen=True, slots=True)
class Revive:
    """The item of a meeting that had ended with it is back."""


@dataclass(frozen=True, slots=True)
class HandleCopy:
    """Another item bears the meeting's tag and block."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody has booked another meeting in the item, which lives: the item bears its tag now (docs/adr/0037)."""

    by: Tag


@dataclass(frozen=True, slots=True)
class Returned:
    """The item that another meeting had taken bears the tag of no other one that lives."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """Nothing can be known: change nothing, say so, look again."""

    reason: Unread
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Thaw:
    """What could not be read can be read again."""


Intent = (
    Bind
    | Rebind
    | Reschedule
    | KeepTime
    | FollowSeries
    | Suspect
    | Cancel
    | Trust
    | Revive
    | HandleCopy
    | Taken
    | Returned
    | Freeze
    | Thaw
)


def decide(recorded: Recorded, observed: Observed, grace: timedelta) -> list[Intent]:
    """Return what must change, in the order in which it is to be done; nothing at all when they agree.

    Looks at a bound item alone while it is found by its id; `observed.tagged` must have been asked for when it is
    not, when none is bound, and now and then for copies.
    """
    unread = _unread(recorded, observed)
    if unread:
        return [Freeze(unread.reason, unread.retry_after)]
    intents: list[Intent] = [Thaw()] if recorded.is_frozen else []
    tagged = observed.tagged if isinstance(observed.tagged, Sequence) else ()
    own = _own(recorded, observed, tagged)
    if own:
        intents += _seen(recorded, own)
        intents += [*_agree(recorded, own, observed.at), *_taken(recorded, own)]
    elif pasted := _pasted(recorded, observed, grace):
        own = pasted
        intents += [Rebind(pasted), *_agree(recorded, pasted, observed.at), *_taken(recorded, pasted)]
    elif recorded.binding and recorded.is_live:
        intents += _missed(recorded, observed, grace)
    # Of a meeting that has ended, too: a copy that kept its link would lead nobody anywhere.
    return [*intents, *_copies(_uid_of_item(recorded, observed, own), recorded, tagged)]


def _unread(recorded: Recorded, observed: Observed) -> Unreadable | None:
    """Return why nothing may be concluded: what was asked and not answered, unless the item itself was found."""
    if isinstance(observed.item, Found) or _came_elsewhere(recorded, observed):
        return None
    asked = (observed.item, observed.tagged)
    return next((answer for answer in asked if isinstance(answer, Unreadable)), None)


def _came_elsewhere(recorded: Recorded, observed: Observed) -> bool:
    """Whether the item's mailbox is gone and the item is in another, as when an address was changed."""
    if not isinstance(observed.item, Unreadable) or observed.item.reason is not Unread.MAILBOX_MISSING:
        return False
    tagged = observed.tagged if isinstance(observed.tagged, Sequence) else ()
    return recorded.binding is not None and any(
        _is_same(recorded.binding, one) and _may_hold(one) for one in tagged
    )


def _own(recorded: Recorded, observed: Observed, tagged: Sequence[Snapshot]) -> Snapshot | None:
    """Return the one item that holds the meeting, wherever it is now."""
    if recorded.binding is None:
        return _seen_first(recorded, observed, tagged)
    if isinstance(observed.item, Found):
        snapshot = observed.item.snapshot
        # An id may be given to another item, and one from which our tag was taken is the user's own again.
        if _is_same(recorded.binding, snapshot) and not snapshot.is_cancelled:
            return snapshot
    same = oldest(one for one in tagged if _is_same(recorded.binding, one) and _may_hold(one))
    return same or _brought_in_anew(recorded, observed, tagged)


def _seen_first(recorded: Recorded, observed: Observed, tagged: Sequence[Snapshot]) -> Snapshot | None:
    """Return the item of a meeting that no look has seen in one: the oldest, unless it is known in which it was booked.

    That is asked of one that was removed: only a copy of it may have been left.
    """
    if isinstance(observed.item, Gone):
        return None
    if booked_in := _booked_in(observed):
        return booked_in if booked_in.tag == recorded.tag else None
    # A series whose tag an occurrence merely shows is the item; else it was booked in that one time.
    mine = [one for one in tagged if _may_hold(one)]
    return oldest(one for one in mine if one.kind is not Kind.OCCURRENCE) or oldest(mine)


def _brought_in_anew(recorded: Recorded, observed: Observed, tagged: Sequence[Snapshot]) -> Snapshot | None:
    """Return what came with the mailbox under another UID, as by export and import: the one at the meeting's time."""
    bound = recorded.binding
    if not _is_awaited(recorded, observed) or bound is None or bound.occurrence:
        return None
    found = [
        one
        for one in tagged
        if one.uid not in recorded.known_copies | recorded.own_rooms and _has_same_time(recorded, one)
    ]
    return next(_of_the_same_kind(recorded, found[0]), None) if len(found) == 1 else None


def _is_awaited(recorded: Recorded, observed: Observed) -> bool:
    """Whether the item's mailbox went to another calendar, in which its id means nothing."""
    return recorded.binding is not None and recorded.is_live and observed.item is None


def _has_same_time(recorded: Recorded, one: Snapshot) -> bool:
    if recorded.series and one.series:
        return recorded.series.signature == one.series.signature
    return (one.start, one.end) == (recorded.start, recorded.end)


def _booked_in(observed: Observed) -> Snapshot | None:
    if not isinstance(observed.item, Found) or observed.item.snapshot.kind is Kind.OCCURRENCE:
        # One time of a series may show the series' marks, and has a UID of its own in some calendars.
        return None
    return observed.item.snapshot


def _is_same(binding: Binding, snapshot: Snapshot) -> bool:
    return (snapshot.uid, snapshot.original_start) == (binding.uid, binding.occurrence)


def _may_hold(snapshot: Snapshot) -> bool:
    """Whether it can be the item that decides: not an attendee's, not cancelled, no unknown time of a series."""
    is_known = snapshot.kind is not Kind.OCCURRENCE or snapshot.original_start is not None
    return snapshot.is_organiser and not snapshot.is_cancelled and is_known


def _is_whole_and_living(snapshot: Snapshot) -> bool:
    return not snapshot.is_cancelled and snapshot.kind is not Kind.OCCURRENCE


def _seen(recorded: Recorded, own: Snapshot) -> list[Intent]:
    intents: list[Intent] = []
    bound = recorded.binding
    if bound is None or bound.ref != own.ref:
        intents.append(Bind(own))
    if recorded.gone_since:
        intents.append(Trust())
    if not recorded.is_live and recorded.ended_by_calendar:
        intents.append(Revive())
    return intents


def _agree(recorded: Recorded, own: Snapshot, at: datetime) -> list[Intent]:
    """Compare the item's time with the meeting's."""
    if not recorded.is_live and not recorded.ended_by_calendar:
        return []
    if own.series:
        return _follow_series(recorded, own.series)
    left: list[Intent] = [FollowSeries(None, became_one=False)] if recorded.series else []
    if (own.start, own.end) == (recorded.start, recorded.end):
        return left
    if own.end <= at:
        # Who notes afterwards when the visit was, or that it ended early, is not asked to mend it.
        return left if recorded.start <= at else [*left, KeepTime(Unusable.OVER)]
    if unusable := _unfit_length(own.length):
        return [*left, KeepTime(unusable)]
    return [*left, Reschedule(own.start, own.end, own.zone)]


def _unfit_length(length: timedelta) -> Unusable | None:
    """Return why a meeting cannot last so long; None where it can. Outlook lets an item end when it begins."""
    if length <= timedelta():
        return Unusable.EMPTY
    return Unusable.TOO_LONG if length > LONGEST_MEETING else None


def _follow_series(recorded: Recorded, series: Series) -> list[Intent]:
    if recorded.series and recorded.series.signature == series.signature:
        return []
    if unusable := _unfit_length(series.length):
        return [KeepTime(unusable)]
    return [FollowSeries(series, became_one=recorded.series is None)]


def _taken(recorded: Recorded, own: Snapshot) -> list[Intent]:
    """Say when the item came to hold another meeting, too, or holds it no more; that one's time is this one's."""
    if not recorded.is_live:
        return []
    if own.tag in recorded.rivals:
        return [] if recorded.is_taken or own.tag is None else [Taken(own.tag)]
    return [Returned()] if recorded.is_taken else []


def _pasted(recorded: Recorded, observed: Observed, grace: timedelta) -> Snapshot | None:
    """Return the one item that was pasted when this one was cut; None when none was, or it may have been another one.

    Only what would else be called off: a missing item whose time is still to come.
    """
    gone = recorded.gone_since or observed.at
    is_cut = recorded.is_live and recorded.binding and _surely_missing(observed)
    if not is_cut or recorded.call_may_run or gone >= recorded.start:
        return None
    found = list(_perhaps_pasted(recorded, observed, gone - grace))
    return found[0] if len(found) == 1 else None


def _perhaps_pasted(recorded: Recorded, observed: Observed, since: datetime) -> Iterator[Snapshot]:
    """Yield the copies in the same mailbox that were made at the time, or came back in another one's place."""
    tagged = observed.tagged if isinstance(observed.tagged, Sequence) else ()
    for one in tagged:
        is_new = one.created_at is not None and one.created_at >= since
        if (is_new or one.uid in recorded.former) and one.uid not in recorded.own_rooms:
            yield from _of_the_same_kind(recorded, one)
    for one in observed.stripped:
        stripped_at = recorded.stripped_at.get(one.uid)
        came_at = stripped_at if one.uid in recorded.former else one.created_at or stripped_at
        if stripped_at and came_at and came_at >= since and one.tag is None:
            yield from _of_the_same_kind(recorded, one)


def _of_the_same_kind(recorded: Recorded, one: Snapshot) -> Iterator[Snapshot]:
    is_series = recorded.series is not None
    if one.ref.mailbox == recorded.mailbox and _may_hold(one) and (one.series is not None) == is_series:
        yield one


def _missed(recorded: Recorded, observed: Observed, grace: timedelta) -> list[Intent]:
    if not _surely_missing(observed):
        return []
    if recorded.call_may_run or (recorded.gone_since or observed.at) >= recorded.start:
        # Who tidies her calendar during a visit, or after it, does not call it off.
        return [Trust()] if recorded.gone_since else []
    if recorded.gone_since is None:
        return [Suspect()]
    return [Cancel()] if observed.at - recorded.gone_since >= grace else []


def _surely_missing(observed: Observed) -> bool:
    """Whether both questions were asked and answered: not under its id, and nowhere else with its tag and UID."""
    by_id = isinstance(observed.item, Gone | Found)
    return by_id and isinstance(observed.tagged, Sequence)


def _uid_of_item(recorded: Recorded, observed: Observed, own: Snapshot | None) -> str | None:
    """Return the UID of the item whose copies are looked for: empty where it is gone, None where none is known."""
    if own:
        return own.uid
    if recorded.binding:
        # While the item is looked for where its mailbox went, what bears its tag may be it, under a UID of its own.
        return None if _is_awaited(recorded, observed) else recorded.binding.uid
    if booked_in := _booked_in(observed):
        return booked_in.uid
    return "" if isinstance(observed.item, Gone) else None


def _copies(uid: str | None, recorded: Recorded, tagged: Sequence[Snapshot]) -> list[Intent]:
    if uid is None:
        return []
    # In a colleague's calendar a copied meeting counts as received ([MS-OXOCAL] 3.1.4.3), so that who organises it says
    # nothing: an attendee's own item has the original's UID.
    found = [
        one
        for one in tagged
        if one.uid != uid and _is_whole_and_living(one) and one.uid not in recorded.known_copies
    ]
    return [HandleCopy(one) for one in sorted(found, key=lambda one: one.uid)]
