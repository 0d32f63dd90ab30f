"""What following would do about one meeting, and why, without doing it: for an operator who wonders.

Holds no subject, link, code or address but that of the mailbox in which the item is to be: that is staff's, stands in
the operator's own directory, and without it nobody could look for the item.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from addin.meetings.bindings import Copy, ItemBinding
from addin.meetings.copies import series_answer
from addin.meetings.errors import MeetingNotFound
from addin.meetings.ledger_port import Ledger, Reading
from addin.meetings.links import MeetingLink, followed_series
from addin.meetings.look import ItemLooks, Seen, may_be_called_off
from addin.meetings.meeting_types import MeetingTypes
from addin.meetings.model import Meeting
from addin.meetings.occurrences import is_without_its_time, may_live_again, unusable_time
from addin.meetings.watches import MailboxWatch
from calendar_sync.decide import (
    Bind,
    Cancel,
    FollowSeries,
    Freeze,
    HandleCopy,
    Intent,
    KeepTime,
    Rebind,
    Reschedule,
    Returned,
    Revive,
    Suspect,
    Taken,
    Thaw,
    Trust,
)
from calendar_sync.items import Found, Gone, Lookup, Snapshot, Unread, Unreadable

_WHY: Final[dict[type[Intent], str]] = {
    Bind: "an item with the meeting's tag, or with its UID, holds the meeting from now on",
    Rebind: "the item is gone, and one copy of it was made at the time: it was cut and pasted, and the copy is it now",
    Reschedule: "the item has another time than the meeting",
    KeepTime: "the item has a time that no meeting can have, so the meeting keeps its own",
    FollowSeries: "the item is another series than was recorded, or none any more",
    Suspect: "the item was not found by its id, its tag or its UID; it is looked for again after the grace period",
    Cancel: "the item was not found twice, the grace period apart, in a mailbox that can be read",
    Trust: "the item was missed and is there after all",
    Revive: "the item of a meeting that had ended with it is there again",
    Taken: "another meeting was booked in the item later, and its mark and link stand there now; this one goes on"
    " following the item, its room stays, and its people are told by mail",
    Returned: "the item holds no other meeting any more, so this one's mark and link are written back into it",
    HandleCopy: "another item bears the meeting's tag under a UID of its own: it is a copy",
    Freeze: "the item cannot be read, so nothing is concluded, and the meeting stays as it is"
    " (docs/operations.md, When a calendar cannot be read)",
    Thaw: "the calendar can be read again",
}


_UNREAD: Final[dict[Unread, str]] = {
    Unread.DENIED: "the calendar does not let the service into the mailbox, or does not accept its account",
    Unread.THROTTLED: "the calendar asks for a pause, which is kept",
    Unread.UNREACHABLE: "the calendar does not answer, or has trouble of its own",
    Unread.NOT_UNDERSTOOD: "what was answered is no answer of the calendar's",
    Unread.MAILBOX_MISSING: "no calendar has a mailbox with that address: its owner left, or it has another one now",
    Unread.MAILBOX_ELSEWHERE: "the mailbox is in another calendar than the one that was asked",
}
_NOBODY_FOLLOWS: Final = (
    "nobody follows this meeting: calendars.access is none, or it had ended before calendars were followed"
)
_TAKEN: Final = (
    "item and meeting agree, but another meeting was booked in the item later, and its mark and link stand there; the"
    " people of this one have been told, and it goes on following the item"
)
_BEGUN: Final = "the item is not found, but the meeting has begun: who tidies a calendar calls nothing off"
_NOTED_AFTERWARDS: Final = (
    "the meeting has begun, and the item has a time that is over: who notes when a visit was moves nothing"
)
_NOT_ARRIVED: Final = (
    "the mailbox has gone to another calendar, in which the item is not found by its tag or UID: until it is, nothing"
    " is concluded, and the meeting stays as it is; its people are mailed once when that lasts"
)
_AWAITED_NO_MORE: Final = (
    "the mailbox has gone to another calendar, in which the item is not found by its tag or UID, and the meeting has"
    " ended: nobody waits for the item, and it is looked for no more"
)
_TIME_TAKEN_OUT: Final = "the one time that the meeting is was taken out of the series, or none is left in it"
_TIME_OF_OTHERS: Final = (
    "the item is there again, but another meeting was booked in it meanwhile, or its series begins at a time of which"
    " nobody can tell whether it is this meeting's"
)


@dataclass(frozen=True, slots=True)
class _Rows:
    meeting: Meeting
    binding: ItemBinding | None
    copies: Sequence[Copy]
    watch: MailboxWatch | None
    link: MeetingLink | None


@dataclass(frozen=True, slots=True)
class ExplainFollowing:
    """The use case behind `vardmote follow --explain`; reads the ledger and the calendar, and writes nothing."""

    ledger: Ledger
    looks: ItemLooks
    types: MeetingTypes

    def __call__(self, meeting_id: str) -> dict[str, Any]:
        """Return plain values; `why` says what is waited for. Raises MeetingNotFound, LedgerUnavailable."""
        rows = self.ledger.read(lambda reading: _rows(reading, meeting_id))
        told: dict[str, Any] = {"meeting": _meeting(rows.meeting), "recorded": _binding(rows.binding)}
        if rows.link:
            told["coming_link"] = _link(rows.link)
        if rows.watch:
            told["mailbox"] = _watch(rows.watch)
        if rows.binding is None:
            return {**told, "would_do": [], "why": _NOBODY_FOLLOWS}
        if rows.binding.backend is None:
            return {**told, "would_do": [], "why": "no calendar serves the mailbox yet"}
        if not self.looks.reaches(rows.binding.backend):
            return {**told, "would_do": [], "why": _not_in_settings(rows.binding.backend)}
        items = self.looks.read_all(rows.binding.backend, [rows.binding])
        seen = self.looks.see(rows.meeting, rows.binding, rows.copies, items)
        return {**told, "observed": _observed(seen), **self._would_do(rows.meeting, rows.binding, seen)}

    def _would_do(self, meeting: Meeting, binding: ItemBinding, seen: Seen) -> dict[str, Any]:
        if self._is_without_its_time(meeting, binding, seen):
            if meeting.is_cancelled:
                return {"would_do": [], "why": f"{_TIME_TAKEN_OUT}; so {_ended(binding)}"}
            return self._misses_its_time(binding, seen)
        if _has_not_arrived(binding, seen):
            # That its mailbox can be read is no news: what the look goes on to note is that the item is not there.
            others = [one for one in seen.intents if not isinstance(one, Thaw)]
            why = _awaited_no_more(binding) if meeting.is_cancelled else _NOT_ARRIVED
            return {"would_do": [_intent(one, _why(one, seen)) for one in others], "why": why}
        if not seen.intents:
            return {"would_do": [], "why": self._why_nothing(meeting, binding, seen)}
        if self._is_left_ended(meeting, binding, seen):
            return {"would_do": [], "why": f"{_TIME_OF_OTHERS}; so {_ended(binding)}"}
        done = [self._as_done(meeting, binding, one, seen.at) for one in seen.intents]
        return {"would_do": [_intent(one, _why(one, seen)) for one in done]}

    def _as_done(self, meeting: Meeting, binding: ItemBinding, intent: Intent, at: datetime) -> Intent:
        """Return what is done for an intent: a series is not followed into a time that the meeting cannot have."""
        if meeting.is_cancelled or not isinstance(intent, FollowSeries) or intent.series is None:
            return intent
        answer = series_answer(self.types.of(meeting.type)) if intent.became_one else binding.series_answer
        unusable = unusable_time(intent.series, followed_series(binding), answer, meeting.window, at)
        return KeepTime(unusable) if unusable else intent

    def _is_left_ended(self, meeting: Meeting, binding: ItemBinding, seen: Seen) -> bool:
        """Whether the item is there again, and the meeting does not live again with it."""
        is_there = any(isinstance(one, Revive) for one in seen.intents)
        if not is_there or seen.own is None:
            return False
        answer = binding.series_answer if binding.series else series_answer(self.types.of(meeting.type))
        return not may_live_again(
            seen.own, binding, answer, meeting.window, is_taken_since=seen.is_taken_since
        )

    def _is_without_its_time(self, meeting: Meeting, binding: ItemBinding, seen: Seen) -> bool:
        missed_since = binding.gone_since or seen.at
        if not meeting.is_cancelled and not may_be_called_off(meeting, missed_since, seen.at):
            return False
        kind = self.types.of(meeting.type)
        return any(
            isinstance(one, FollowSeries)
            and one.series is not None
            and is_without_its_time(
                one.series,
                series_answer(kind) if one.became_one else binding.series_answer,
                seen.at,
                kind.open_after,
            )
            for one in seen.intents
        )

    def _misses_its_time(self, binding: ItemBinding, seen: Seen) -> dict[str, Any]:
        """The series is there, and is neither trusted nor noted for that; whatever else is to be done is done."""
        others = [one for one in seen.intents if not isinstance(one, FollowSeries | Trust)]
        would_do = [_intent(one, _why(one, seen)) for one in others]
        if binding.gone_since is None:
            why = f"{_TIME_TAKEN_OUT}; it is looked for again after the grace period"
            return {"would_do": [*would_do, _intent(Suspect(), why)]}
        if seen.at - binding.gone_since >= self.looks.grace:
            why = f"{_TIME_TAKEN_OUT}, which was seen twice, the grace period apart"
            return {"would_do": [*would_do, _intent(Cancel(), why)]}
        return {"would_do": would_do, "why": f"{_TIME_TAKEN_OUT}; {self._until_when(binding.gone_since)}"}

    def _why_nothing(self, meeting: Meeting, binding: ItemBinding, seen: Seen) -> str:
        if meeting.is_cancelled:
            return _ended(binding)
        if binding.uid is None:
            return "no item with the meeting's tag has been seen; so the meeting ends after a day or at its start"
        if seen.is_taken:
            return _TAKEN
        if seen.own:
            return "item and meeting agree" if _agrees(meeting, seen.own) else _NOTED_AFTERWARDS
        if binding.gone_since:
            return f"the item was not found; {self._until_when(binding.gone_since)}"
        return _BEGUN

    def _until_when(self, gone_since: datetime) -> str:
        grace_ends = gone_since + self.looks.grace
        return f"missed since {_time(gone_since)}; if that is so after {_time(grace_ends)}, the meeting ends"


def _agrees(meeting: Meeting, own: Snapshot) -> bool:
    """Whether the item has the meeting's time; a series has been compared already."""
    return own.series is not None or (own.start, own.end) == (meeting.window.start, meeting.window.end)


