"""Tells a meeting's own people by mail that the calendar changed something which others must hear of, or a question.

A mail holds no content of the item: when, what kind of change, who must hear, and a link. What it says is looked up
when it is sent, so that a meeting that was dragged back is no news; after a mail that has gone out it is, and one more
calls that off. What the last one has said, and nobody has told yet, is not said again. That a mail asks people to tell
others is noted before it is handed over, since the answer may be lost. When a process ends between the sending and the
note of it the mail is sent twice, with the same Message-ID.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from addin.meetings.deadline import Deadline
from addin.meetings.errors import LeaseLost, LedgerError, MailError, MailOutcomeUnknown, MailRefused
from addin.meetings.ledger_port import Ledger
from addin.meetings.model import CalendarNote, Meeting
from addin.meetings.notices import (
    Notice,
    NoticeClaim,
    NoticeKind,
    as_things_are,
    must_be_called_off,
    said_of,
    says_again,
    who_must_hear,
)
from addin.meetings.ports import Clock, Mail, Mailer
from addin.meetings.reminders import reminder_at
from addin.meetings.texts import MeetingTexts

log = logging.getLogger(__name__)

LEASE_SECONDS: Final = 60.0
SEND_SECONDS: Final = 40.0
MAILS_A_CLAIM: Final = 4
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(minutes=15)

_OPEN_WHILE: Final = {
    NoticeKind.SERIES_ASKED: CalendarNote.SERIES_ASKED,
    NoticeKind.COPY_ASKED: CalendarNote.COPY_ASKED,
    NoticeKind.COPY_UNWRITABLE: CalendarNote.COPY_UNWRITABLE,
    NoticeKind.TIME_UNUSABLE: CalendarNote.TIME_UNUSABLE,
    NoticeKind.ITEM_TAKEN: CalendarNote.ITEM_TAKEN,
    NoticeKind.ITEM_AWAITED: CalendarNote.ITEM_AWAITED,
}
# The names of all texts that a mail may have (`_text_of`).
NOTICE_TEXTS: Final = (
    *(kind.value for kind in NoticeKind),
    "cancelled_again",
    "reminder",
    "reminder_cancelled",
)
# A copy stands there with the link when the meeting has ended, too.
_OUTLIVE_THE_MEETING: Final = (NoticeKind.COPY_ASKED, NoticeKind.COPY_UNWRITABLE)
# These matter only while somebody may still come.
_END_WITH_ITS_TIME: Final = (NoticeKind.ITEM_TAKEN, NoticeKind.ITEM_AWAITED)
# Nothing that happens by itself makes a second mail of these say more than the first.
_SAID_ONCE: Final = (NoticeKind.HOLDS_AGAIN, NoticeKind.ITEM_AWAITED)


def is_news(notice: Notice, meeting: Meeting, now: datetime) -> bool:
    """Whether somebody still has to do something about it, or to leave something undone, at `now` (UTC)."""
    kind = notice.kind
    if kind in _OPEN_WHILE:
        is_moot = meeting.is_cancelled and kind not in _OUTLIVE_THE_MEETING
        is_past = kind in _END_WITH_ITS_TIME and latest_end(meeting) <= now
        return _OPEN_WHILE[kind] in meeting.calendar_notes and not is_moot and not is_past
    counts = bool(who_must_hear(meeting)) if kind.asks_to_tell else must_be_called_off(notice, meeting)
    return counts and latest_end(meeting) > now


def first_start(meeting: Meeting) -> datetime:
    """Return when somebody would come first (UTC): the meeting's own time, or one that they still believe in."""
    believed = [meeting.told[audience] for audience in who_must_hear(meeting)]
    own = [] if meeting.is_cancelled else [meeting.window.start]
    starts = own + [told.start for told in believed if not told.cancelled]
    return min(starts, default=meeting.window.start)


def latest_end(meeting: Meeting) -> datetime:
    """Return when the last time is over that anybody believes in (UTC)."""
    return max([meeting.window.end, *(meeting.told[audience].end for audience in who_must_hear(meeting))])


