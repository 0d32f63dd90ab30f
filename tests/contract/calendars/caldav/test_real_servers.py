"""What the CalDAV adapter makes of items that people's own programs write, on real servers."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from calendar_sync.caldav import CalDavCalendar, CalDavSettings
from calendar_sync.calendar import AccessDenied, Conflict, MailboxMissing, NotUnderstood, WatchWish
from calendar_sync.items import Block, Found, Gone, ItemRef, Kind, Lookup, Snapshot, Tag, Unread, Unreadable
from calendar_sync.series import Occurrence
from tests.calendar_servers.hand import HOUR, Differing, Entry, Hand, item_id
from tests.calendar_servers.running import ServerOf
from tests.calendar_servers.server import SERVICE, CalendarServer, ask
from tests.weeks import monday_before_summer_time

WISH = WatchWish("https://vardmote.region.example/hooks", "https://vardmote.region.example/hooks", "x")
MONDAY = monday_before_summer_time()
NINE = datetime.combine(MONDAY, time(9))
SUNDAY_BEFORE_SUMMER = datetime(2027, 3, 27, 9, 0)  # noqa: DTZ001 - wall time


def new_tag(instance: str = "region-test") -> Tag:
    return Tag(instance, secrets.token_hex(16))


def tagged(tag: Tag | None = None, **more: object) -> Entry:
    return replace(Entry(NINE, tag=str(tag or new_tag())), **more)  # type: ignore[arg-type]


def ref_of(anna: Hand, url: str) -> ItemRef:
    return ItemRef(anna.mailbox.address, item_id(url))


def look(calendar: CalDavCalendar, ref: ItemRef) -> Lookup:
    return calendar.look([ref])[ref]


def seen(calendar: CalDavCalendar, anna: Hand, entry: Entry) -> Snapshot:
    """Write an entry as a person and return what the adapter sees of it."""
    found = look(calendar, ref_of(anna, anna.writes(entry)))
    assert isinstance(found, Found)
    return found.snapshot


def seen_version(calendar: CalDavCalendar, ref: ItemRef) -> str:
    found = look(calendar, ref)
    assert isinstance(found, Found)
    return found.snapshot.version


def unfolded(text: str) -> set[str]:
    return set(text.replace("\r\n", "\n").replace("\n ", "").split("\n"))


def test_an_item_is_seen_with_its_time_in_utc_and_nothing_that_it_says(
    dav_calendar: CalDavCalendar, anna: Hand
) -> None:
    entry = tagged()
    snapshot = seen(dav_calendar, anna, entry)
    assert (snapshot.start, snapshot.end) == (
        datetime.combine(MONDAY, time(8), UTC),
        datetime.combine(MONDAY, time(9), UTC),
    )
    assert (snapshot.zone, snapshot.kind, snapshot.uid) == ("Europe/Stockholm", Kind.SINGLE, entry.uid)
    assert str(snapshot.tag) == entry.tag
    assert snapshot.created_at == datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
    assert (snapshot.is_organiser, snapshot.is_meeting, snapshot.all_day) == (True, False, False)
    assert "Uppföljning" not in repr(snapshot)


@pytest.mark.parametrize(
    "zone", ["Europe/Stockholm", "W. Europe Standard Time", "/region.example/Europe/Stockholm", "Egen tid"]
)
@pytest.mark.parametrize(
    ("wall", "instant"),
    [
        (datetime(2027, 3, 28, 1, 30), datetime(2027, 3, 28, 0, 30, tzinfo=UTC)),  # noqa: DTZ001
        (datetime(2027, 3, 28, 9, 0), datetime(2027, 3, 28, 7, 0, tzinfo=UTC)),  # noqa: DTZ001
        (datetime(2027, 10, 31, 9, 0), datetime(2027, 10, 31, 8, 0, tzinfo=UTC)),  # noqa: DTZ001
    ],
)
def test_a_time_is_understood_whatever_its_zone_is_called(
    dav_calendar: CalDavCalendar, anna: Hand, zone: str, wall: datetime, instant: datetime
) -> None:
    snapshot = seen(dav_calendar, anna, tagged(start=wall, zone=zone))
    assert snapshot.start == instant
    assert snapshot.end == instant + HOUR


def test_an_item_that_is_not_understood_hides_no_other_from_a_search_for_all(
    dav_calendar: CalDavCalendar, anna: Hand
) -> None:
    known, odd = new_tag(), new_tag()
    anna.writes(tagged(known))
    anna.writes(tagged(odd, rule="FREQ=HOURLY;COUNT=3"))
    found = [one.tag for one in dav_calendar.find_tagged(anna.mailbox.address)]
    assert known in found
    assert odd not in found
    with pytest.raises(NotUnderstood):
        dav_calendar.find_tagged(anna.mailbox.address, odd.meeting)


def test_an_all_day_item_lasts_from_midnight_to_midnight_at_home(
    dav_calendar: CalDavCalendar, anna: Hand
) -> None:
    day = datetime(2027, 3, 28)  # noqa: DTZ001 - the day of 23 hours
    snapshot = seen(dav_calendar, anna, tagged(start=day, length=timedelta(days=1), all_day=True))
    assert snapshot.all_day
    assert snapshot.start == datetime(2027, 3, 27, 23, 0, tzinfo=UTC)
    assert snapshot.length == timedelta(hours=23)


def test_a_series_is_read_as_its_rule_with_what_differs(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    second, third, fourth = (SUNDAY_BEFORE_SUMMER + timedelta(days=7 * n) for n in (1, 2, 3))
    entry = tagged(
        start=SUNDAY_BEFORE_SUMMER,
        rule="FREQ=WEEKLY;COUNT=4",
        taken_out=(second,),
        exceptions=(Differing(third, third + timedelta(hours=2)), Differing(fourth, None)),
    )
    snapshot = seen(dav_calendar, anna, entry)
    assert snapshot.kind is Kind.MASTER
    assert snapshot.series is not None
    assert snapshot.series.cancelled == {second.date(), fourth.date()}
    first = datetime(2027, 3, 27, 8, 0, tzinfo=UTC)
    original = datetime(2027, 4, 10, 7, 0, tzinfo=UTC)
    moved = Occurrence(original, original + 2 * HOUR, original + 3 * HOUR)
    assert snapshot.series.moved == (moved,)
    upcoming = list(snapshot.series.occurrences(first, first + timedelta(days=60)))
    assert upcoming == [Occurrence(first, first, first + HOUR), moved]


def test_an_all_day_series_keeps_the_days_that_were_taken_out(
    dav_calendar: CalDavCalendar, anna: Hand
) -> None:
    day = datetime(2027, 3, 27)  # noqa: DTZ001 - wall time
    entry = tagged(
        start=day,
        length=timedelta(days=1),
        all_day=True,
        rule="FREQ=DAILY;COUNT=3",
        taken_out=(day + timedelta(days=1),),
    )
    series = seen(dav_calendar, anna, entry).series
    assert series is not None
    assert series.cancelled == {date(2027, 3, 28)}


def test_an_item_without_attendees_is_its_owners(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    assert seen(dav_calendar, anna, tagged()).is_organiser


def test_a_meeting_is_told_from_an_appointment_by_a_flag(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    own = tagged(organiser=anna.mailbox.address.upper(), attendees=("tolk@tolkbyran.example",))
    snapshot = seen(dav_calendar, anna, own)
    assert (snapshot.is_organiser, snapshot.is_meeting) == (True, True)
    assert "tolkbyran" not in repr(snapshot)


def test_an_item_that_another_organises_does_not_decide(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    other = tagged(organiser="annan@annat.example", attendees=(anna.mailbox.address,))
    assert not seen(dav_calendar, anna, other).is_organiser


def test_a_cancelled_item_is_seen_as_cancelled(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    assert seen(dav_calendar, anna, tagged(cancelled=True)).is_cancelled


def test_an_item_that_is_deleted_is_gone(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    url = anna.writes(tagged())
    assert isinstance(look(dav_calendar, ref_of(anna, url)), Found)
    anna.deletes(url)
    assert look(dav_calendar, ref_of(anna, url)) == Gone()


def test_many_items_are_looked_at_at_once(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    urls = [anna.writes(tagged()) for _ in range(23)]
    refs = [ref_of(anna, url) for url in urls]
    anna.deletes(urls[4])
    answers = dav_calendar.look(refs)
    assert [isinstance(answers[ref], Gone) for ref in refs] == [number == 4 for number in range(23)]


def test_a_calendar_that_cannot_be_seen_loses_no_item(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    there = anna.makes_a_calendar()
    ref = ref_of(anna, anna.writes(tagged(), f"{there}a.ics"))
    assert isinstance(look(dav_calendar, ref), Found)
    assert ask("DELETE", there, anna.mailbox.credentials).status_code in {200, 204}
    assert look(dav_calendar, ref) == Unreadable(Unread.DENIED)


def test_a_mailbox_that_is_not_there_loses_no_item(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    path = item_id(anna.mailbox.home).replace(anna.mailbox.address.partition("@")[0], "ingen")
    found = look(dav_calendar, ItemRef("ingen@region.example", f"{path}kalender/a.ics"))
    assert isinstance(found, Unreadable)
    with pytest.raises((MailboxMissing, AccessDenied)):
        dav_calendar.probe("ingen@region.example")
    with pytest.raises((MailboxMissing, AccessDenied)):
        dav_calendar.find_tagged("ingen@region.example")


def test_an_item_elsewhere_is_not_read_as_this_mailboxs(
    dav_calendar: CalDavCalendar, dav_server: CalendarServer, anna: Hand
) -> None:
    bo = Hand(dav_server.new_mailbox())
    of_bo = item_id(bo.writes(tagged()))
    assert isinstance(look(dav_calendar, ItemRef(anna.mailbox.address, of_bo)), Unreadable)


def test_tagged_items_are_found_in_every_calendar_of_the_mailbox(
    dav_calendar: CalDavCalendar, anna: Hand
) -> None:
    tag = new_tag()
    first = anna.writes(tagged(tag))
    second = anna.writes(tagged(tag), f"{anna.makes_a_calendar()}b.ics")
    anna.writes(tagged())
    anna.writes(Entry(NINE))
    anna.writes(tagged(new_tag("region-prod")))
    found = dav_calendar.find_tagged(anna.mailbox.address, tag.meeting)
    assert {one.ref.item_id for one in found} == {item_id(first), item_id(second)}
    assert len(dav_calendar.find_tagged(anna.mailbox.address)) == 3


def test_what_was_seen_not_to_be_ours_is_looked_at_again_when_it_changes(
    dav_calendar: CalDavCalendar, anna: Hand
) -> None:
    entry, tag = Entry(NINE), new_tag()
    url = anna.writes(entry)
    anna.writes(tagged())
    assert dav_calendar.find_tagged(anna.mailbox.address, tag.meeting) == []
    anna.writes(replace(entry, tag=str(tag)), url)
    assert len(dav_calendar.find_tagged(anna.mailbox.address, tag.meeting)) == 1


def test_an_empty_calendar_holds_nothing_of_ours(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    assert dav_calendar.find_tagged(anna.mailbox.address) == []


def test_a_copy_bears_the_tag_and_another_uid(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    entry = tagged()
    anna.writes(entry)
    copy, _ = anna.copies(entry, NINE + timedelta(days=1))
    found = dav_calendar.find_tagged(anna.mailbox.address)
    assert {one.uid for one in found} == {entry.uid, copy.uid}
    assert len({one.tag for one in found}) == 1


def test_an_item_that_was_moved_is_found_by_its_uid(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    entry = tagged()
    url = anna.writes(entry)
    there = anna.moves(entry, url, anna.makes_a_calendar())
    assert look(dav_calendar, ref_of(anna, url)) == Gone()
    assert [one.ref.item_id for one in dav_calendar.find_uid(anna.mailbox.address, entry.uid)] == [
        item_id(there)
    ]
    assert dav_calendar.find_uid(anna.mailbox.address, entry.uid[:-4]) == []


def test_a_tag_is_written_and_taken_away_and_nothing_else_changes(
    dav_calendar: CalDavCalendar, anna: Hand
) -> None:
    entry = Entry(NINE, more=("DESCRIPTION:Två rader\\nmed text", "CATEGORIES:Viktigt"))
    url = anna.writes(entry)
    before = unfolded(anna.reads(url))
    ref, tag = ref_of(anna, url), new_tag()
    version = dav_calendar.write_tag(ref, tag, seen_version(dav_calendar, ref))
    assert version == seen_version(dav_calendar, ref)
    assert unfolded(anna.reads(url)) - before == {f"X-VARDMOTE-MEETING:{tag}"}
    assert len(dav_calendar.find_tagged(anna.mailbox.address, tag.meeting)) == 1
    dav_calendar.write_tag(ref, None, version)
    assert unfolded(anna.reads(url)) == before


def test_a_write_over_somebody_elses_is_a_conflict(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    entry = Entry(NINE)
    url = anna.writes(entry)
    ref = ref_of(anna, url)
    version = seen_version(dav_calendar, ref)
    anna.writes(replace(entry, start=NINE + HOUR), url)
    with pytest.raises(Conflict):
        dav_calendar.write_tag(ref, new_tag(), version)
    assert "X-VARDMOTE" not in anna.reads(url)
    anna.deletes(url)
    with pytest.raises(Conflict):
        dav_calendar.write_tag(ref, new_tag(), version)
    assert not anna.has(url)


def test_a_copy_loses_the_block_and_keeps_the_users_words(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    service = "https://vardmote.region.example"
    lines = [f"Anslut: {service}/m/2H5KX0QRT7WYNC", f"Starta: {service}/start/9C3FV6ZB8DJ4MS"]
    block = Block(html="<br>".join(lines), text="\n".join(lines))
    text = "\\n".join(["Ta med remissen", *lines, "Ring 1177 vid frågor"])
    entry = tagged(more=(f"DESCRIPTION:{text}",))
    url = anna.writes(entry)
    ref = ref_of(anna, url)
    dav_calendar.replace_block(ref, None, None, seen_version(dav_calendar, ref), service, [block])
    body = "\n".join(unfolded(anna.reads(url)))
    assert "Ta med remissen" in body
    assert "Ring 1177 vid frågor" in body
    assert service not in body
    assert "X-VARDMOTE" not in body


def test_a_pull_tells_what_has_changed_since_the_last(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    entry = tagged()
    kept, changed = anna.writes(tagged()), anna.writes(entry)
    watch = dav_calendar.watch(anna.mailbox.address, WISH)
    anna.writes(replace(entry, start=NINE + HOUR), changed)
    new = anna.writes(tagged())
    pulled = dav_calendar.pull(anna.mailbox.address, watch)
    assert pulled is not None
    assert {item_id(changed), item_id(new)} <= pulled.item_ids
    watch = replace(watch, watermark=pulled.watermark)
    anna.deletes(kept)
    there = anna.makes_a_calendar()
    elsewhere = anna.writes(tagged(), f"{there}c.ics")
    pulled = dav_calendar.pull(anna.mailbox.address, watch)
    assert pulled is not None
    assert {item_id(kept), item_id(elsewhere)} <= pulled.item_ids


def test_each_watch_is_known_by_an_id_of_its_own(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    watches = [dav_calendar.watch(anna.mailbox.address, WISH) for _ in range(2)]
    assert len({watch.id for watch in watches}) == 2


def test_what_has_been_told_is_not_told_again(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    watch = dav_calendar.watch(anna.mailbox.address, WISH)
    url = anna.writes(tagged())
    pulled = dav_calendar.pull(anna.mailbox.address, watch)
    assert pulled is not None
    assert item_id(url) in pulled.item_ids
    again = dav_calendar.pull(anna.mailbox.address, replace(watch, watermark=pulled.watermark))
    assert again is not None
    assert again.item_ids == frozenset()
    anna.deletes(url)
    gone = dav_calendar.pull(anna.mailbox.address, replace(watch, watermark=again.watermark))
    assert gone is not None
    assert item_id(url) in gone.item_ids


def test_a_lost_place_in_the_changes_asks_for_a_sweep(dav_calendar: CalDavCalendar, anna: Hand) -> None:
    watch = dav_calendar.watch(anna.mailbox.address, WISH)
    assert dav_calendar.pull(anna.mailbox.address, replace(watch, watermark=None)) is None
    assert dav_calendar.pull(anna.mailbox.address, replace(watch, watermark='{"/borta/": "t1"}')) is None
    assert dav_calendar.renew(anna.mailbox.address, watch.id) is not None
    dav_calendar.unwatch(anna.mailbox.address, watch.id)


def test_a_wrong_password_is_no_answer_about_any_item(
    calendar_servers: ServerOf,
) -> None:
    server = calendar_servers("radicale")
    anna = Hand(server.new_mailbox())
    url = anna.writes(tagged())
    wrong = CalDavCalendar(
        CalDavSettings(url=server.url, username=SERVICE[0], password="fel", instance="region-test")
    )
    assert look(wrong, ref_of(anna, url)) == Unreadable(Unread.DENIED)
    with pytest.raises(AccessDenied):
        wrong.find_tagged(anna.mailbox.address)