def _ended(binding: ItemBinding) -> str:
    if not binding.ended_by_calendar:
        return "the meeting has ended"
    if binding.uid is None:
        return (
            "no item with the meeting's tag was seen within a day or until the start, so the meeting has ended; it"
            " lives again if one comes while it is kept"
        )
    return "the meeting has ended with its item, and lives again if that comes back while it is kept"


def _awaited_no_more(binding: ItemBinding) -> str:
    return _ended(binding) if binding.ended_by_calendar else _AWAITED_NO_MORE


def _has_not_arrived(binding: ItemBinding, seen: Seen) -> bool:
    """Whether the item is not found in the calendar to which its mailbox went; only its UID came along."""
    is_unknown_there = binding.uid is not None and binding.item_id is None
    return is_unknown_there and seen.own is None and seen.searched is not None


def _not_in_settings(backend: str) -> str:
    where = f"[calendars.{backend}], in which its item was seen, is not in the settings"
    return f"nobody follows this meeting any more: calendars.access is none, or {where}"


def _rows(reading: Reading, meeting_id: str) -> _Rows:
    meeting = reading.meeting(meeting_id)
    if meeting is None:
        raise MeetingNotFound
    binding = reading.binding(meeting_id)
    watch = reading.watch_by_mailbox(binding.mailbox) if binding else None
    return _Rows(meeting, binding, reading.copies(meeting_id), watch, reading.coming_link(meeting_id))


