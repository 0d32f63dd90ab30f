"""What the port promises, kept by Exchange on premises: found, gone, unreadable; tags; the block of a copy; pulls."""

from __future__ import annotations

import json
import logging
import traceback
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from exchangelib import Account
from lxml import etree

from addin.sandbox import people
from addin.sandbox.exchange.items import Attendee, Body, Item, Recurrence, Wish
from calendar_sync.calendar import (
    AccessDenied,
    CalendarUnavailable,
    CalendarUnreadable,
    Conflict,
    CredentialsRefused,
    MailboxMissing,
    NotUnderstood,
    Throttled,
    Watch,
    WatchWish,
)
from calendar_sync.ews import EwsCalendar
from calendar_sync.ews_connection import EwsConnection
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
    occurrence_in,
)
from calendar_sync.series import Occurrence
from tests.contract.calendars.ews.conftest import (
    ANNA,
    MEETING,
    OTHER,
    OWN,
    PANE,
    TAG,
    Books,
    utc,
)
from tests.contract.calendars.ews_stand import settings
from tests.contract.calendars.stands import INSTANCE
from tests.contract.ews.on_premises import OnPremises

SERVICE = "https://vardmote.region.example"
BO = people.BO.address
NO_HOOK = WatchWish("", "", "")
WEEKLY = Recurrence(
    "weekly", 1, date(2027, 3, 1), "W. Europe Standard Time", "numbered", None, 6, ("monday",)
)


def ref(item: Item, mailbox: str = ANNA) -> ItemRef:
    return ItemRef(mailbox, item.item_id)


def looked(calendar: EwsCalendar, item: Item, mailbox: str = ANNA) -> Lookup:
    return calendar.look([ref(item, mailbox)])[ref(item, mailbox)]


def seen(calendar: EwsCalendar, item: Item) -> Snapshot:
    found = looked(calendar, item)
    assert isinstance(found, Found), found
    return found.snapshot


def operations(exchange: OnPremises) -> list[str]:
    return [name for name in exchange.schema.operations if not name.endswith("Response")]


# --- looking ------------------------------------------------------------------------------------------------------


def test_an_item_is_read_as_it_is(books: Books, calendar: EwsCalendar) -> None:
    item = books(own=str(TAG))

    assert seen(calendar, item) == Snapshot(
        ref=ref(item),
        uid=item.uid,
        version=item.change_key,
        start=utc(1, 9),
        end=utc(1, 10),
        zone="Europe/Stockholm",
        created_at=item.created.replace(microsecond=0),
        tag=TAG,
    )


