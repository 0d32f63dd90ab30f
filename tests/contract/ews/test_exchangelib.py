"""exchangelib, as its users use it, works against the simulated Exchange: a client that knows neither of us."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from exchangelib import (
    BASIC,
    DELEGATE,
    IMPERSONATION,
    UTC,
    Account,
    Attendee,
    CalendarItem,
    Configuration,
    Credentials,
    EWSDate,
    EWSDateTime,
    EWSTimeZone,
    ExtendedProperty,
    FailFast,
    HTMLBody,
    Mailbox,
    errors,
)
from exchangelib.folders import Calendar
from exchangelib.protocol import close_connections
from exchangelib.recurrence import Recurrence, WeeklyPattern
from exchangelib.version import EXCHANGE_2016, Version

from addin.sandbox import people
from tests.contract.ews.on_premises import OnPremises

HOME = EWSTimeZone("Europe/Stockholm")


class Mark(ExtendedProperty):
    property_set_id = "1b671a64-40d5-491e-99b0-da01ff1f3341"
    property_name = "Mark"
    property_type = "String"


class Blob(ExtendedProperty):
    distinguished_property_set_id = "PublicStrings"
    property_name = "cecp-0c1f7a3e-0000-4000-8000-000000000001"
    property_type = "String"


CalendarItem.register("mark", Mark)
CalendarItem.register("blob", Blob)


def opened(exchange: OnPremises, address: str, access: str = IMPERSONATION, **credentials: str) -> Account:
    known = {"username": people.EWS_USER, "password": people.EWS_PASSWORD} | credentials
    configuration = Configuration(
        service_endpoint=exchange.url,
        credentials=Credentials(**known),
        auth_type=BASIC,
        version=Version(EXCHANGE_2016),
        retry_policy=FailFast(),
    )
    return Account(
        address, config=configuration, autodiscover=False, access_type=access, default_timezone=HOME
    )


@pytest.fixture
def anna(exchange: OnPremises) -> Iterator[Account]:
    yield opened(exchange, people.ANNA.address)
    close_connections()


def at(day: int, hour: int, month: int = 3) -> EWSDateTime:
    return EWSDateTime(2027, month, day, hour, 0, tzinfo=HOME)


def saved(account: Account, folder: Any = None, **changes: Any) -> CalendarItem:
    told = {"subject": "Samtal", "start": at(1, 10), "end": at(1, 11), "reminder_minutes_before_start": 15}
    item = CalendarItem(account=account, folder=folder or account.calendar, **{**told, **changes})
    return item.save()


def read(account: Account, item: CalendarItem) -> CalendarItem:
    found = next(iter(account.fetch([(item.id, None)])))
    if isinstance(found, Exception):
        raise found
    return found


def test_what_is_written_is_what_is_read(anna: Account) -> None:
    item = saved(
        anna,
        body=HTMLBody("<p>Hej</p>"),
        location="Rum 1",
        categories=["Vård"],
        sensitivity="Private",
        mark="m-1",
        blob='{"meeting":"1"}',
        required_attendees=[Attendee(mailbox=Mailbox(email_address=people.BO.address))],
    )

    found = read(anna, item)

    assert (found.subject, found.location, found.categories) == ("Samtal", "Rum 1", ["Vård"])
    assert (found.mark, found.blob, found.sensitivity) == ("m-1", '{"meeting":"1"}', "Private")
    # HTML is kept as a whole document, as Exchange keeps it.
    assert "<p>Hej</p>" in found.body
    assert (found.start, found.end) == (at(1, 10), at(1, 11))
    assert found.required_attendees[0].mailbox.email_address == people.BO.address
    assert found.is_meeting
    assert found.organizer.email_address == people.ANNA.address
    assert found.type == "Single"


def test_stockholm_comes_back_as_berlin(anna: Account) -> None:
    assert read(anna, saved(anna))._start_timezone == EWSTimeZone("Europe/Berlin")


def test_items_are_found_by_their_extended_properties(anna: Account) -> None:
    wanted = saved(anna, mark="m-1", blob='{"meeting":"abc"}')
    saved(anna, mark="m-2")
    saved(anna)

    def ids(**query: Any) -> set[str]:
        return {one.id for one in anna.calendar.filter(**query).only("mark")}

    assert ids(mark="m-1") == {wanted.id}
    assert ids(blob__contains="abc") == {wanted.id}
    assert ids(blob__exists=True) == {wanted.id}
    assert ids(mark__startswith="m-") == {one.id for one in anna.calendar.all() if one.mark}
    assert ids(mark="M-1") == set()


def test_a_uid_cannot_be_searched_for(anna: Account) -> None:
    uid = read(anna, saved(anna)).uid

    with pytest.raises(ValueError, match="uid"):
        list(anna.calendar.filter(uid=uid))


def test_a_view_tells_occurrences_and_a_search_their_series(anna: Account) -> None:
    rule = Recurrence(pattern=WeeklyPattern(interval=1, weekdays=[1]), start=EWSDate(2027, 3, 1), number=5)
    master = saved(anna, recurrence=rule)

    viewed = list(anna.calendar.view(start=at(1, 0), end=at(30, 0)))

    assert [one.start for one in viewed] == [at(day, 10) for day in (1, 8, 15, 22, 29)]
    assert {one.type for one in viewed} == {"Occurrence"}
    assert [one.id for one in anna.calendar.all().only("subject")] == [master.id]


def test_a_series_tells_what_was_moved_and_what_was_taken_out(anna: Account) -> None:
    rule = Recurrence(pattern=WeeklyPattern(interval=2, weekdays=[1, 4]), start=EWSDate(2027, 3, 1), number=6)
    master = saved(anna, recurrence=rule)
    second, third = (master.occurrence(number) for number in (2, 3))
    second.refresh()
    second.start, second.end = at(5, 13), at(5, 14)
    second.save(update_fields=["start", "end"])
    third.refresh()
    third.delete()

    found = read(anna, master)

    assert found.type == "RecurringMaster"
    assert found.recurrence.pattern.interval == 2
    assert found.recurrence.pattern.weekdays == [1, 4]
    assert found.recurrence.boundary.number == 6
    moved = found.modified_occurrences[0]
    assert (moved.original_start, moved.start, moved.end) == (at(4, 10), at(5, 13), at(5, 14))
    assert [one.start for one in found.deleted_occurrences] == [at(15, 10)]
    assert found.first_occurrence.start == at(1, 10)
    with pytest.raises(errors.ErrorCalendarOccurrenceIsDeletedFromRecurrence):
        master.occurrence(3).refresh()


def test_an_occurrence_keeps_its_wall_time_over_a_change_of_clocks(anna: Account) -> None:
    rule = Recurrence(pattern=WeeklyPattern(interval=1, weekdays=[1]), start=EWSDate(2027, 3, 22), number=2)
    saved(anna, start=at(22, 10), end=at(22, 11), recurrence=rule)

    viewed = list(anna.calendar.view(start=at(20, 0), end=at(3, 0, month=4)))

    assert [one.start.astimezone(UTC).hour for one in viewed] == [9, 8]


def test_a_write_over_somebody_elses_is_refused_and_changes_nothing(anna: Account) -> None:
    item = saved(anna, mark="m-1")
    stale = read(anna, item)
    item.subject = "Nytt"
    item.save(update_fields=["subject"])
    stale.mark = "m-2"

    with pytest.raises(errors.ErrorIrresolvableConflict):
        stale.save(update_fields=["mark"], conflict_resolution="NeverOverwrite")
    assert read(anna, item).mark == "m-1"
    stale.save(update_fields=["mark"], conflict_resolution="AutoResolve")

    assert (read(anna, item).mark, read(anna, item).subject) == ("m-2", "Nytt")


def test_an_extended_property_can_be_taken_away(anna: Account) -> None:
    item = saved(anna, mark="m-1")
    item.mark = None
    item.save(update_fields=["mark"])

    assert read(anna, item).mark is None


def test_a_moved_item_has_another_id_and_the_same_uid(anna: Account) -> None:
    other = Calendar(parent=anna.msg_folder_root, name="Jour")
    item = saved(anna)
    uid = read(anna, item).uid
    exchange_folder = anna.trash
    before = item.id

    item.move(exchange_folder)

    assert item.id != before
    assert read(anna, item).uid == uid
    assert isinstance(next(iter(anna.fetch([(before, None)]))), errors.ErrorItemNotFound)
    item.move(anna.calendar)
    assert read(anna, item).uid == uid
    assert [one.id for one in anna.calendar.all().only("subject")] == [item.id]
    assert other.id is None


def test_a_copy_has_another_uid_and_the_same_properties(anna: Account) -> None:
    item = saved(anna, mark="m-1")

    copied_id, _ = item.copy(anna.calendar)

    copy = next(iter(anna.fetch([(copied_id, None)])))
    assert copy.mark == "m-1"
    assert copy.uid != read(anna, item).uid


def test_items_are_deleted_in_three_ways(anna: Account) -> None:
    trashed, soft, hard = (saved(anna) for _ in range(3))
    trashed.move_to_trash()
    soft.soft_delete()
    hard.delete()

    assert anna.calendar.all().count() == 0
    assert [one.subject for one in anna.trash.all()] == ["Samtal"]


def test_a_cancelled_meeting_is_told_to_its_attendees(exchange: OnPremises, anna: Account) -> None:
    asked = [Attendee(mailbox=Mailbox(email_address=people.BO.address))]
    item = CalendarItem(
        account=anna,
        folder=anna.calendar,
        subject="Möte",
        start=at(1, 10),
        end=at(1, 11),
        required_attendees=asked,
    )
    item.save(send_meeting_invitations="SendToAllAndSaveCopy")
    bo = opened(exchange, people.BO.address)
    received = bo.calendar.all().get()
    assert (received.uid, received.my_response_type) == (read(anna, item).uid, "NoResponseReceived")

    item = read(anna, item)
    item.cancel()

    assert anna.calendar.all().count() == 0
    assert bo.calendar.all().get().is_cancelled


def test_changes_are_synchronised(anna: Account) -> None:
    first, second = saved(anna), saved(anna)
    folder = anna.calendar

    def synced() -> dict[Any, str]:
        told = folder.sync_items(
            sync_state=folder.item_sync_state, only_fields=["subject"], max_changes_returned=1
        )
        return {getattr(item, "id", None): kind for kind, item in told}

    assert synced() == {first.id: "create", second.id: "create"}
    assert synced() == {}
    first.subject = "Nytt"
    first.save(update_fields=["subject"])
    gone = second.id
    second.delete()
    third = saved(anna)
    assert synced() == {first.id: "update", gone: "delete", third.id: "create"}


def test_what_happens_is_pulled_once_and_in_order(anna: Account) -> None:
    subscription, watermark = anna.calendar.subscribe_to_pull(timeout=10)
    items = [saved(anna) for _ in range(7)]
    items[0].move_to_trash()
    told: list[Any] = []

    more = True
    while more:
        # Its own loop asks for the same watermark for ever when there is more.
        notification = next(anna.calendar.get_events(subscription, watermark))
        told += [event for event in notification.events if event.ELEMENT_NAME != "StatusEvent"]
        watermark, more = notification.events[-1].watermark, notification.more_events

    assert [event.ELEMENT_NAME for event in told] == ["CreatedEvent"] * 7 + ["MovedEvent"]
    (nothing,) = anna.calendar.get_events(subscription, watermark)
    assert [event.ELEMENT_NAME for event in nothing.events] == ["StatusEvent"]
    anna.calendar.unsubscribe(subscription)
    with pytest.raises(errors.ErrorSubscriptionNotFound):
        list(anna.calendar.get_events(subscription, watermark))


def test_who_was_told_of_a_deletion_is_told_that_it_was_undone(anna: Account) -> None:
    item = saved(anna)
    subscription, watermark = anna.calendar.subscribe_to_pull(timeout=10)
    item.move_to_trash()
    (deleted,) = anna.calendar.get_events(subscription, watermark)

    thrown_away = anna.trash.all().get()
    thrown_away.move(anna.calendar)

    (restored,) = anna.calendar.get_events(subscription, deleted.events[-1].watermark)
    told = [(one.ELEMENT_NAME, one.item_id.id) for one in restored.events]
    assert told == [("MovedEvent", anna.calendar.all().get().id)]


def test_what_happens_is_streamed(anna: Account) -> None:
    subscription = anna.calendar.subscribe_to_streaming()
    item = saved(anna)

    (told,) = anna.calendar.get_streaming_events(subscription, connection_timeout=1)

    assert [(one.ELEMENT_NAME, one.item_id.id) for one in told.events] == [("CreatedEvent", item.id)]


def test_all_day_items_are_days(anna: Account) -> None:
    # Not on 28 March: of a day of 23 hours, exchangelib makes the day before.
    item = saved(anna, start=EWSDate(2027, 3, 29), end=EWSDate(2027, 3, 30), is_all_day=True)

    found = read(anna, item)

    assert (found.start, found.end) == (EWSDate(2027, 3, 29), EWSDate(2027, 3, 30))


def test_zones_and_names_are_told(anna: Account) -> None:
    zones = {zone_id for zone_id, *_ in _zone_ids(anna)}
    assert {"UTC", "W. Europe Standard Time"} <= zones
    assert [one.email_address for one in anna.protocol.resolve_names(["anna"])] == [people.ANNA.address]
    busy = list(anna.protocol.get_timezones(timezones=[HOME], return_full_timezone_data=True))
    assert len(busy) == 1


def _zone_ids(account: Account) -> list[tuple[str, str]]:
    return [(one.id, one.name) for one in account.protocol.get_timezones(return_full_timezone_data=False)]


def test_folders_are_walked(anna: Account) -> None:
    names = {folder.name for folder in anna.root.walk()}

    assert {"Kalender", "Borttaget", "Inkorgen"} <= names


@pytest.mark.parametrize(
    ("address", "credentials", "access", "expected"),
    [
        ("nobody@region.example", {}, IMPERSONATION, errors.ErrorNonExistentMailbox),
        (people.ANNA.address, {"password": "wrong"}, IMPERSONATION, errors.UnauthorizedError),
        (
            people.BO.address,
            {"username": people.ANNA.address, "password": people.MAILBOX_PASSWORD},
            IMPERSONATION,
            errors.ErrorImpersonateUserDenied,
        ),
    ],
    ids=["no such mailbox", "wrong password", "not the service account"],
)
def test_who_may_not_is_told_so(
    exchange: OnPremises, address: str, credentials: dict[str, str], access: str, expected: type[Exception]
) -> None:
    account = opened(exchange, address, access, **credentials)
    try:
        with pytest.raises(expected):
            account.calendar.all().count()
    finally:
        close_connections()


def test_a_person_opens_the_own_mailbox(exchange: OnPremises) -> None:
    told = {"username": f"REGION\\{people.ANNA.address}", "password": people.MAILBOX_PASSWORD}
    account = opened(exchange, people.ANNA.address, DELEGATE, **told)

    assert saved(account).id
    close_connections()


def test_a_busy_server_says_for_how_long(exchange: OnPremises, anna: Account) -> None:
    exchange.levers.switch({"fault": "refuse", "operation": "GetItem", "back_off": 7000})

    with pytest.raises(errors.ErrorServerBusy) as busy:
        read(anna, saved(anna))

    assert busy.value.back_off == 7.0