def _meeting(meeting: Meeting) -> dict[str, Any]:
    return {
        "id": meeting.id,
        "type": meeting.type,
        "state": meeting.state.value,
        "revision": meeting.revision,
        "start": meeting.window.start.isoformat(),
        "end": meeting.window.end.isoformat(),
        "unbound": meeting.unbound,
        "notes": sorted(note.value for note in meeting.calendar_notes),
    }


def _binding(binding: ItemBinding | None) -> dict[str, Any] | None:
    if binding is None:
        return None
    return {
        "mailbox": binding.mailbox,
        "calendar": binding.backend,
        "item_seen": binding.uid is not None,
        "id_known": binding.item_id is not None,
        "series": binding.series.rule if binding.series else None,
        "series_answer": binding.series_answer,
        "occurrence": binding.occurrence.isoformat() if binding.occurrence else None,
        "ended_by_calendar": binding.ended_by_calendar,
        "gone_since": _time(binding.gone_since),
        "frozen": binding.unread,
        "frozen_since": _time(binding.frozen.since if binding.frozen else None),
        "looked_at": _time(binding.looked_at),
        "tag_written": binding.tag_written,
        "block_due": binding.block_due,
        "block_tells_time": binding.block_tells_time,
        "block_old_from": _time(binding.block_old_from),
    }


