"""A CalDAV server at test: the adapter, and a person at a program of her own that reads and writes with vobject."""

from __future__ import annotations

import copy
import secrets
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import vobject

from calendar_sync.caldav import CalDavCalendar, CalDavSettings
from tests.calendar_servers.hand import Entry, Hand, item_id, new_uid
from tests.calendar_servers.server import SERVICE, CalendarServer, ask
from tests.contract.calendars.stands import CANARIES, INSTANCE, Wish


class DavStand:
    """One person's mailbox on a real server. A deleted item comes back by her program's *undo*: it is written again."""

    has_bin = True

    def __init__(self, server: CalendarServer, attendee: str = CANARIES[1]) -> None:
        self.server = server
        self._attendee = attendee
        self.person = Hand(server.new_mailbox())
        self.mailbox = self.person.mailbox.address
        self._deleted: dict[str, str] = {}
        username, password = SERVICE
        self._calendar = CalDavCalendar(
            CalDavSettings(url=server.url, username=username, password=password, instance=INSTANCE)
        )

    @property
    def calendar(self) -> CalDavCalendar:
        """The adapter at test."""
        return self._calendar

    def books(self, wish: Wish) -> str:
        """Save a new entry."""
        plain = wish.body.replace("</p>", "\\n").replace("<p>", "") or CANARIES[3]
        more = [f"DESCRIPTION:{_without_tags(plain)}", f"X-ALT-DESC;FMTTYPE=text/html:{_escaped(wish.body)}"]
        entry = Entry(
            wish.start,
            wish.length,
            zone=wish.zone,
            tag=str(wish.tag) if wish.tag else None,
            rule=wish.rule,
            all_day=wish.all_day,
            summary=CANARIES[0],
            location=CANARIES[2],
            organiser=self.mailbox if wish.has_attendees else None,
            attendees=(self._attendee,) if wish.has_attendees else (),
            more=tuple(more if wish.body else more[:1]),
        )
        return item_id(self.person.writes(entry))

    def moves_to(self, item_id: str, start: datetime) -> None:
        """Drag: the program reads what is there, changes the time, and writes it back."""
        whole = self._read(item_id)
        _move(_main(whole), start)
        self._write(item_id, whole)

    def resizes_to(self, item_id: str, length: timedelta) -> None:
        """Pull the lower edge."""
        whole = self._read(item_id)
        event = _main(whole)
        event.dtend.value = event.dtstart.value + length
        self._write(item_id, whole)

    def deletes(self, item_id: str) -> None:
        self._deleted[item_id] = self.person.reads(self._url(item_id))
        self.person.deletes(self._url(item_id))

    def restores(self, item_id: str) -> str:
        self._put(self._url(item_id), self._deleted.pop(item_id))
        return item_id

    def copies(self, item_id: str, start: datetime) -> str:
        whole = self._read(item_id)
        uid, now = new_uid(), datetime.now(vobject.icalendar.utc).replace(microsecond=0)
        for event in whole.vevent_list:
            event.uid.value = uid
            event.created.value = now
        _move(_main(whole), start)
        return self._new(self.person.mailbox.calendar, whole)

    def files_elsewhere(self, item_id: str) -> str:
        text, there = self.person.reads(self._url(item_id)), self.person.makes_a_calendar()
        # Written there, then deleted here, or the other way round: SOGo wants a UID in one calendar at a time.
        self.person.deletes(self._url(item_id))
        url = f"{there}{secrets.token_hex(6)}.ics"
        self._put(url, text)
        return _path(url)

    def repeats(self, item_id: str, rule: str) -> None:
        """Give an item a rule by which it comes again."""
        whole = self._read(item_id)
        _main(whole).add("rrule").value = rule
        self._write(item_id, whole)

    def moves_occurrence(self, item_id: str, day: date, start: datetime) -> None:
        whole = self._read(item_id)
        main = _main(whole)
        original = _on(main, day)
        occurrence = copy.deepcopy(main)
        for name in ("rrule", "exdate"):
            occurrence.contents.pop(name, None)
        occurrence.add("recurrence-id").value = original
        _move(occurrence, start)
        whole.add(occurrence)
        self._write(item_id, whole)

    def deletes_occurrence(self, item_id: str, day: date) -> None:
        whole = self._read(item_id)
        main = _main(whole)
        main.add("exdate").value = [_on(main, day)]
        self._write(item_id, whole)

    def body(self, item_id: str) -> str:
        """Return both forms of the body, one after the other."""
        event = _main(self._read(item_id))
        forms = [*event.contents.get("description", ()), *event.contents.get("x-alt-desc", ())]
        return "\n".join(str(one.value).replace("\\n", "\n").replace("\\,", ",") for one in forms)

    def told_attendees(self) -> int:
        """None of these servers is given a mail server to send letters by."""
        return 0

    def takes_away_the_mailbox(self) -> None:
        self.server.removes(self.person.mailbox)

    # --- her program ----------------------------------------------------------------------------------------

    def _read(self, item_id: str) -> Any:
        return vobject.readOne(self.person.reads(self._url(item_id)))

    def _write(self, item_id: str, whole: Any) -> None:
        for event in whole.vevent_list:
            sequence = event.contents.get("sequence")
            if sequence:
                sequence[0].value = str(int(sequence[0].value) + 1)
        self._put(self._url(item_id), whole.serialize())

    def _new(self, calendar: str, whole: Any) -> str:
        url = f"{calendar}{secrets.token_hex(6)}.ics"
        self._put(url, whole.serialize())
        return _path(url)

    def _put(self, url: str, text: str) -> None:
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        answer = ask("PUT", url, self.person.mailbox.credentials, data=text.encode(), headers=headers)
        assert answer.status_code in {201, 204}, answer.status_code

    def _url(self, item_id: str) -> str:
        parts = urlsplit(self.person.mailbox.home)
        return f"{parts.scheme}://{parts.netloc}{item_id}"


def _main(whole: Any) -> Any:
    return next(event for event in whole.vevent_list if "recurrence-id" not in event.contents)


def _move(event: Any, start: datetime) -> None:
    """Give an event another start in its own zone, with the length it has."""
    length = event.dtend.value - event.dtstart.value
    begins = event.dtstart.value
    event.dtstart.value = (
        start.replace(tzinfo=begins.tzinfo) if isinstance(begins, datetime) else start.date()
    )
    event.dtend.value = event.dtstart.value + length


def _on(event: Any, day: date) -> datetime:
    begins: datetime = event.dtstart.value
    return begins.replace(year=day.year, month=day.month, day=day.day)


def _path(url: str) -> str:
    return urlsplit(url).path


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")


def _without_tags(html: str) -> str:
    return "".join(part.rpartition(">")[2] for part in html.split("<"))
