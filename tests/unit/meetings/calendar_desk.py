"""A clinician's desk with her calendar on it: she books and uses Outlook, and the worker follows her items."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from addin.meetings.bindings import Copy, ItemBinding
from addin.meetings.book import BookMeeting
from addin.meetings.click import BindItem, Clicked
from addin.meetings.due import Queue, Work
from addin.meetings.follow import FollowItems
from addin.meetings.hints import HintInbox
from addin.meetings.item_answers import ItemAnswers
from addin.meetings.look import ItemLooks
from addin.meetings.mailbox_record import RoundRecord
from addin.meetings.mailbox_round import MailboxRounds
from addin.meetings.mailboxes import FollowMailboxes
from addin.meetings.model import Meeting, Principal
from addin.meetings.notices import NoticeKind
from addin.meetings.ports import ReceivedHint
from addin.meetings.pull_pace import PULL_PERIOD, PullPace
from addin.meetings.record_draft import FollowRules
from addin.meetings.take_hints import TakeHints
from addin.meetings.take_in import TakeInMailboxes
from addin.store import tables
from calendar_sync.calendar import Calendar, CalendarUnreadable
from calendar_sync.items import Block, Tag
from tests.unit.meetings.desk import REQUEST, UNITS, WHO, Desk, opened_desk
from tests.unit.meetings.office_calendar import Item, OfficeCalendar

GRACE: Final = timedelta(minutes=10)
MAILBOX: Final = REQUEST.mailbox
MAIL_DOMAINS: Final = frozenset({"region.example"})
OTHER_MAILBOX: Final = "bo.sandstrom@region.example"
RULES: Final = FollowRules(may_write=True, service_url="https://vardmote.region.example")


def in_no_time(_seconds: float) -> None:
    """Let no time pass."""


@dataclass
class HerRights:
    """What she may see of the calendar online; `failure` is why she may not lend it to anybody now."""

    calendar: OfficeCalendar | None = None
    failure: CalendarUnreadable | None = None

    def on_behalf_of(self, assertion: str, until: float) -> Calendar:
        assert assertion == "token-of-the-click"
        assert until > time.monotonic()
        if self.failure:
            raise self.failure
        assert self.calendar
        return self.calendar


@dataclass
class CalendarDesk:
    """`online` pushes and keeps ids; `on_premises` is pulled and gives a moved item a new id."""

    desk: Desk
    online: OfficeCalendar
    on_premises: OfficeCalendar
    rules: FollowRules = RULES
    standing: tuple[str, ...] = ()
    also_searched: tuple[str, ...] = ()
    pull_period: timedelta = PULL_PERIOD
    # Calendars that have been taken out of the settings.
    left_out: frozenset[str] = frozenset()
    her: HerRights = field(default_factory=lambda: HerRights())
    # What becomes of the seconds that a click waits for the worker.
    waited: Callable[[float], None] = in_no_time

    # --- parts ----------------------------------------------------------------------------------------------

    @property
    def calendars(self) -> dict[str, Calendar]:
        known: dict[str, Calendar] = {"graph": self.online, "ews": self.on_premises}
        return {name: calendar for name, calendar in known.items() if name not in self.left_out}

    @property
    def looks(self) -> ItemLooks:
        return self._looking(self.calendars)

    def _looking(self, calendars: Mapping[str, Calendar]) -> ItemLooks:
        plans = self.desk.plans
        return ItemLooks(self.desk.ledger, calendars, plans.keyring, plans.instance, self.desk.clock, GRACE)

    @property
    def items(self) -> FollowItems:
        return self._following(self.calendars)

    def _following(self, calendars: Mapping[str, Calendar]) -> FollowItems:
        return FollowItems(
            self.desk.ledger,
            calendars,
            self._looking(calendars),
            self.desk.plans,
            self.desk.providers,
            lambda meeting: Block(meeting.id, meeting.join_code),
            self.rules,
            self.desk.clock,
        )

    @property
    def mailboxes(self) -> FollowMailboxes:
        plans = self.desk.plans
        hooks = {"graph": ("https://hooks.region.example/1", "https://hooks.region.example/2")}
        return FollowMailboxes(
            self.desk.ledger,
            self.calendars,
            MailboxRounds(hooks),
            RoundRecord(plans.keyring, plans.instance, PullPace(self.pull_period), MAIL_DOMAINS),
            self.desk.clock,
            self.standing,
            self.also_searched,
        )

    @property
    def taking_in(self) -> TakeInMailboxes:
        return TakeInMailboxes(self.desk.ledger, self.calendars, self.standing, self.also_searched)

    @property
    def answers(self) -> ItemAnswers:
        return ItemAnswers(self.desk.ledger, self.desk.clock, self.rules.may_write)

    @property
    def bind_item(self) -> BindItem:
        persons = {"graph": self.her} if self.her.calendar else {}
        return BindItem(self.desk.ledger, persons, self._following, wait=self.waited)

    # --- what people do -------------------------------------------------------------------------------------

    def books(self, key: str = "key", who: Principal = WHO, **more: Any) -> Meeting:
        """Press *Skapa möte* in an item that is not saved yet."""
        desk, domains = self.desk, MAIL_DOMAINS
        book = BookMeeting(
            desk.ledger,
            desk.reconciler,
            desk.plans,
            UNITS,
            desk.clock,
            domains,
            desk.providers,
            follows=True,
        )
        return book(replace(REQUEST, **more), who, key).meeting

    def saves(self, meeting: Meeting, calendar: OfficeCalendar | None = None) -> Item:
        """Save the item that the meeting was booked in."""
        window = meeting.window
        tag = Tag(self.desk.plans.instance, meeting.id)
        return (calendar or self.online).creates(meeting.mailbox, window.start, window.end, tag)

    def books_and_saves(self, key: str = "key", **more: Any) -> tuple[Meeting, Item]:
        """Book, save, and let the service see it."""
        meeting = self.books(key, **more)
        item = self.saves(meeting)
        self.settles()
        return self.reads(meeting), item

    def books_in(self, item: Item, key: str, who: Principal = WHO, **more: Any) -> Meeting:
        """Press *Skapa möte* in a saved item, whatever it holds: the pane writes its mark and block."""
        window = replace(REQUEST.window, start=item.start, end=item.end)
        booking = {"mailbox": item.mailbox, "item_id": item.id, "window": window, **more}
        meeting = self.books(key, who, **booking)
        self.online.is_written_by_the_pane(item, Tag(self.desk.plans.instance, meeting.id))
        return meeting

    def removes(self, meeting: Meeting, item: Item, who: Principal = WHO) -> Meeting:
        """Press *Ta bort möte* in the item: the pane takes out of it all that is ours."""
        removed = self.desk.cancel(meeting, who)
        self.online.is_written_by_the_pane(item, None)
        return removed

    def opens(self, meeting: Meeting, item: Item) -> Clicked:
        """Open the pane in the item."""
        return self.bind_item(meeting.id, item.id, WHO, "token-of-the-click")

    def lends_her_rights(self) -> HerRights:
        """Let the service ask the calendar online in her name, too, whatever its own rights are."""
        self.her = HerRights(replace(self.online, unreadable={}, asked=[]))
        return self.her

    def tells(self, meeting: Meeting, audience: str = "patient") -> Meeting:
        """Press *Kopiera* and tell the patient."""
        return self.desk.change_meeting.told(meeting.id, audience, WHO)

    # --- what goes on behind --------------------------------------------------------------------------------

    def delivers(self, hints: list[ReceivedHint] | None = None) -> None:
        """Let notifications arrive: these, or all that the calendars have sent."""
        inbox = HintInbox(self.desk.ledger, self.desk.plans.keyring, self.desk.clock)
        for calendar in (self.online, self.on_premises):
            if hints is None:
                inbox.receive(calendar.told)
                calendar.told.clear()
        if hints:
            inbox.receive(hints)

    def works(self) -> bool:
        """Let each thread of the worker that has something to do do one round; False when none had."""
        mailboxes, items = self.mailboxes, self.items
        rounds: dict[Queue, Callable[[], bool]] = {
            Queue(Work.ROUTES): self.taking_in.route_once,
            Queue(Work.HINTS): TakeHints(self.desk.ledger).work_once,
            **{
                Queue(Work.MAILBOXES, name): partial(mailboxes.work_once, name)
                for name in (None, *self.calendars)
            },
            **{Queue(Work.ITEMS, name): partial(items.work_once, name) for name in self.calendars},
            **{Queue(Work.ROOMS, name): self.desk.works for name in self.desk.providers},
        }
        due = self.desk.ledger.read(lambda reading: reading.due(tuple(rounds)))
        worked = [round_of() for queue, round_of in rounds.items() if queue in due]
        return any(worked)

    def rests(self, *, delivering: bool = True) -> None:
        """Let everything be done that is due at this moment."""
        if delivering:
            self.delivers()
        for _ in range(60):
            if not self.works():
                return
            if delivering:
                self.delivers()
        raise AssertionError("the worker does not come to rest")

    def settles(self, *, delivering: bool = True) -> None:
        """Let everything be done that is due, or becomes due within some seconds because of it."""
        self.rests(delivering=delivering)
        for _ in range(3):
            self.desk.clock.time += timedelta(seconds=2)
            self.rests(delivering=delivering)

    def after(self, wait: timedelta, *, delivering: bool = True) -> None:
        """Let time pass, then let everything be done."""
        self.desk.clock.time += wait
        self.settles(delivering=delivering)

    def comes_to(self, moment: datetime, *, step: timedelta = timedelta(minutes=15)) -> None:
        """Let time pass, with everything done on the way, and not a second longer."""
        while self.desk.clock.time < moment:
            self.desk.clock.time += min(step, moment - self.desk.clock.time)
            self.rests()

    # --- what is so -----------------------------------------------------------------------------------------

    def reads(self, meeting: Meeting) -> Meeting:
        return self.desk.reads(meeting.id)

    def binding(self, meeting: Meeting) -> ItemBinding:
        found = self.desk.ledger.read(lambda reading: reading.binding(meeting.id))
        assert found
        return found

    def copies_of(self, meeting: Meeting) -> list[Copy]:
        return list(self.desk.ledger.read(lambda reading: reading.copies(meeting.id)))

    def owed(self, meeting: Meeting) -> list[NoticeKind]:
        return [one.kind for one in self.desk.ledger.read(lambda reading: reading.notices(meeting.id))]

    def audited(self, meeting: Meeting) -> list[tuple[str, str | None]]:
        """Return what the service did by itself."""
        entries = self.desk.ledger.read(
            lambda reading: list(reading.audit_entries(meeting.id, None).values())
        )
        return [(entry.action, entry.reason) for entry in entries if entry.actor == "service"]

    def found_by(self) -> dict[str, int]:
        counts = self.desk.ledger.read(lambda reading: reading.calendar_counts())
        return {
            name.removeprefix("changes_found_by_"): number
            for name, number in counts.items()
            if name.startswith("changes_found_by_")
        }

    def meetings(self) -> list[Meeting]:
        """Return every meeting there is."""
        with self.desk.ledger.engine.connect() as connection:
            ids = list(connection.execute(select(tables.meetings.c.id)).scalars())
        return [self.desk.reads(one) for one in ids]

    def begins_anew(self) -> None:
        self.desk.begins_anew()
        clock = self.desk.clock
        self.online = OfficeCalendar("graph", clock)
        self.on_premises = OfficeCalendar("ews", clock, pushes=False, pulls=True, immutable_ids=False)
        self.online.mailboxes |= {MAILBOX, OTHER_MAILBOX}
        self.rules, self.standing, self.also_searched, self.left_out = RULES, (), (), frozenset()
        self.pull_period = PULL_PERIOD
        self.her, self.waited = HerRights(), in_no_time


@contextmanager
def opened_calendar_desk(folder: Path) -> Iterator[CalendarDesk]:
    """Yield a desk with calendars, whose ledger is a new SQLite file in `folder`."""
    with opened_desk(folder) as desk:
        yield calendar_desk(desk)


def calendar_desk(desk: Desk) -> CalendarDesk:
    """Return that desk with empty calendars on it."""
    opened = CalendarDesk(desk, OfficeCalendar("graph", desk.clock), OfficeCalendar("ews", desk.clock))
    opened.begins_anew()
    return opened