def _link(link: MeetingLink) -> dict[str, Any]:
    """Return when the meeting gets another link; the link itself is nobody's here."""
    return {"asked_at": _time(link.asked_at), "waits_for_occurrence": _time(link.keeps)}


def _watch(watch: MailboxWatch) -> dict[str, Any]:
    return {
        "calendar": watch.backend,
        "pushes": watch.pushes,
        "pulls": watch.pulls,
        # What is left of the calendar that served the mailbox before tells nothing any more.
        "subscribed": watch.backend is not None and watch.subscription is not None,
        "expires_at": _time(watch.expires_at),
        "searched_next": _time(watch.scan_due_at),
        "frozen": watch.unread,
    }


def _observed(seen: Seen) -> dict[str, Any]:
    return {
        "at": seen.at.isoformat(),
        "item": _lookup(seen.observed.item),
        "search": _search(seen),
    }


def _search(seen: Seen) -> list[dict[str, Any]] | dict[str, Any] | None:
    """Return what a search for the meeting's tag found, why it could not be made, or None where none was needed."""
    searched = seen.observed.tagged
    if searched is None or isinstance(searched, Unreadable):
        return _lookup(searched)
    return [_snapshot(one, seen) for one in searched]


def _lookup(lookup: Lookup | None) -> dict[str, Any] | None:
    match lookup:
        case Found():
            return {"found": True, **_times(lookup.snapshot)}
        case Gone():
            return {"found": False}
        case Unreadable():
            return {"unreadable": lookup.reason.value, "retry_after": lookup.retry_after}
        case _:
            return None


def _snapshot(one: Snapshot, seen: Seen) -> dict[str, Any]:
    bound = seen.recorded.binding
    own = bound is not None and bound.uid == one.uid
    return {"same_uid": own, "same_mailbox": one.ref.mailbox == seen.recorded.mailbox, **_times(one)}


def _times(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "start": snapshot.start.isoformat(),
        "end": snapshot.end.isoformat(),
        "kind": snapshot.kind.value,
        "has_attendees": snapshot.is_meeting,
        "tagged": snapshot.tag is not None,
        "holds_meeting": snapshot.tag.meeting if snapshot.tag else None,
    }


def _why(intent: Intent, seen: Seen) -> str:
    if isinstance(intent, Freeze):
        return f"{_UNREAD[intent.reason]}; {_WHY[Freeze]}"
    return _BEGUN if isinstance(intent, Trust) and seen.own is None else _WHY[type(intent)]


def _intent(intent: Intent, why: str) -> dict[str, str]:
    return {"what": type(intent).__name__, "why": why}


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
