"""The promises of `calendar_sync.calendar.Calendar`, kept by every adapter against a calendar that is not ours."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import pytest

from calendar_sync.calendar import Conflict, MailboxMissing
from calendar_sync.items import Block, Found, Gone, ItemRef, Kind, Lookup, Snapshot, Tag, Unread, Unreadable
from tests.contract.calendars.stands import CANARIES, INSTANCE, SERVICE, STOCKHOLM, Stand, Wish
from tests.weeks import monday_before_summer_time

# A Tuesday some weeks before summer time, as a person reads it off the clock. To come: where a server does not look for
# tags, what is past is not looked for.
NINE: Final = datetime.combine(monday_before_summer_time() + timedelta(days=1), time(9))
JOIN: Final = f"{SERVICE}/m/7K3M9QXP2RTWHD"
START: Final = f"{SERVICE}/start/B4N8Z0C6V1JFSG"
BLOCK: Final = Block(
    f'<p>Anslut till mötet: <a href="{JOIN}">{JOIN}</a></p><p><a href="{START}">Starta möte</a></p>',
    f"Anslut till mötet: {JOIN}\nStarta möte: {START}",
)
OTHERS: Final = Block(BLOCK.html.replace("7K3M9", "2H5KX"), BLOCK.text.replace("7K3M9", "2H5KX"))


def new_tag(instance: str = INSTANCE) -> Tag:
    return Tag(instance, secrets.token_hex(16))


def utc(wall: datetime) -> datetime:
    return wall.replace(tzinfo=STOCKHOLM).astimezone(UTC)


def looked(stand: Stand, item_id: str) -> Lookup:
    ref = ItemRef(stand.mailbox, item_id)
    return stand.calendar.look([ref])[ref]


def seen(stand: Stand, item_id: str) -> Snapshot:
    lookup = looked(stand, item_id)
    assert isinstance(lookup, Found), lookup
    return lookup.snapshot


# --- reading --------------------------------------------------------------------------------------------------


def test_an_item_is_seen_with_its_time_and_its_tag_and_nothing_that_it_says(stand: Stand) -> None:
    tag = new_tag()
    item = stand.books(Wish(NINE, tag=tag, has_attendees=True))
    snapshot = seen(stand, item)
    assert snapshot.ref == ItemRef(stand.mailbox, item)
    assert (snapshot.start, snapshot.end) == (utc(NINE), utc(NINE) + timedelta(minutes=30))
    assert (snapshot.zone, snapshot.kind, snapshot.all_day) == ("Europe/Stockholm", Kind.SINGLE, False)
    assert (snapshot.tag, snapshot.series) == (tag, None)
    assert snapshot.is_meeting
    assert snapshot.is_organiser
    assert not snapshot.is_cancelled
    assert snapshot.uid
    assert snapshot.version
    assert [canary for canary in CANARIES if canary in repr(snapshot)] == []


def test_an_item_without_attendees_is_no_meeting(stand: Stand) -> None:
    assert not seen(stand, stand.books(Wish(NINE))).is_meeting


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        ("Europe/Stockholm", datetime(2027, 3, 28, 9, 0), datetime(2027, 3, 28, 7, 0, tzinfo=UTC)),  # noqa: DTZ001
        ("Europe/Stockholm", datetime(2027, 10, 31, 9, 0), datetime(2027, 10, 31, 8, 0, tzinfo=UTC)),  # noqa: DTZ001
        ("Europe/Helsinki", datetime(2027, 3, 1, 9, 0), datetime(2027, 3, 1, 7, 0, tzinfo=UTC)),  # noqa: DTZ001
    ],
)
def test_a_time_is_the_same_instant_whatever_its_zone(
    stand: Stand, zone: str, wall: datetime, instant: datetime
) -> None:
    assert seen(stand, stand.books(Wish(wall, zone=zone))).start == instant


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2027, 3, 1), 24), (date(2027, 3, 28), 23), (date(2027, 10, 31), 25)], ids=str
)
def test_an_all_day_item_is_a_day_at_home(stand: Stand, day: date, hours: int) -> None:
    midnight = datetime.combine(day, datetime.min.time())
    snapshot = seen(stand, stand.books(Wish(midnight, timedelta(days=1), all_day=True)))
    assert snapshot.all_day
    assert (snapshot.start, snapshot.length) == (utc(midnight), timedelta(hours=hours))


def test_a_drag_gives_another_time_and_version_and_nothing_else(stand: Stand) -> None:
    item = stand.books(Wish(NINE, tag=new_tag()))
    before = seen(stand, item)
    stand.moves_to(item, NINE + timedelta(days=1))
    after = seen(stand, item)
    assert after.start == before.start + timedelta(days=1)
    assert after.version != before.version
    assert (after.ref, after.uid, after.tag, after.length) == (
        before.ref,
        before.uid,
        before.tag,
        before.length,
    )


def test_many_items_are_looked_at_together(stand: Stand) -> None:
    items = [stand.books(Wish(NINE + timedelta(days=day))) for day in range(25)]
    missing = ItemRef(stand.mailbox, items[0][:-6] + "AAAAA=")
    refs = [ItemRef(stand.mailbox, item) for item in items]
    looks = stand.calendar.look([*refs, missing])
    assert [ref for ref in refs if not isinstance(looks[ref], Found)] == []
    assert looks[missing] == Gone()
    assert stand.calendar.look([]) == {}


def test_an_item_of_no_mailbox_is_unreadable_and_hides_no_other(stand: Stand) -> None:
    item = ItemRef(stand.mailbox, stand.books(Wish(NINE)))
    stranger = ItemRef("ingen.alls@region.example", item.item_id)
    looks = stand.calendar.look([stranger, item])
    assert isinstance(looks[item], Found)
    assert looks[stranger] == Unreadable(Unread.MAILBOX_MISSING)


# --- gone, and back -------------------------------------------------------------------------------------------


def test_a_deleted_item_is_gone_and_not_found(stand: Stand) -> None:
    tag = new_tag()
    item = stand.books(Wish(NINE, tag=tag))
    uid = seen(stand, item).uid
    stand.deletes(item)
    assert looked(stand, item) == Gone()
    assert stand.calendar.find_tagged(stand.mailbox) == []
    assert stand.calendar.find_uid(stand.mailbox, uid) == []


def test_an_item_that_is_taken_back_is_the_same_one(stand: Stand) -> None:
    if not stand.has_bin:
        pytest.skip("nothing can be taken back in this kind of calendar")
    tag = new_tag()
    item = stand.books(Wish(NINE, tag=tag))
    before = seen(stand, item)
    stand.deletes(item)
    again = seen(stand, stand.restores(item))
    assert (again.uid, again.tag, again.start) == (before.uid, tag, before.start)
    assert [one.uid for one in stand.calendar.find_tagged(stand.mailbox, tag.meeting)] == [before.uid]


def test_without_its_mailbox_an_item_is_never_gone(stand: Stand) -> None:
    item = stand.books(Wish(NINE, tag=new_tag()))
    stand.takes_away_the_mailbox()
    assert looked(stand, item) == Unreadable(Unread.MAILBOX_MISSING)
    for ask in (stand.calendar.find_tagged, stand.calendar.probe):
        with pytest.raises(MailboxMissing):
            ask(stand.mailbox)


# --- finding --------------------------------------------------------------------------------------------------


def test_tagged_items_are_found_and_no_others(stand: Stand) -> None:
    first, second, others = new_tag(), new_tag(), new_tag("another-region")
    for tag in (first, second, others, None):
        stand.books(Wish(NINE, tag=tag))
    found = stand.calendar.find_tagged(stand.mailbox)
    assert {one.tag for one in found} == {first, second}
    assert [one.tag for one in stand.calendar.find_tagged(stand.mailbox, second.meeting)] == [second]
    assert stand.calendar.find_tagged(stand.mailbox, others.meeting) == []
    assert [canary for canary in CANARIES if canary in repr(found)] == []


def test_many_tagged_items_are_all_found(stand: Stand) -> None:
    tags = {new_tag() for _ in range(60)}
    for tag in tags:
        stand.books(Wish(NINE, tag=tag))
    found = stand.calendar.find_tagged(stand.mailbox)
    assert len(found) == 60
    assert {one.tag for one in found} == tags


def test_a_copy_bears_the_same_tag_and_another_uid(stand: Stand) -> None:
    tag = new_tag()
    item = stand.books(Wish(NINE, tag=tag))
    copy = stand.copies(item, NINE + timedelta(days=1))
    original = seen(stand, item)
    found = {one.ref.item_id: one for one in stand.calendar.find_tagged(stand.mailbox, tag.meeting)}
    assert set(found) == {item, copy}
    assert {one.tag for one in found.values()} == {tag}
    assert found[copy].uid != original.uid
    assert found[copy].start == original.start + timedelta(days=1)


def test_an_item_in_another_calendar_of_the_mailbox_is_still_there(stand: Stand) -> None:
    tag = new_tag()
    item = stand.books(Wish(NINE, tag=tag))
    uid = seen(stand, item).uid
    filed = stand.files_elsewhere(item)
    assert seen(stand, filed).uid == uid
    assert [one.ref.item_id for one in stand.calendar.find_tagged(stand.mailbox, tag.meeting)] == [filed]
    assert [one.ref.item_id for one in stand.calendar.find_uid(stand.mailbox, uid)] == [filed]


# --- series ---------------------------------------------------------------------------------------------------


def test_a_series_is_one_item_with_its_rule_and_what_differs(stand: Stand) -> None:
    tag = new_tag()
    item = stand.books(Wish(NINE, rule="FREQ=WEEKLY;BYDAY=TU;COUNT=6", tag=tag))
    third, fourth = ((NINE + timedelta(weeks=number)).date() for number in (2, 3))
    stand.deletes_occurrence(item, third)
    stand.moves_occurrence(item, fourth, NINE + timedelta(days=22, hours=4))
    snapshot = seen(stand, item)
    assert snapshot.kind is Kind.MASTER
    assert snapshot.series is not None
    starts = [
        one.start for one in snapshot.series.occurrences(snapshot.start, snapshot.start + timedelta(days=90))
    ]
    expected = [NINE + timedelta(days=7 * week) for week in (0, 1, 3, 4, 5)]
    expected[2] = NINE + timedelta(days=22, hours=4)
    assert starts == [utc(wall) for wall in expected]
    assert snapshot.series.cancelled == {third}
    assert [one.original_start for one in snapshot.series.moved] == [utc(NINE + timedelta(days=21))]
    (found,) = stand.calendar.find_tagged(stand.mailbox, tag.meeting)
    assert found == snapshot


def test_a_series_keeps_its_hour_when_the_clocks_change(stand: Stand) -> None:
    item = stand.books(Wish(datetime(2027, 3, 26, 9, 0), rule="FREQ=DAILY;COUNT=4"))  # noqa: DTZ001
    series = seen(stand, item).series
    assert series is not None
    starts = [
        one.start for one in series.occurrences(series.first_start, series.first_start + timedelta(days=9))
    ]
    assert [start.hour for start in starts] == [8, 8, 7, 7]
    assert {start.astimezone(STOCKHOLM).hour for start in starts} == {9}


# --- writing --------------------------------------------------------------------------------------------------


def test_a_tag_is_written_and_taken_away_and_nobody_is_told(stand: Stand) -> None:
    item = stand.books(Wish(NINE, has_attendees=True, body=f"<p>{CANARIES[3]}</p>"))
    before, letters, text = seen(stand, item), stand.told_attendees(), stand.body(item)
    tag = new_tag()
    version = stand.calendar.write_tag(before.ref, tag, before.version)
    after = seen(stand, item)
    assert (after.tag, after.version) == (tag, version)
    assert (after.start, after.end, after.uid) == (before.start, before.end, before.uid)
    stand.calendar.write_tag(before.ref, None, version)
    assert seen(stand, item).tag is None
    assert stand.calendar.find_tagged(stand.mailbox) == []
    assert (stand.told_attendees(), stand.body(item)) == (letters, text)


def test_a_write_over_somebody_elses_is_a_conflict_and_changes_nothing(stand: Stand) -> None:
    item = stand.books(Wish(NINE))
    before = seen(stand, item)
    stand.moves_to(item, NINE + timedelta(hours=1))
    with pytest.raises(Conflict):
        stand.calendar.write_tag(before.ref, new_tag(), before.version)
    with pytest.raises(Conflict):
        stand.calendar.replace_block(before.ref, None, None, before.version, SERVICE)
    assert seen(stand, item).tag is None
    stand.deletes(item)
    with pytest.raises(Conflict):
        stand.calendar.write_tag(before.ref, new_tag(), before.version)


def test_a_copy_loses_the_block_and_keeps_the_users_words(stand: Stand) -> None:
    tag = new_tag()
    item = stand.books(Wish(NINE, tag=tag, body=f"<p>Ta med remissen</p>{BLOCK.html}<p>Ring vid frågor</p>"))
    copy = seen(stand, stand.copies(item, NINE + timedelta(days=1)))
    version = stand.calendar.replace_block(copy.ref, None, None, copy.version, SERVICE, [BLOCK])
    text = stand.body(copy.ref.item_id)
    assert SERVICE not in text
    assert "Ta med remissen" in text
    assert "Ring vid frågor" in text
    stripped = seen(stand, copy.ref.item_id)
    assert (stripped.tag, stripped.version) == (None, version)
    assert [one.ref.item_id for one in stand.calendar.find_tagged(stand.mailbox)] == [item]
    assert JOIN in stand.body(item), "the original is not touched"


def test_a_copy_that_lost_the_block_may_get_it_back(stand: Stand) -> None:
    tag = new_tag()
    item = stand.books(Wish(NINE, tag=tag, body=f"<p>Ta med remissen</p>{BLOCK.html}"))
    copy = seen(stand, stand.copies(item, NINE + timedelta(days=1)))
    stand.calendar.replace_block(copy.ref, None, None, copy.version, SERVICE, [BLOCK])
    version = seen(stand, copy.ref.item_id).version
    stand.calendar.replace_block(copy.ref, BLOCK, tag, version, SERVICE, [BLOCK], adding=True)
    text = stand.body(copy.ref.item_id)
    assert text.index("Ta med remissen") < text.index(JOIN)
    assert seen(stand, copy.ref.item_id).tag == tag


def test_a_copy_may_get_a_block_and_a_tag_of_its_own(stand: Stand) -> None:
    tag, other = new_tag(), new_tag()
    item = stand.books(Wish(NINE, tag=tag, body=f"<p>Ta med remissen</p>{BLOCK.html}"))
    copy = seen(stand, stand.copies(item, NINE + timedelta(days=1)))
    stand.calendar.replace_block(copy.ref, OTHERS, other, copy.version, SERVICE, [BLOCK])
    text = stand.body(copy.ref.item_id)
    assert JOIN not in text
    assert f"{SERVICE}/m/2H5KXQXP2RTWHD" in text
    assert "Ta med remissen" in text
    assert {one.tag: one.ref.item_id for one in stand.calendar.find_tagged(stand.mailbox)} == {
        tag: item,
        other: copy.ref.item_id,
    }


def test_her_own_calendars_are_not_told_as_other_people_s(stand: Stand) -> None:
    stand.files_elsewhere(stand.books(Wish(NINE)))
    assert stand.mailbox not in stand.calendar.shared_with(stand.mailbox)
