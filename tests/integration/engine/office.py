"""A clinician whose calendar is a real one: the ledger, what follows and what reconciles are the service's own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from addin.meetings.codes import grouped
from addin.meetings.follow import FollowItems
from addin.meetings.model import Meeting
from calendar_sync.calendar import Calendar
from calendar_sync.items import Block
from tests.contract.calendars.stands import INSTANCE, STOCKHOLM, Stand, Wish
from tests.unit.meetings.calendar_desk import RULES, CalendarDesk
from tests.unit.meetings.desk import Desk
from tests.unit.meetings.office_calendar import OfficeCalendar


@dataclass
class RealOffice(CalendarDesk):
    """A desk in front of one of the stands; the calendars in memory that other tests use stay empty."""

    _stand: Stand | None = field(default=None)

    @property
    def stand(self) -> Stand:
        """The kind of calendar at test, and the person's own program before it."""
        assert self._stand
        return self._stand

    @property
    def calendars(self) -> dict[str, Calendar]:
        return {self.stand.calendar.name: self.stand.calendar}

    @property
    def items(self) -> FollowItems:
        return FollowItems(
            self.desk.ledger,
            self.calendars,
            self.looks,
            self.desk.plans,
            self.desk.providers,
            block_of,
            self.rules,
            self.desk.clock,
        )

    def sits_down_at(self, stand: Stand) -> None:
        """Begin a story with an empty ledger at that calendar."""
        self._stand = stand
        self.begins_anew()

    def books_and_has_saved(self, **more: Any) -> tuple[Meeting, str]:
        """Press *Skapa möte* in a new item, save it, and let the service see it; returns the item's id, too."""
        meeting = self.books(mailbox=self.stand.mailbox, **more)
        item = self.saves_in_her_program(meeting)
        self.comes_round()
        return self.reads(meeting), item

    def saves_in_her_program(self, meeting: Meeting, *, has_attendees: bool = False) -> str:
        """Save the item with what the pane has written into it."""
        window = meeting.window
        wish = Wish(
            wall(window.start),
            window.end - window.start,
            body=f"<p>Ta med remissen</p>{block_of(meeting).html}",
            tag=self.looks.tag_of(meeting.id),
            has_attendees=has_attendees,
        )
        return self.stand.books(wish)

    def comes_round(self) -> None:
        """Let an hour pass in which nobody does anything: whoever is told of nothing has looked by then."""
        self.comes_to(self.desk.clock.time + timedelta(hours=1), step=timedelta(hours=1))


def wall(moment: datetime) -> datetime:
    """Return what a clock in Stockholm shows."""
    return moment.astimezone(STOCKHOLM).replace(tzinfo=None)


def block_of(meeting: Meeting) -> Block:
    """Return what stands of ours in the item of a meeting."""
    join, start = links_of(meeting)
    return Block(
        html=f'<p>Anslut till mötet: <a href="{join}">{join}</a></p><p><a href="{start}">Starta möte</a></p>',
        text=f"Anslut till mötet: {join}\nStarta möte: {start}",
    )


def links_of(meeting: Meeting) -> tuple[str, str]:
    """Return join link and start link."""
    service = RULES.service_url
    return f"{service}/m/{grouped(meeting.join_code)}", f"{service}/start/{grouped(meeting.start_code)}"


def real_office(desk: Desk) -> RealOffice:
    """Return an office at that desk."""
    desk.plans = replace(desk.plans, instance=INSTANCE)
    return RealOffice(desk, OfficeCalendar("graph", desk.clock), OfficeCalendar("ews", desk.clock))
