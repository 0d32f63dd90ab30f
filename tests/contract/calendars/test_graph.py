"""The Graph adapter: what it asks for and never asks for, every trouble as a type of ours, both marks, watches."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs

import pytest

from addin.sandbox import people
from calendar_sync.calendar import (
    AccessDenied,
    CalendarUnavailable,
    CalendarUnreadable,
    Conflict,
    CredentialsRefused,
    MailboxElsewhere,
    MailboxMissing,
    NotUnderstood,
    Throttled,
    Watch,
    WatchWish,
)
from calendar_sync.graph import GraphCalendar
from calendar_sync.graph_items import OWN_MARK
from calendar_sync.graph_reading import MOST_PAGES
from calendar_sync.items import Found, Gone, ItemRef, Kind, Lookup, Tag, Unread, Unreadable, occurrence_in
from calendar_sync.microsoft.graph_http import PREFERENCES
from calendar_sync.microsoft.settings import ClientSecret
from tests.contract.calendars.graph_stand import GraphStand, settings
from tests.contract.calendars.stands import INSTANCE, SERVICE, Wish
from tests.contract.calendars.test_port import BLOCK, JOIN, NINE, new_tag, seen, utc
from tests.contract.conferencing.unruly import UnrulyServer, answer
from tests.contract.sandbox.receiver import Receiver
from tests.contract.sandbox.running import Json, Sandbox

ANNA: Final = f"/v1.0/users/{people.ANNA.address}"
EVENTS: Final = f"{ANNA}/events"
# What says something of people or of why they meet. `body` alone is ever read, and of a proven copy.
TELLING: Final = {
    "subject",
    "attendees",
    "organizer",
    "location",
    "locations",
    "body",
    "bodyPreview",
    "categories",
}


@pytest.fixture
def anna(region: Sandbox) -> GraphStand:
    return GraphStand(region)


def look(stand: GraphStand, item_id: str, calendar: GraphCalendar | None = None) -> Lookup:
    ref = ItemRef(stand.mailbox, item_id)
    return (calendar or stand.calendar).look([ref])[ref]


def strike(stand: GraphStand, path: str = EVENTS, *, method: str | None = None, **wish: Any) -> None:
    match = {"path_prefix": path} | ({"method": method} if method else {})
    stand.region.lever("faults", {"match": match, **wish})


def calls(stand: GraphStand, path: str = "/v1.0/") -> int:
    return len(stand.region.lever("log", path_prefix=path)["requests"])


# --- what is asked ------------------------------------------------------------------------------------------------


def test_nothing_that_tells_of_people_is_ever_asked_for(anna: GraphStand) -> None:
    tag = new_tag()
    item = anna.books(Wish(NINE, tag=tag, rule="FREQ=DAILY;COUNT=3"))
    single = anna.books(Wish(NINE, tag=new_tag(), has_attendees=True))
    anna.calendar.probe(anna.mailbox)
    anna.calendar.look([ItemRef(anna.mailbox, one) for one in (item, single)])
    anna.calendar.find_tagged(anna.mailbox)
    anna.calendar.find_tagged(anna.mailbox, tag.meeting)
    anna.calendar.find_uid(anna.mailbox, seen(anna, item).uid)
    anna.calendar.write_tag(ItemRef(anna.mailbox, single), new_tag(), seen(anna, single).version)
    asked = anna.requests()
    assert len(asked) > 10
    for one in asked:
        assert not re.search(r"calendarView|delta|instances|messages|mailFolders", one["path"]), one["path"]
        if one["method"] == "GET":
            query = parse_qs(one["query"])
            assert not set(query["$select"][0].split(",")) & TELLING
            assert not set(re.findall(r"\w+", query.get("$expand", [""])[0])) & TELLING
        elif not one["path"].endswith("$batch"):
            assert set(json.loads(one["body"])) == {"singleValueExtendedProperties"}


def test_a_body_is_read_and_written_only_to_replace_the_block_of_a_copy(anna: GraphStand) -> None:
    item = anna.books(Wish(NINE, tag=new_tag(), body=BLOCK.html))
    copy = seen(anna, anna.copies(item, NINE + timedelta(days=1)))
    anna.region.call("DELETE", "/sandbox/log")
    anna.calendar.replace_block(copy.ref, None, None, copy.version, SERVICE, [BLOCK])
    read, written = anna.requests()
    assert read["path"] == written["path"] == f"{EVENTS}/{copy.ref.item_id}"
    assert parse_qs(read["query"])["$select"] == ["id,body"]
    assert set(json.loads(written["body"])) == {"body", "singleValueExtendedProperties"}


def test_a_body_that_stays_as_it_is_is_not_written(anna: GraphStand) -> None:
    # A calendar mails a written body to whoever is invited, whether it says anything new or not.
    copy = seen(anna, anna.books(Wish(NINE, tag=new_tag(), has_attendees=True)))
    anna.region.call("DELETE", "/sandbox/log")
    anna.calendar.replace_block(copy.ref, None, None, copy.version, SERVICE, [BLOCK])
    _, written = anna.requests()
    assert set(json.loads(written["body"])) == {"singleValueExtendedProperties"}


def test_every_request_wants_immutable_ids_and_utc(anna: GraphStand) -> None:
    server = UnrulyServer([answer("200 OK", b'{"value": []}', "Content-Type: application/json")])
    microsoft = replace(settings(anna.region).microsoft, base_url=f"{server.base_url}/v1.0")
    calendar = GraphCalendar(settings(anna.region, microsoft=microsoft))
    refs = [ItemRef(anna.mailbox, f"AAkALg{number}") for number in range(2)]
    watch = WatchWish("https://mote.region.example/n", "https://mote.region.example/l", "secret")
    attempts: list[Callable[[], object]] = [
        lambda: calendar.look(refs[:1]),
        lambda: calendar.look(refs),
        lambda: calendar.find_tagged(anna.mailbox),
        lambda: calendar.write_tag(refs[0], new_tag(), 'W/"1"'),
        lambda: calendar.replace_block(refs[0], None, None, 'W/"1"', SERVICE),
        lambda: calendar.watch(anna.mailbox, watch),
        lambda: calendar.renew(anna.mailbox, "s-1"),
        lambda: calendar.unwatch(anna.mailbox, "s-1"),
    ]
    for attempt in attempts:
        before = len(server.requests)
        with suppress(NotUnderstood):  # this server's answer to everything is an empty list
            attempt()
        assert len(server.requests) > before
    server.close()
    heads = [head.split(b"\r\n\r\n")[0].decode() for head in server.requests]
    assert all(f"Prefer: {PREFERENCES}" in head for head in heads)
    assert all("Accept-Encoding: identity" in head for head in heads)


def test_every_request_within_a_batch_does_so_itself(anna: GraphStand) -> None:
    items = [anna.books(Wish(NINE)) for _ in range(2)]
    anna.calendar.look([ItemRef(anna.mailbox, item) for item in items])
    batches = anna.region.lever("log", path_prefix="/v1.0/$batch")["requests"]
    inner = [one for batch in batches for one in json.loads(batch["body"])["requests"]]
    assert len(inner) >= 2
    assert {one["headers"]["Prefer"] for one in inner} == {PREFERENCES}


def test_many_items_take_as_few_calls_as_can_be(anna: GraphStand) -> None:
    items = [anna.books(Wish(NINE)) for _ in range(25)]
    anna.calendar.find_tagged(anna.mailbox)
    look(anna, items[0])
    tagged = anna.books(Wish(NINE, tag=new_tag()))
    anna.calendar.find_tagged(anna.mailbox)  # from now on the calendar's folder is known to be one
    anna.region.call("DELETE", "/sandbox/log")
    looks = anna.calendar.look([ItemRef(anna.mailbox, item) for item in [*items, tagged]])
    assert {type(one) for one in looks.values()} == {Found}
    assert calls(anna, "/v1.0/$batch") == 2
    anna.region.call("DELETE", "/sandbox/log")
    assert isinstance(look(anna, tagged), Found)
    assert calls(anna) == 1


def test_however_many_ask_at_once_the_mailbox_has_no_more_than_four(anna: GraphStand) -> None:
    items = [anna.books(Wish(NINE)) for _ in range(12)]
    anna.region.lever("exchange/settings", {"answer_seconds": 0.03})
    with ThreadPoolExecutor(12) as pool:
        looks = list(pool.map(lambda item: look(anna, item), items))
    assert {type(one) for one in looks} == {Found}


# --- trouble ------------------------------------------------------------------------------------------------------

TROUBLE: Final = [
    pytest.param({"fault": "graph", "status": 401}, CredentialsRefused, None, id="401"),
    pytest.param({"fault": "graph", "status": 403}, AccessDenied, None, id="403"),
    pytest.param({"fault": "graph", "status": 429, "retry_after": 17}, Throttled, 17, id="429"),
    pytest.param({"fault": "graph", "status": 503, "retry_after": 5}, Throttled, 5, id="503 and when"),
    pytest.param({"fault": "graph", "status": 503}, CalendarUnavailable, None, id="503"),
    pytest.param({"fault": "status", "status": 502, "body": "<html>"}, CalendarUnavailable, None, id="502"),
    pytest.param({"fault": "graph", "status": 504}, CalendarUnavailable, None, id="504"),
    pytest.param(
        {"fault": "status", "status": 404, "body": "<html>"}, NotUnderstood, None, id="a proxy's 404"
    ),
    pytest.param(
        {"fault": "graph", "status": 404, "code": "ErrorInvalidUser"}, MailboxMissing, None, id="no user"
    ),
    pytest.param(
        {"fault": "graph", "status": 404, "code": "MailboxNotEnabledForRESTAPI"},
        MailboxElsewhere,
        None,
        id="moved",
    ),
    pytest.param(
        {"fault": "graph", "status": 400, "code": "ErrorInvalidRequest"}, NotUnderstood, None, id="400"
    ),
    pytest.param({"fault": "status", "status": 302}, NotUnderstood, None, id="a redirect"),
    pytest.param({"fault": "malformed_json"}, NotUnderstood, None, id="malformed"),
    pytest.param({"fault": "status", "status": 200, "body": "[]"}, NotUnderstood, None, id="not an object"),
    pytest.param(
        {"fault": "status", "status": 200, "body": '{"id": 7}'}, NotUnderstood, None, id="not an event"
    ),
    pytest.param({"fault": "lost_response"}, CalendarUnavailable, None, id="lost"),
    pytest.param({"fault": "close_before_effect"}, CalendarUnavailable, None, id="closed"),
    pytest.param({"fault": "slow", "seconds": 2}, CalendarUnavailable, None, id="slow"),
]


@pytest.mark.parametrize(("wish", "failure", "retry_after"), TROUBLE)
def test_no_trouble_makes_an_item_gone(
    region: Sandbox, wish: Json, failure: type[CalendarUnreadable], retry_after: float | None
) -> None:
    anna = GraphStand(region, timeout_seconds=0.5 if wish["fault"] == "slow" else 30.0)
    item = anna.books(Wish(NINE, tag=new_tag()))
    strike(anna, **wish, times=10)
    assert look(anna, item) == Unreadable(failure.reason, retry_after)


@pytest.mark.parametrize(("wish", "failure", "retry_after"), TROUBLE)
def test_no_trouble_hides_a_tagged_item(
    region: Sandbox, wish: Json, failure: type[CalendarUnreadable], retry_after: float | None
) -> None:
    anna = GraphStand(region, timeout_seconds=0.5 if wish["fault"] == "slow" else 30.0)
    anna.books(Wish(NINE, tag=new_tag()))
    strike(anna, f"{ANNA}/calendars", **wish, times=10)
    with pytest.raises(failure) as raised:
        anna.calendar.find_tagged(anna.mailbox)
    assert raised.value.retry_after == retry_after
    assert str(raised.value) == failure.reason.value, "nothing of Graph's words"


@pytest.mark.parametrize(("wish", "failure", "retry_after"), TROUBLE)
def test_trouble_while_writing_is_told_by_its_kind(
    region: Sandbox, wish: Json, failure: type[CalendarUnreadable], retry_after: float | None
) -> None:
    anna = GraphStand(region, timeout_seconds=0.5 if wish["fault"] == "slow" else 30.0)
    patient = GraphStand(region)
    before = seen(patient, patient.books(Wish(NINE)))
    strike(anna, **wish, method="PATCH", times=10)
    with pytest.raises(failure) as raised:
        anna.calendar.write_tag(before.ref, new_tag(), before.version)
    assert raised.value.retry_after == retry_after


@pytest.mark.parametrize("status", [409, 412])
def test_a_conflict_is_one_whichever_way_graph_says_it(anna: GraphStand, status: int) -> None:
    anna.region.lever("exchange/settings", {"stale_status": status})
    before = seen(anna, anna.books(Wish(NINE)))
    anna.moves_to(before.ref.item_id, NINE + timedelta(hours=1))
    with pytest.raises(Conflict):
        anna.calendar.write_tag(before.ref, new_tag(), before.version)


@pytest.mark.parametrize("status", [409, 412])
def test_a_conflict_while_reading_is_no_answer(anna: GraphStand, status: int) -> None:
    item = anna.books(Wish(NINE))
    strike(anna, fault="graph", status=status, code="ErrorIrresolvableConflict")
    assert look(anna, item) == Unreadable(Unread.UNREACHABLE)


def test_a_refused_token_is_renewed_once_and_nobody_notices(anna: GraphStand) -> None:
    item = anna.books(Wish(NINE))
    look(anna, item)
    strike(anna, fault="graph", status=401)
    assert isinstance(look(anna, item), Found)
    tokens = anna.region.lever("log", method="POST", path_prefix=f"/{people.TENANT}/oauth2")["requests"]
    assert len(tokens) == 2


def test_a_mailbox_that_says_not_found_of_everything_is_denied_and_nothing_is_gone(anna: GraphStand) -> None:
    item = anna.books(Wish(NINE))
    strike(anna, ANNA, fault="graph", status=404, code="ErrorItemNotFound", times=10)
    assert look(anna, item) == Unreadable(Unread.DENIED)
    for ask in (anna.calendar.find_tagged, anna.calendar.probe):
        with pytest.raises(AccessDenied):
            ask(anna.mailbox)


def test_half_a_batch_proves_nothing_of_the_other_half(anna: GraphStand) -> None:
    items = [anna.books(Wish(NINE)) for _ in range(4)]
    look(anna, items[0])
    strike(anna, f"{EVENTS}/{items[0]}", fault="close_before_effect")
    strike(anna, f"{EVENTS}/{items[1]}", fault="graph", status=429, retry_after=9)
    strike(anna, f"{EVENTS}/{items[2]}", fault="graph", status=503)
    looks = anna.calendar.look([ItemRef(anna.mailbox, item) for item in items])
    first, second, third, fourth = looks.values()
    assert (first, second) == (Unreadable(Unread.UNREACHABLE), Unreadable(Unread.THROTTLED, 9))
    assert third == Unreadable(Unread.UNREACHABLE)
    assert isinstance(fourth, Found)


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"fault": "graph", "status": 429, "retry_after": 3}, Unread.THROTTLED),
        ({"fault": "graph", "status": 500}, Unread.UNREACHABLE),
        ({"fault": "status", "status": 200, "body": '{"responses": 7}'}, Unread.NOT_UNDERSTOOD),
        ({"fault": "status", "status": 200, "body": '{"responses": [7, {"id": "0"}]}'}, Unread.UNREACHABLE),
        ({"fault": "malformed_json"}, Unread.NOT_UNDERSTOOD),
    ],
    ids=str,
)
def test_trouble_with_a_whole_batch_is_every_items(anna: GraphStand, wish: Json, reason: Unread) -> None:
    items = [anna.books(Wish(NINE)) for _ in range(3)]
    strike(anna, "/v1.0/$batch", **wish)
    looks = anna.calendar.look([ItemRef(anna.mailbox, item) for item in items])
    assert {look.reason for look in looks.values() if isinstance(look, Unreadable)} == {reason}
    assert len(looks) == 3


def test_a_secretary_s_list_tells_whose_calendars_she_keeps(anna: GraphStand) -> None:
    unit = "psykiatrimottagningen@region.example"
    assert anna.calendar.shared_with(people.CARIN.address) == {
        people.ANNA.address,
        people.BO.address,
        unit,
    }
    assert anna.calendar.shared_with(people.EVA.address) == frozenset()
    anna.region.lever("exchange/mailboxes", {"address": people.BO.address, "home": "on_premises"})
    assert anna.calendar.shared_with(people.CARIN.address) == {people.ANNA.address, unit}


def test_a_calendar_that_she_may_only_read_or_that_is_nobody_s_is_not_told(anna: GraphStand) -> None:
    own = {"id": "1", "isDefaultCalendar": True, "canEdit": True, "owner": {"address": anna.mailbox.upper()}}
    others = [
        {"id": "2", "canEdit": True, "owner": {"address": "Bo.Sandstrom@region.example"}},
        {"id": "3", "canEdit": False, "owner": {"address": "eva.holm@region.example"}},
        {"id": "4", "canEdit": True, "owner": None},
        {"id": "5", "canEdit": True},
        {"id": "6", "canEdit": True, "owner": {"address": anna.mailbox}},
    ]
    body = json.dumps({"value": [own, *others]})
    strike(anna, f"{ANNA}/calendars", fault="status", status=200, body=body)
    assert anna.calendar.shared_with(anna.mailbox) == {"bo.sandstrom@region.example"}


def test_a_next_page_that_leads_elsewhere_is_not_followed(anna: GraphStand) -> None:
    body = {"value": [], "@odata.nextLink": "https://elsewhere.example/v1.0/users"}
    strike(anna, f"{ANNA}/calendars", fault="status", status=200, body=json.dumps(body))
    with pytest.raises(NotUnderstood):
        anna.calendar.find_tagged(anna.mailbox)


def test_a_list_that_does_not_end_is_not_taken_for_all_there_is(anna: GraphStand) -> None:
    link = f"{anna.region.base}{ANNA}/calendars?$skip=1"
    body = json.dumps({"value": [{"id": "calendar", "isDefaultCalendar": True}], "@odata.nextLink": link})
    strike(anna, f"{ANNA}/calendars", fault="status", status=200, body=body, times=MOST_PAGES)
    with pytest.raises(NotUnderstood):
        anna.calendar.find_tagged(anna.mailbox)


def test_another_item_with_its_uid_does_not_make_an_item_live(anna: GraphStand) -> None:
    item = anna.books(Wish(NINE))
    told = anna.outlook("GET", f"/me/events/{item}")
    body = json.dumps({"value": [told | {"id": "restored", "@odata.etag": 'W/"1"'}]})
    strike(anna, f"{ANNA}/calendars/", fault="status", status=200, body=body)
    assert look(anna, item) == Gone()


@pytest.mark.parametrize("listed", [[], [{"id": "shared", "owner": {"address": "bo@region.example"}}]])
def test_a_mailbox_that_tells_of_no_calendar_of_its_own_has_lost_nothing(
    anna: GraphStand, listed: list[Json]
) -> None:
    item = anna.books(Wish(NINE))
    strike(anna, f"{ANNA}/calendars", fault="status", status=200, body=json.dumps({"value": listed}), times=2)
    assert look(anna, item) == Unreadable(Unread.NOT_UNDERSTOOD)
    with pytest.raises(NotUnderstood):
        anna.calendar.find_tagged(anna.mailbox)


@pytest.mark.parametrize(
    "code", ["ErrorInvalidIdMalformed", "ErrorInvalidMailboxItemId", "ErrorItemNotFound"]
)
def test_what_is_no_id_of_this_mailbox_is_gone_while_the_mailbox_can_be_read(
    anna: GraphStand, code: str
) -> None:
    strike(anna, EVENTS, fault="graph", status=404 if code == "ErrorItemNotFound" else 400, code=code)
    assert look(anna, "AAkALgAAAA") == Gone()


def test_a_mailbox_outside_what_was_granted_is_denied(region: Sandbox) -> None:
    with pytest.raises(AccessDenied):
        GraphStand(region).calendar.probe("diarium@region.example")


def test_a_mailbox_on_premises_is_elsewhere(anna: GraphStand) -> None:
    item = anna.books(Wish(NINE))
    anna.region.lever("exchange/mailboxes", {"address": anna.mailbox, "home": "on_premises"})
    assert look(anna, item) == Unreadable(Unread.MAILBOX_ELSEWHERE)
    for ask in (anna.calendar.find_tagged, anna.calendar.probe):
        with pytest.raises(MailboxElsewhere):
            ask(anna.mailbox)


def test_entra_being_away_makes_nothing_gone(anna: GraphStand) -> None:
    item = anna.books(Wish(NINE))
    strike(anna, f"/{people.TENANT}/", fault="status", status=503, times=5)
    assert look(anna, item) == Unreadable(Unread.UNREACHABLE)


def test_what_is_read_depends_on_what_was_granted(region: Sandbox) -> None:
    readonly = GraphStand(region, writes=False)
    assert not readonly.calendar.probe(readonly.mailbox).writes
    assert GraphStand(region).calendar.probe(readonly.mailbox).writes


# --- marks --------------------------------------------------------------------------------------------------------


def pane(meeting: str, **more: str) -> str:
    return json.dumps({"meeting": meeting, "item": "AAMkAD==", **more})


def test_the_panes_own_mark_is_read_before_the_service_has_written_one(anna: GraphStand) -> None:
    meeting, others = secrets.token_hex(16), secrets.token_hex(16)
    with_instance = anna.books(Wish(NINE), pane=pane(meeting, instance=INSTANCE))
    without = anna.books(Wish(NINE), pane=pane(others))
    anna.books(Wish(NINE), pane=pane(secrets.token_hex(16), instance="another-region"))
    anna.books(Wish(NINE), pane='{"draft": "x"}')
    anna.books(Wish(NINE), pane="not JSON")
    found = {one.ref.item_id: one.tag for one in anna.calendar.find_tagged(anna.mailbox)}
    assert found == {with_instance: Tag(INSTANCE, meeting), without: Tag(INSTANCE, others)}
    assert [one.ref.item_id for one in anna.calendar.find_tagged(anna.mailbox, others)] == [without]


def test_an_item_with_both_marks_is_found_once_by_what_was_booked_in_it_last(anna: GraphStand) -> None:
    tag, later = new_tag(), new_tag()
    item = anna.books(Wish(NINE, tag=tag), pane=pane(later.meeting))
    (found,) = anna.calendar.find_tagged(anna.mailbox)
    assert (found.ref.item_id, found.tag) == (item, later)
    assert anna.calendar.find_tagged(anna.mailbox, tag.meeting) == []
    assert len(anna.calendar.find_tagged(anna.mailbox, later.meeting)) == 1


def test_a_copy_of_another_meeting_is_that_meetings_in_the_pane_too(anna: GraphStand) -> None:
    tag, other = new_tag(), new_tag()
    item = anna.books(Wish(NINE, tag=tag, body=BLOCK.html), pane=pane(tag.meeting))
    copy = seen(anna, anna.copies(item, NINE + timedelta(days=1)))
    anna.calendar.replace_block(copy.ref, None, other, copy.version, SERVICE, [BLOCK])
    assert json.loads(anna.pane(copy.ref.item_id) or "") == {"meeting": other.meeting, "instance": INSTANCE}
    assert json.loads(anna.pane(item) or "")["meeting"] == tag.meeting


def test_a_stripped_copy_is_nobodys_in_the_pane_too(anna: GraphStand) -> None:
    tag = new_tag()
    item = anna.books(Wish(NINE, tag=tag), pane=pane(tag.meeting))
    copy = seen(anna, anna.copies(item, NINE + timedelta(days=1)))
    version = anna.calendar.write_tag(copy.ref, None, copy.version)
    assert json.loads(anna.pane(copy.ref.item_id) or "") == {}
    assert seen(anna, copy.ref.item_id).version == version
    assert [one.ref.item_id for one in anna.calendar.find_tagged(anna.mailbox)] == [item]


def test_a_plain_text_body_stays_plain_text(anna: GraphStand) -> None:
    item = anna.books(Wish(NINE, tag=new_tag()))
    text = {"contentType": "text", "content": f"Ta med remissen\r\n{BLOCK.text}\r\nRing vid frågor"}
    anna.outlook("PATCH", f"/me/events/{item}", {"body": text})
    snapshot = seen(anna, item)
    anna.calendar.replace_block(snapshot.ref, None, None, snapshot.version, SERVICE, [BLOCK])
    body = anna.outlook("GET", f"/me/events/{item}")["body"]
    assert body["contentType"] == "text"
    assert JOIN not in body["content"]
    assert body["content"].split() == ["Ta", "med", "remissen", "Ring", "vid", "frågor"]


# --- other items --------------------------------------------------------------------------------------------------


def test_an_attendees_item_does_not_decide(anna: GraphStand) -> None:
    tag = new_tag()
    item = anna.books(Wish(NINE, tag=tag))
    guest = {"emailAddress": {"name": "Bo", "address": people.BO.address}}
    anna.outlook("PATCH", f"/me/events/{item}", {"attendees": [guest]})
    uid = seen(anna, item).uid
    (theirs,) = anna.calendar.find_uid(people.BO.address, uid)
    assert theirs.is_meeting
    assert not theirs.is_organiser
    anna.outlook("POST", f"/me/events/{item}/cancel", {})
    (cancelled,) = anna.calendar.find_uid(people.BO.address, uid)
    assert cancelled.is_cancelled


def test_an_item_that_is_not_understood_hides_no_other_from_a_search_for_all(anna: GraphStand) -> None:
    known, odd = new_tag(), new_tag()
    event: Json = {
        "id": "known",
        "@odata.etag": 'W/"1"',
        "iCalUId": "uid-1",
        "type": "singleInstance",
        **{
            one: {"dateTime": f"2027-03-01T{hour}:00:00", "timeZone": "UTC"}
            for one, hour in (("start", 10), ("end", 11))
        },
        "isAllDay": False,
        "isCancelled": False,
        "isOrganizer": True,
        "singleValueExtendedProperties": [{"id": OWN_MARK, "value": str(known)}],
    }
    marks = [{"id": OWN_MARK, "value": str(odd)}]
    page = {"value": [event | {"id": "odd", "type": "new", "singleValueExtendedProperties": marks}, event]}
    batch = [{"id": number, "status": 200, "body": page} for number in ("0", "1")]
    # One answer for both questions: which calendars there are, and what is in them.
    calendars = [{"id": "calendar", "isDefaultCalendar": True}]
    told = json.dumps({"value": calendars, "responses": batch}).encode()
    server = UnrulyServer([answer("200 OK", told, "Content-Type: application/json")])
    microsoft = replace(settings(anna.region).microsoft, base_url=f"{server.base_url}/v1.0")
    calendar = GraphCalendar(settings(anna.region, microsoft=microsoft))
    assert [one.tag for one in calendar.find_tagged(anna.mailbox)] == [known]
    with pytest.raises(NotUnderstood):
        calendar.find_tagged(anna.mailbox, odd.meeting)
    server.close()


def test_an_occurrence_is_one_and_not_its_series(anna: GraphStand) -> None:
    item = anna.books(Wish(NINE, rule="FREQ=DAILY;COUNT=3"))
    second = NINE + timedelta(days=1)
    one = anna._occurrence(item, second.date())["id"]
    snapshot = seen(anna, one)
    assert (snapshot.kind, snapshot.series) == (Kind.OCCURRENCE, None)
    assert snapshot.start == utc(second)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("W. Europe Standard Time", "Europe/Stockholm"),
        ("FLE Standard Time", "Europe/Helsinki"),
        ("Europe/Oslo", "Europe/Oslo"),
    ],
)
def test_a_windows_zone_is_the_one_at_home_where_it_can_be(
    anna: GraphStand, zone: str, expected: str
) -> None:
    assert seen(anna, anna.books(Wish(NINE, zone=zone))).zone == expected


def test_an_id_from_outlook_leads_to_the_item_under_its_immutable_id(anna: GraphStand) -> None:
    item = anna.books(Wish(NINE))
    rest_ids = anna.region.outlook("GET", "/me/events").json()["value"]
    outlooks = rest_ids[0]["id"].replace("-", "/").replace("_", "+")
    lookup = look(anna, outlooks)
    assert isinstance(lookup, Found)
    assert lookup.snapshot.ref == ItemRef(anna.mailbox, item)


# --- on behalf of -------------------------------------------------------------------------------------------------


def personal(anna: GraphStand, person: people.Person) -> GraphCalendar:
    microsoft = replace(
        settings(anna.region).microsoft,
        client_id=people.API_CLIENT,
        credential=ClientSecret(people.API_SECRET),
    )
    calendar = GraphCalendar(settings(anna.region, microsoft=microsoft))
    return calendar.on_behalf_of(anna.region.token(person))


def test_a_click_sees_what_the_clinician_sees(anna: GraphStand) -> None:
    tag = new_tag()
    item = anna.books(Wish(NINE, tag=tag))
    for person in (people.ANNA, people.CARIN):
        lookup = look(anna, item, personal(anna, person))
        assert isinstance(lookup, Found)
        assert lookup.snapshot.tag == tag
    assert look(anna, item, personal(anna, people.DAVID)) == Unreadable(Unread.DENIED)


# --- watches ------------------------------------------------------------------------------------------------------


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


def wished(receiver: Receiver) -> WatchWish:
    return WatchWish(f"{receiver.url}/changes", f"{receiver.url}/lifecycle", "secret-of-this-one")


def test_a_watch_tells_of_changes_by_immutable_ids_and_with_its_secret(
    anna: GraphStand, receiver: Receiver
) -> None:
    watch = anna.calendar.watch(anna.mailbox, wished(receiver))
    item = anna.books(Wish(NINE))
    anna.region.lever("exchange/notifications", wait=60)
    (told,) = receiver.items
    assert (told["subscriptionId"], told["clientState"]) == (watch.id, "secret-of-this-one")
    assert told["resourceData"]["id"] == item
    assert "encryptedContent" not in told


def test_a_watch_lives_as_long_as_is_granted_everywhere_and_can_be_prolonged(
    anna: GraphStand, receiver: Receiver
) -> None:
    watch = anna.calendar.watch(anna.mailbox, wished(receiver))
    assert_lives(watch, minutes=4230)
    shorter = GraphStand(anna.region, watch_minutes=60)
    renewed = shorter.calendar.renew(anna.mailbox, watch.id)
    assert renewed
    assert_lives(renewed, minutes=60)
    assert renewed.id == watch.id


def test_a_lost_watch_is_told_and_ending_it_is_no_error(anna: GraphStand, receiver: Receiver) -> None:
    watch = anna.calendar.watch(anna.mailbox, wished(receiver))
    anna.region.lever("exchange/subscriptions", {"event": "expired"})
    assert anna.calendar.renew(anna.mailbox, watch.id) is None
    anna.calendar.unwatch(anna.mailbox, watch.id)


def test_a_watch_that_is_ended_tells_nothing_more(anna: GraphStand, receiver: Receiver) -> None:
    watch = anna.calendar.watch(anna.mailbox, wished(receiver))
    anna.calendar.unwatch(anna.mailbox, watch.id)
    anna.books(Wish(NINE))
    anna.region.lever("exchange/notifications", wait=60)
    assert receiver.items == []


def test_a_watch_cannot_be_had_where_nobody_answers_the_handshake(
    anna: GraphStand, receiver: Receiver
) -> None:
    receiver.echo = lambda _: (500, "text/plain", "")
    with pytest.raises(CalendarUnreadable):
        anna.calendar.watch(anna.mailbox, wished(receiver))


def test_graph_is_never_pulled(anna: GraphStand) -> None:
    before = calls(anna)
    assert anna.calendar.pull(anna.mailbox, Watch("s-1", datetime.now(UTC))) is None
    assert calls(anna) == before


def assert_lives(watch: Watch, minutes: int) -> None:
    assert abs(watch.expires_at - datetime.now(UTC) - timedelta(minutes=minutes)) < timedelta(minutes=1)


@pytest.mark.parametrize("is_tagged", [False, True], ids=["a series of its own", "a series with a meeting"])
def test_one_time_of_a_series_tells_its_series_and_what_the_pane_has_written_in_it(
    anna: GraphStand, *, is_tagged: bool
) -> None:
    of_series, own = new_tag(), new_tag()
    series = anna.books(Wish(NINE, rule="FREQ=WEEKLY;BYDAY=TU;COUNT=6", tag=of_series if is_tagged else None))
    original = NINE + timedelta(weeks=1)
    second = anna.opens_one_time(
        series, original.date(), json.dumps({"meeting": own.meeting, "instance": INSTANCE})
    )
    anna.moves_occurrence(series, original.date(), NINE + timedelta(days=8))
    snapshot = seen(anna, second)
    assert (snapshot.kind, snapshot.tag, snapshot.master_id) == (Kind.OCCURRENCE, own, series)
    assert snapshot.original_start == utc(original)
    whole = seen(anna, series)
    part = occurrence_in(whole, snapshot.original_start, own)
    assert part
    assert (part.start, part.end) == (snapshot.start, snapshot.end)
    assert whole.tag == (of_series if is_tagged else None)
    anna.deletes_occurrence(series, (NINE + timedelta(days=8)).date())
    assert occurrence_in(seen(anna, series), snapshot.original_start) is None
    ref = ItemRef(anna.mailbox, second)
    assert isinstance(anna.calendar.look([ref])[ref], Gone)