def test_nothing_else_of_an_item_is_asked_for(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    asked = [Attendee("Bo", BO)]
    item = books(own=str(TAG), attendees=tuple(asked), body=Body("html", "<p>Diagnos</p>"), location="Rum 7")
    calendar.look([ref(item)])
    calendar.find_tagged(ANNA)
    calendar.find_uid(ANNA, item.uid)
    calendar.write_tag(ref(item), None, seen(calendar, item).version)

    told = " ".join(entry["body"] for entry in exchange.journal.read("POST", "/", 0, 0))
    for name in ("Subject", "t:Body", "item:Body", "Attendees", "Organizer", "Location", "AllProperties"):
        assert name not in told


def test_all_items_of_a_mailbox_are_read_in_one_call(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    refs = [ref(books()) for _ in range(20)]
    refs += [ref(books(BO), BO)]
    calendar.look(refs)
    exchange.schema.operations.clear()

    told = calendar.look(refs)

    assert [type(told[one]) for one in refs] == [Found] * 21
    assert operations(exchange) == ["GetItem", "GetItem"]


def test_a_day_of_23_hours_is_read_as_one(books: Books, calendar: EwsCalendar) -> None:
    item = books(start=utc(27, 23), end=utc(28, 22), is_all_day=True)

    found = seen(calendar, item)

    assert (found.start, found.end, found.all_day) == (utc(27, 23), utc(28, 22), True)


def test_whether_it_is_a_meeting_is_told_without_its_attendees(books: Books, calendar: EwsCalendar) -> None:
    meeting = books(attendees=(Attendee("Bo", BO),))
    held = books(BO)

    found = seen(calendar, meeting)
    received = calendar.find_uid(BO, meeting.uid)

    assert (found.is_meeting, found.is_organiser) == (True, True)
    assert [(one.is_meeting, one.is_organiser, one.tag) for one in received] == [(True, False, None)]
    assert isinstance(looked(calendar, held, BO), Found)


def test_a_cancelled_meeting_is_gone_from_its_organiser_and_cancelled_for_the_rest(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    meeting = books(own=str(TAG), attendees=(Attendee("Bo", BO),))
    exchange.store.cancel(exchange.mailbox(), meeting.item_id)

    assert looked(calendar, meeting) == Gone()
    assert calendar.find_tagged(ANNA, MEETING) == []
    assert [one.is_cancelled for one in calendar.find_uid(BO, meeting.uid)] == [True]


@pytest.mark.parametrize("how", ["trash", "purge", "elsewhere"])
def test_an_item_that_is_not_under_its_id_is_gone(
    exchange: OnPremises, books: Books, calendar: EwsCalendar, how: str
) -> None:
    item = books(own=str(TAG))
    store, anna = exchange.store, exchange.mailbox()
    if how == "trash":
        store.delete(anna, item.item_id)
    elif how == "purge":
        store.purge(anna, item.item_id)
    else:
        store.move(anna, item.item_id, store.add_calendar(anna, "Jour"))

    assert looked(calendar, item) == Gone()
    assert len(calendar.find_tagged(ANNA, MEETING)) == (how == "elsewhere")


def test_an_id_of_another_system_is_gone_and_does_not_hide_the_others(
    books: Books, calendar: EwsCalendar
) -> None:
    item, foreign = ref(books()), ItemRef(ANNA, "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A")

    told = calendar.look([foreign, item])

    assert told[foreign] == Gone()
    assert isinstance(told[item], Found)


def test_gone_is_not_believed_of_a_calendar_that_cannot_be_read(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    item = books()
    exchange.store.purge(exchange.mailbox(), item.item_id)
    exchange.levers.switch(
        {"fault": "refuse", "operation": "GetFolder", "code": "ErrorMailboxStoreUnavailable"}
    )

    assert looked(calendar, item) == Unreadable(Unread.UNREACHABLE)


def refuse(code: str, **more: Any) -> dict[str, Any]:
    return {"fault": "refuse", "code": code, **more}


def status(number: int, **more: Any) -> dict[str, Any]:
    return {"fault": "status", "status": number, **more}


UNREADABLE = [
    pytest.param(status(401), Unreadable(Unread.DENIED), id="401"),
    pytest.param(status(403), Unreadable(Unread.DENIED), id="403"),
    pytest.param(status(503, retry_after=7), Unreadable(Unread.THROTTLED, 7.0), id="503 with a time"),
    pytest.param(status(429, retry_after=3), Unreadable(Unread.THROTTLED, 3.0), id="429"),
    pytest.param(status(503), Unreadable(Unread.UNREACHABLE), id="503"),
    pytest.param(
        status(500, body="Server Error in '/EWS' Application"), Unreadable(Unread.UNREACHABLE), id="500"
    ),
    pytest.param(status(404), Unreadable(Unread.NOT_UNDERSTOOD), id="404"),
    pytest.param(status(302), Unreadable(Unread.NOT_UNDERSTOOD), id="302"),
    pytest.param(status(200, body="<s:Envelope"), Unreadable(Unread.NOT_UNDERSTOOD), id="broken XML"),
    pytest.param(
        status(200, body="<html><body>Logga in</body></html>"), Unreadable(Unread.NOT_UNDERSTOOD), id="HTML"
    ),
    pytest.param(status(200, body=""), Unreadable(Unread.NOT_UNDERSTOOD), id="nothing"),
    pytest.param({"fault": "close_before_effect"}, Unreadable(Unread.UNREACHABLE), id="closed"),
    pytest.param({"fault": "lost_response"}, Unreadable(Unread.UNREACHABLE), id="lost"),
    pytest.param(refuse("ErrorServerBusy", back_off=30_000), Unreadable(Unread.THROTTLED, 30.0), id="busy"),
    pytest.param(refuse("ErrorServerBusy"), Unreadable(Unread.THROTTLED, 10.0), id="busy without a time"),
    pytest.param(refuse("ErrorTooManyObjectsOpened"), Unreadable(Unread.THROTTLED, 10.0), id="too many"),
    pytest.param(refuse("ErrorExceededConnectionCount"), Unreadable(Unread.THROTTLED), id="connections"),
    pytest.param(refuse("ErrorAccessDenied"), Unreadable(Unread.DENIED), id="access denied"),
    pytest.param(refuse("ErrorImpersonateUserDenied"), Unreadable(Unread.DENIED), id="may not impersonate"),
    pytest.param(refuse("ErrorNonExistentMailbox"), Unreadable(Unread.MAILBOX_MISSING), id="no mailbox"),
    pytest.param(refuse("ErrorNonPrimarySmtpAddress"), Unreadable(Unread.MAILBOX_MISSING), id="old address"),
    pytest.param(refuse("ErrorPasswordExpired"), Unreadable(Unread.DENIED), id="password has run out"),
    pytest.param(refuse("ErrorMailboxStoreUnavailable"), Unreadable(Unread.UNREACHABLE), id="store down"),
    pytest.param(refuse("ErrorMailboxMoveInProgress"), Unreadable(Unread.UNREACHABLE), id="moving"),
    pytest.param(
        refuse("ErrorItemNotFound"), Unreadable(Unread.UNREACHABLE), id="a fault that says not found"
    ),
    pytest.param({"fault": "half"}, Unreadable(Unread.NOT_UNDERSTOOD), id="half answered"),
]


@pytest.mark.parametrize(("trouble", "expected"), UNREADABLE)
def test_what_could_not_be_read_is_never_gone(
    exchange: OnPremises, books: Books, calendar: EwsCalendar, trouble: dict[str, Any], expected: Unreadable
) -> None:
    items = [books(own=str(TAG)) for _ in range(2)]
    usual = {"times": 1}
    if trouble["fault"] in {"refuse", "half"}:
        exchange.levers.switch(usual | trouble)
    else:
        exchange.faults.switch(usual | trouble)

    told = calendar.look([ref(item) for item in items])

    assert [told[ref(item)] for item in items] == [expected, expected]
    assert all(isinstance(one, Found) for one in calendar.look([ref(item) for item in items]).values())


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (refuse("ErrorServerBusy", back_off=2000), Throttled),
        (refuse("ErrorAccessDenied"), AccessDenied),
        (refuse("ErrorNonExistentMailbox"), MailboxMissing),
        (refuse("ErrorInternalServerError"), CalendarUnavailable),
        (refuse("ErrorSchemaValidation"), NotUnderstood),
    ],
)
@pytest.mark.parametrize("operation", ["FindFolder", "FindItem", "GetItem"])
def test_a_search_that_fails_anywhere_finds_nothing_and_says_so(
    exchange: OnPremises,
    books: Books,
    calendar: EwsCalendar,
    operation: str,
    trouble: dict[str, Any],
    expected: type[CalendarUnreadable],
) -> None:
    books(own=str(TAG))
    exchange.levers.switch(trouble | {"operation": operation})

    with pytest.raises(expected):
        calendar.find_tagged(ANNA, MEETING)


def test_an_item_that_is_not_understood_hides_no_other_from_a_search_for_all(
    books: Books, calendar: EwsCalendar
) -> None:
    known = books(own=str(TAG))
    odd = books(own=str(Tag(INSTANCE, OTHER)))
    object.__setattr__(odd, "uid", "")  # no Exchange does so, and the simulated one not either
    assert [one.ref for one in calendar.find_tagged(ANNA)] == [ref(known)]
    with pytest.raises(NotUnderstood):
        calendar.find_tagged(ANNA, OTHER)


def test_a_slow_answer_is_not_waited_for(exchange: OnPremises, books: Books) -> None:
    item = books()
    impatient = EwsCalendar(settings(exchange, timeout_seconds=0.3))
    exchange.faults.switch({"fault": "hold", "stage": "before"})

    assert looked(impatient, item) == Unreadable(Unread.UNREACHABLE)
    exchange.faults.release(None, drop=True)
    impatient.close()


def test_when_all_connections_are_taken_nobody_waits_for_ever(exchange: OnPremises, books: Books) -> None:
    item = books()
    narrow = EwsCalendar(settings(exchange, timeout_seconds=2, connections=1))
    with narrow._connection._turn():
        assert looked(narrow, item) == Unreadable(Unread.UNREACHABLE)
    assert isinstance(looked(narrow, item), Found)
    narrow.close()


# --- probing ------------------------------------------------------------------------------------------------------


def test_a_mailbox_that_is_served_can_be_pulled(exchange: OnPremises, calendar: EwsCalendar) -> None:
    told = calendar.probe(ANNA)

    assert (told.pushes, told.pulls, told.writes) == (False, True, True)
    assert not EwsCalendar(settings(exchange, writes=False)).probe(ANNA).writes


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"home": "online"}, MailboxMissing),
        ({"exists": False}, MailboxMissing),
        ({"readable": False}, AccessDenied),
    ],
)
def test_a_mailbox_that_is_not_here_or_not_ours_is_told_apart(
    exchange: OnPremises, calendar: EwsCalendar, state: dict[str, Any], expected: type[CalendarUnreadable]
) -> None:
    exchange.mailboxes.change(exchange.mailbox(), state)

    with pytest.raises(expected):
        calendar.probe(ANNA)