@dataclass(frozen=True, slots=True)
class SendNotices:
    """Sends the mails that are due. `mail_domains` (lower case) are the organisation's; nothing goes elsewhere."""

    ledger: Ledger
    mailer: Mailer
    texts: MeetingTexts
    clock: Clock
    mail_domains: frozenset[str]
    reminder_hours: float

    def __call__(self) -> bool:
        """Send some that are due; False when none was. Raises LedgerUnavailable."""
        claims = self.ledger.write(lambda writing: writing.claim_notices(LEASE_SECONDS, MAILS_A_CLAIM))
        for claim in claims:
            self._settle_guarded(claim)
        return bool(claims)

    def _settle_guarded(self, claim: NoticeClaim) -> None:
        try:
            self._settle(claim)
        except LeaseLost:
            # Something newer happened meanwhile, and is due by itself.
            log.info("notice_overtaken", extra={"meeting": claim.meeting.id})
        except LedgerError:
            raise
        except Exception:
            # One mail that cannot be written must not stop the others that were claimed with it.
            log.exception("notice_failed", extra={"meeting": claim.meeting.id})
            with suppress(LeaseLost):
                self._put_off(claim)

    def _settle(self, claim: NoticeClaim) -> None:
        """Send what is still news, and note what is to come: another try, the reminder, or nothing."""
        meeting = claim.meeting
        notice = as_things_are(claim.notice, meeting)
        mail = self._mail(notice, meeting) if is_news(notice, meeting, self.clock.now()) else None
        if mail is None:
            self._save(claim, notice, None)
        elif says_again(notice, meeting):
            # She dragged it away and back while nobody had been told yet.
            self._done(claim, notice)
        else:
            self._send(claim, notice, mail)

    def _send(self, claim: NoticeClaim, notice: Notice, mail: Mail) -> None:
        """Hand one mail over, and note what came of it. Raises LeaseLost."""
        meeting, asks = claim.meeting, notice.kind.asks_to_tell
        before = (notice.asked_revision, notice.said)
        # Before, since the answer may be lost: what nobody knows to have gone out must be called off, too, and what
        # nobody knows to be the last word must be said again.
        self._note_asked(claim, meeting.revision if asks else notice.asked_revision, None)
        try:
            self.mailer.send(mail, claim.until.earliest(Deadline.after(SEND_SECONDS)))
        except MailRefused as refusal:
            log.warning("notice_refused", extra={"meeting": meeting.id, "reason": str(refusal)})
            self._note_asked(claim, *before)
            self._done(claim, notice)
        except MailError as failure:
            reason = f"{type(failure).__name__} {failure}"
            log.warning("notice_not_sent", extra={"meeting": meeting.id, "reason": reason})
            if not isinstance(failure, MailOutcomeUnknown):
                self._note_asked(claim, *before)
            self._put_off(claim)
        else:
            self._note_asked(claim, *((meeting.revision, said_of(meeting)) if asks else (None, None)))
            self._done(claim, notice)

    def _note_asked(self, claim: NoticeClaim, revision: int | None, said: str | None) -> None:
        self.ledger.write(lambda writing: writing.note_asked(claim, revision, said))

    def _put_off(self, claim: NoticeClaim) -> None:
        notice = claim.notice
        pause = min(FIRST_PAUSE * 2 ** min(notice.attempts, 10), LONGEST_PAUSE)
        self._save(claim, replace(notice, attempts=notice.attempts + 1), pause)

    def _done(self, claim: NoticeClaim, notice: Notice) -> None:
        if notice.sent_at is not None:
            self._save(claim, replace(notice, reminded=True), None)
            return
        now = self.clock.now()
        again = (
            None
            if notice.kind in _SAID_ONCE
            else reminder_at(now, first_start(claim.meeting), self.reminder_hours)
        )
        self._save(claim, replace(notice, sent_at=now, attempts=0), again - now if again else None)

    def _mail(self, notice: Notice, meeting: Meeting) -> Mail | None:
        """Return what is to be sent; None (and a line in the log) where there is nobody to send it to."""
        to = self._recipients(meeting)
        is_reminder = notice.sent_at is not None
        name = _text_of(notice, meeting)
        text = self.texts.notice(meeting, name, who_must_hear(meeting))
        if not to or text is None:
            log.warning("notice_without_way", extra={"meeting": meeting.id, "type": name})
            return None
        key = f"{meeting.id}.{notice.mail_id}.{notice.kind.replace('_', '-')}{'.2' if is_reminder else ''}"
        return Mail(key, to, text.title, text.plain, text.html)

    def _recipients(self, meeting: Meeting) -> tuple[str, ...]:
        """Return actor and owner, once each; an address outside the organisation gets nothing."""
        people = dict.fromkeys(address for address in (meeting.actor_mailbox, meeting.mailbox) if address)
        return tuple(address for address in people if address.rpartition("@")[2] in self.mail_domains)

    def _save(self, claim: NoticeClaim, notice: Notice, due_in: timedelta | None) -> None:
        seconds = None if due_in is None else due_in.total_seconds()
        self.ledger.write(lambda writing: writing.save_notice(claim, notice, seconds))


def _text_of(notice: Notice, meeting: Meeting) -> str:
    """Return the name of the text for a mail about this."""
    if notice.kind is NoticeKind.HOLDS_AGAIN:
        return "cancelled_again" if meeting.is_cancelled else "holds_again"
    if notice.kind in _OPEN_WHILE:
        return notice.kind.value
    # Whatever it was that happened first: nobody may be told a time at which the meeting is not.
    if notice.sent_at is not None:
        return "reminder_cancelled" if meeting.is_cancelled else "reminder"
    return NoticeKind.CANCELLED.value if meeting.is_cancelled else notice.kind.value