def test_a_wrong_password_is_denied(exchange: OnPremises) -> None:
    with pytest.raises(AccessDenied):
        EwsCalendar(settings(exchange, password="wrong")).probe(ANNA)


def test_an_account_that_was_refused_twice_is_not_tried_again_soon(
    exchange: OnPremises, calendar: EwsCalendar
) -> None:
    exchange.faults.switch(status(401, times=2))
    for _ in range(3):
        with pytest.raises(CredentialsRefused):
            calendar.probe(ANNA)


def test_a_password_goes_nowhere_in_clear_text(exchange: OnPremises) -> None:
    with pytest.raises(ValueError, match="https"):
        settings(exchange, url="http://mail.region.example/EWS/Exchange.asmx")


# --- finding ------------------------------------------------------------------------------------------------------


def test_an_item_with_both_marks_is_found_by_what_was_booked_in_it_last(
    books: Books, calendar: EwsCalendar
) -> None:
    item = books(own=str(TAG), pane=json.dumps({"meeting": OTHER, "instance": INSTANCE}))
    (found,) = calendar.find_tagged(ANNA, OTHER)
    assert (found.ref.item_id, found.tag) == (item.item_id, Tag(INSTANCE, OTHER))
    assert calendar.find_tagged(ANNA, MEETING) == []


def test_items_are_found_by_either_mark_in_every_living_calendar(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    store, anna = exchange.store, exchange.mailbox()
    own, pane = books(own=str(TAG)), books(pane=json.dumps({"meeting": OTHER, "instance": INSTANCE}))
    moved = store.move(anna, books(own=str(TAG)).item_id, store.add_calendar(anna, "Jour"))
    store.delete(anna, books(own=str(TAG)).item_id)
    books()
    books(pane="{}")
    books(own="region-other/" + MEETING)
    books(pane=json.dumps({"meeting": MEETING, "instance": "region-other"}))

    assert {one.ref.item_id for one in calendar.find_tagged(ANNA)} == {
        own.item_id,
        pane.item_id,
        moved.item_id,
    }
    assert {one.ref.item_id for one in calendar.find_tagged(ANNA, MEETING)} == {own.item_id, moved.item_id}
    assert [one.ref.item_id for one in calendar.find_tagged(ANNA, OTHER)] == [pane.item_id]
    assert calendar.find_tagged(BO) == []


def test_what_lies_in_a_deleted_calendar_does_not_live(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    store, anna = exchange.store, exchange.mailbox()
    folder = store.add_calendar(anna, "Jour")
    item = store.move(anna, books(own=str(TAG)).item_id, folder)
    assert [one.ref for one in calendar.find_tagged(ANNA, MEETING)] == [ref(item)]

    store.delete_calendar(anna, folder.folder_id)

    assert calendar.find_tagged(ANNA, MEETING) == []
    assert calendar.find_uid(ANNA, item.uid) == []
    assert looked(calendar, item) == Gone()


def test_what_the_pane_wrote_before_it_knew_its_installation_is_ours(
    books: Books, calendar: EwsCalendar
) -> None:
    books(pane=json.dumps({"meeting": MEETING}))

    assert [one.tag for one in calendar.find_tagged(ANNA, MEETING)] == [TAG]


def test_a_mailbox_that_tells_of_no_calendar_has_lost_nothing(
    calendar: EwsCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EwsCalendar, "_calendars_below", lambda *_: [])
    with pytest.raises(NotUnderstood):
        calendar.find_tagged(ANNA, MEETING)


def test_a_restored_item_is_found_again_under_another_id(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    item = books(own=str(TAG))
    deleted = exchange.store.delete(exchange.mailbox(), item.item_id)
    restored = exchange.store.restore(exchange.mailbox(), deleted.item_id)

    (found,) = calendar.find_tagged(ANNA, MEETING)

    assert (found.uid, found.ref.item_id) == (item.uid, restored.item_id)
    assert found.ref.item_id != item.item_id


@pytest.mark.parametrize("uid", [None, "möte-17@kommun.example", "{A=B;C,D}"])
def test_items_are_found_by_their_uid_wherever_it_came_from(
    exchange: OnPremises, calendar: EwsCalendar, uid: str | None
) -> None:
    wish = Wish({"start": utc(1, 9), "end": utc(1, 10)})
    item = exchange.store.create(exchange.mailbox(), wish, uid=uid)
    exchange.store.create(exchange.mailbox(), wish)

    assert [one.ref for one in calendar.find_uid(ANNA, item.uid)] == [ref(item)]


def test_a_copy_has_the_tag_and_another_uid(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    item = books(own=str(TAG), attendees=(Attendee("Bo", BO),))
    copy = exchange.store.copy(exchange.mailbox(), item.item_id, exchange.mailbox())

    found = {one.ref.item_id: one for one in calendar.find_tagged(ANNA, MEETING)}

    assert found[copy.item_id].uid != found[item.item_id].uid
    assert found[copy.item_id].tag == TAG
    # It counts as received, but nobody else decides over it.
    assert found[copy.item_id].is_organiser


# --- series -------------------------------------------------------------------------------------------------------


def test_a_series_is_its_rule_with_what_was_moved_and_taken_out(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    store, anna = exchange.store, exchange.mailbox()
    master = books(own=str(TAG), recurrence=WEEKLY)
    days = store.instances(master, utc(1, 0), utc(30, 0, month=4))
    store.change(anna, days[1].item_id, Wish({"start": utc(9, 12), "end": utc(9, 14)}))
    store.change(anna, days[3].item_id, Wish({"subject": "Annat"}))
    store.delete(anna, days[2].item_id)

    (found,) = calendar.find_tagged(ANNA)

    assert found.kind is Kind.MASTER
    assert found.series is not None
    assert found.series.zone == "Europe/Stockholm"
    assert found.series.cancelled == {date(2027, 3, 15)}
    assert found.series.moved == (Occurrence(utc(8, 9), utc(9, 12), utc(9, 14)),)
    # The clocks change on 28 March; Exchange says the same of every occurrence.
    told = [(one.start, one.end) for one in found.series.occurrences(utc(1, 0), utc(30, 0, month=4))]
    kept = store.instances(store.find(anna, master.item_id), utc(1, 0), utc(30, 0, month=4))
    assert told == [(one.start, one.end) for one in kept]
    assert len(told) == 5


@pytest.mark.parametrize("zone", ["UTC", "Eastern Standard Time"])
def test_a_series_in_another_zone_keeps_that_zones_clock(
    books: Books, calendar: EwsCalendar, zone: str
) -> None:
    rule = replace(WEEKLY, zone=zone)
    item = books(recurrence=rule, start_zone=zone, end_zone=zone)

    series = seen(calendar, item).series

    assert series is not None
    starts = [one.start for one in series.occurrences(utc(1, 0), utc(30, 0, month=4))]
    assert [one.hour for one in starts] == ([9] * 6 if zone == "UTC" else [9, 9] + [8] * 4)


def test_one_occurrence_is_read_as_one(exchange: OnPremises, books: Books, calendar: EwsCalendar) -> None:
    master = books(recurrence=WEEKLY)
    second = exchange.store.instances(master, utc(1, 0), utc(30, 0))[1]

    found = seen(calendar, second)

    assert (found.kind, found.start, found.uid) == (Kind.OCCURRENCE, utc(8, 9), master.uid)


# --- writing ------------------------------------------------------------------------------------------------------


def test_a_tag_is_written_and_nobody_is_told(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    item = books(attendees=(Attendee("Bo", BO),))
    exchange.store.forget_letters()

    version = calendar.write_tag(ref(item), TAG, item.change_key)

    found = seen(calendar, item)
    assert (found.tag, found.version) == (TAG, version)
    assert version != item.change_key
    assert exchange.store.letters() == []


def test_a_tag_is_taken_away_with_the_panes_claim(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    item = books(own=str(TAG), pane=json.dumps({"meeting": MEETING, "started": "x"}))

    calendar.write_tag(ref(item), None, item.change_key)

    assert seen(calendar, item).tag is None
    assert calendar.find_tagged(ANNA) == []
    assert exchange.store.find(exchange.mailbox(), item.item_id).properties == {PANE: "{}"}


def test_nothing_is_written_over_somebody_elses_change(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    item = books(body=Body("html", block_of("7K3M9QXP2RTWHD")))
    after = exchange.store.change(exchange.mailbox(), item.item_id, Wish({"start": utc(1, 8)}))

    with pytest.raises(Conflict):
        calendar.write_tag(ref(item), TAG, item.change_key)
    with pytest.raises(Conflict):
        calendar.write_tag(ref(item), None, item.change_key)
    with pytest.raises(Conflict):
        calendar.replace_block(ref(item), None, None, item.change_key, SERVICE)
    assert exchange.store.find(exchange.mailbox(), item.item_id) == after


def test_an_item_that_has_vanished_is_a_conflict(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    item = books()
    exchange.store.purge(exchange.mailbox(), item.item_id)

    with pytest.raises(Conflict):
        calendar.write_tag(ref(item), TAG, item.change_key)
    with pytest.raises(Conflict):
        calendar.replace_block(ref(item), None, None, item.change_key, SERVICE)


def block_of(code: str) -> str:
    links = (f"{SERVICE}/m/{code}", f"{SERVICE}/start/{code}")
    join, start = (f'<a href="{link}">{link}</a>' for link in links)
    return f"<p>Möte: {join}</p><p>Starta: {start}</p>"


def test_a_copys_block_gives_way_to_its_own(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    body = f"<html><body><p>Före</p>{block_of('7K3M9QXP2RTWHD')}<p>Efter</p></body></html>"
    pane = json.dumps({"meeting": MEETING, "instance": INSTANCE})
    item = books(own=str(TAG), pane=pane, body=Body("html", body), attendees=(Attendee("Bo", BO),))
    exchange.store.forget_letters()
    fresh, old = Block(block_of("2H5KX0QRT7WYNC"), "b"), Block(block_of("7K3M9QXP2RTWHD"), "a")

    version = calendar.replace_block(ref(item), fresh, Tag(INSTANCE, OTHER), item.change_key, SERVICE, [old])

    after = exchange.store.find(exchange.mailbox(), item.item_id)
    assert f"{SERVICE}/m/2H5KX0QRT7WYNC" in after.body.content
    assert "7K3M9QXP2RTWHD" not in after.body.content
    assert (
        after.body.content.index("Före")
        < after.body.content.index("2H5KX0QRT7WYNC")
        < after.body.content.index("Efter")
    )
    assert (after.change_key, after.start) == (version, item.start)
    assert after.properties[OWN] == f"{INSTANCE}/{OTHER}"
    assert json.loads(after.properties[PANE])["meeting"] == OTHER
    assert exchange.store.letters() == []


def test_a_plain_text_block_is_taken_out(exchange: OnPremises, books: Books, calendar: EwsCalendar) -> None:
    text = f"Möte: {SERVICE}/m/7K3M9QXP2RTWHD\nStarta: {SERVICE}/start/7K3M9QXP2RTWHD"
    item = books(own=str(TAG), body=Body("text", f"Före\n{text}\nEfter"))

    calendar.replace_block(ref(item), None, None, item.change_key, SERVICE, [Block("", text)])

    after = exchange.store.find(exchange.mailbox(), item.item_id)
    assert (after.body.kind, after.body.content) == ("text", "Före\nEfter")
    assert OWN not in after.properties


def test_a_write_that_fails_is_told_by_its_kind(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    item = books()
    exchange.levers.switch(refuse("ErrorServerBusy", operation="UpdateItem", back_off=4000))

    with pytest.raises(Throttled) as busy:
        calendar.write_tag(ref(item), TAG, item.change_key)

    assert busy.value.retry_after == 4.0
    assert exchange.store.find(exchange.mailbox(), item.item_id) == item


# --- watching -----------------------------------------------------------------------------------------------------


def pulled(calendar: EwsCalendar, watch: Watch) -> tuple[frozenset[str], Watch]:
    told = calendar.pull(ANNA, watch)
    assert told is not None
    return told.item_ids, replace(watch, watermark=told.watermark)


def test_what_happens_in_any_calendar_is_pulled_once(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    store, anna = exchange.store, exchange.mailbox()
    other = store.add_calendar(anna, "Jour")
    watch = calendar.watch(ANNA, NO_HOOK)

    items = [books() for _ in range(12)]
    ids, watch = pulled(calendar, watch)
    assert ids == {item.item_id for item in items}
    assert pulled(calendar, watch)[0] == frozenset()

    moved = store.move(anna, items[0].item_id, other)
    store.change(anna, moved.item_id, Wish({"start": utc(1, 8)}))
    store.delete(anna, items[1].item_id)
    books(BO)
    ids, watch = pulled(calendar, watch)
    assert {items[0].item_id, moved.item_id, items[1].item_id} <= ids
    assert not ids & {item.item_id for item in items[2:]}


def test_a_subscription_lives_as_long_as_it_is_pulled(exchange: OnPremises, calendar: EwsCalendar) -> None:
    watch = calendar.watch(ANNA, NO_HOOK)

    assert timedelta(hours=23) < watch.expires_at - exchange.now() <= timedelta(hours=24)
    assert calendar.renew(ANNA, watch.id) is None
    assert calendar.pull(ANNA, watch) is None


def test_a_subscription_without_a_calendar_that_came_since_is_made_anew(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    store, anna = exchange.store, exchange.mailbox()
    watch, item = calendar.watch(ANNA, NO_HOOK), books()
    moved = store.move(anna, item.item_id, store.add_calendar(anna, "Mottagningen"))
    ids, watch = pulled(calendar, watch)
    assert item.item_id in ids
    # Where it went is found by our mark, and so is that there is another calendar.
    calendar.find_tagged(ANNA)

    assert calendar.pull(ANNA, watch) is None
    watch = calendar.watch(ANNA, NO_HOOK)
    store.change(anna, moved.item_id, Wish({"start": utc(1, 8)}))
    assert pulled(calendar, watch)[0] == {moved.item_id}


def test_a_lost_subscription_is_told_as_lost(exchange: OnPremises, calendar: EwsCalendar) -> None:
    watch = calendar.watch(ANNA, NO_HOOK)
    exchange.levers.switch({"fault": "forget"})

    assert calendar.pull(ANNA, watch) is None
    assert calendar.pull(ANNA, replace(watch, watermark="nonsense")) is None
    assert calendar.pull(ANNA, replace(watch, watermark=None)) is None
    calendar.unwatch(ANNA, watch.id)


def test_an_ended_subscription_tells_nothing_more(calendar: EwsCalendar) -> None:
    watch = calendar.watch(ANNA, NO_HOOK)

    calendar.unwatch(ANNA, watch.id)
    calendar.unwatch(ANNA, watch.id)

    assert calendar.pull(ANNA, watch) is None


MORE_EVENTS: Final = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<m:GetEventsResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"'
    ' xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><m:ResponseMessages>'
    '<m:GetEventsResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:Notification>'
    "<t:SubscriptionId>s</t:SubscriptionId><t:PreviousWatermark>w1</t:PreviousWatermark>"
    "<t:MoreEvents>true</t:MoreEvents><t:ModifiedEvent><t:Watermark>w2</t:Watermark>"
    "<t:TimeStamp>2027-03-01T08:00:00Z</t:TimeStamp><t:ItemId Id='i1' ChangeKey='c'/>"
    "<t:ParentFolderId Id='f' ChangeKey='c'/></t:ModifiedEvent></m:Notification></m:GetEventsResponseMessage>"
    "</m:ResponseMessages></m:GetEventsResponse></s:Body></s:Envelope>"
)


def test_a_mailbox_in_which_there_is_always_more_is_left_for_the_next_pull(
    exchange: OnPremises, calendar: EwsCalendar
) -> None:
    watch = calendar.watch(ANNA, NO_HOOK)
    exchange.faults.switch(status(200, body=MORE_EVENTS, times=1000))
    told, after = pulled(calendar, watch)
    assert told == frozenset({"i1"})
    assert str(after.watermark).startswith("w2 ")
    exchange.faults.clear()


def test_a_pull_that_cannot_be_made_is_no_lost_subscription(
    exchange: OnPremises, calendar: EwsCalendar
) -> None:
    watch = calendar.watch(ANNA, NO_HOOK)
    exchange.levers.switch(refuse("ErrorServerBusy", operation="GetEvents", back_off=1000))

    with pytest.raises(Throttled):
        calendar.pull(ANNA, watch)
    assert pulled(calendar, watch)[0] == frozenset()


# --- saying nothing -----------------------------------------------------------------------------------------------


def test_nothing_of_an_item_reaches_a_log(
    exchange: OnPremises, books: Books, calendar: EwsCalendar, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    item = books(own=str(TAG), body=Body("html", "<p>Diagnos</p>"))
    calendar.look([ref(item)])
    calendar.replace_block(ref(item), None, None, item.change_key, SERVICE)
    exchange.faults.switch(status(200, body="<s:Envelope>Diagnos", times=2))
    with pytest.raises(NotUnderstood) as garbled:
        calendar.find_tagged(ANNA)

    told = " ".join(record.getMessage() for record in caplog.records) + repr(garbled.value)
    for secret in (MEETING, "Diagnos", people.EWS_PASSWORD, item.item_id):
        assert secret not in told
    assert garbled.value.__cause__ is None


def test_a_fault_of_ours_is_told_by_its_kind_and_its_places_alone(
    exchange: OnPremises, caplog: pytest.LogCaptureFixture
) -> None:
    subject = "Diagnos"

    class Stumbles:
        def __init__(self, account: Account) -> None:
            self.account = account

        def call(self) -> list[str]:
            raise TypeError(self.account.primary_smtp_address, subject)

    connection = EwsConnection(settings(exchange))
    with pytest.raises(NotUnderstood):
        connection.call(ANNA, Stumbles)
    (record,) = [one for one in caplog.records if one.getMessage() == "answer_not_understood"]
    assert vars(record)["failure"] == "TypeError"
    assert record.exc_info
    called, raised = traceback.extract_tb(record.exc_info[2])
    assert (Path(called.filename).name, called.name) == ("ews_connection.py", "call")
    assert (Path(raised.filename).name, raised.name) == ("test_calendar.py", "call")
    assert not any(secret in caplog.text + repr(vars(record)) for secret in (ANNA, subject))


def test_the_settings_do_not_show_the_password(exchange: OnPremises) -> None:
    assert people.EWS_PASSWORD not in repr(settings(exchange))


def test_the_schema_that_all_this_is_held_to_refuses_what_is_wrong(exchange: OnPremises) -> None:
    good = etree.fromstring(b"<x/>")
    exchange.schema.check(etree.tostring(good), "control")
    wrong = (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        b'<GetItem xmlns="http://schemas.microsoft.com/exchange/services/2006/messages"/></s:Body></s:Envelope>'
    )
    exchange.schema.check(wrong, "control")

    assert len(exchange.schema.violations) == 1
    exchange.schema.violations.clear()


def test_one_time_of_a_series_leads_to_its_series_by_its_uid(
    exchange: OnPremises, books: Books, calendar: EwsCalendar
) -> None:
    series = books(own=str(TAG), recurrence=WEEKLY)
    anna = exchange.mailbox()
    _, second, *_ = exchange.store.instances(series, series.start, series.start + timedelta(days=30))
    pane = json.dumps({"meeting": OTHER, "instance": INSTANCE})
    day = timedelta(days=1)
    moved = {"start": second.start + day, "end": second.end + day}
    exchange.store.change(anna, second.item_id, Wish(moved, {PANE: pane}))
    snapshot = seen(calendar, second)
    assert (snapshot.kind, snapshot.tag) == (Kind.OCCURRENCE, Tag(INSTANCE, OTHER))
    assert snapshot.original_start == second.start
    (whole,) = calendar.find_uid(ANNA, snapshot.uid)
    assert (whole.kind, whole.ref.item_id, whole.tag) == (Kind.MASTER, series.item_id, TAG)
    part = occurrence_in(whole, second.start)
    assert part
    assert (part.start, part.end) == (second.start + day, second.end + day)
    exchange.store.delete(anna, second.item_id)
    assert occurrence_in(seen(calendar, series), second.start) is None
