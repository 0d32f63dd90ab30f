"""What happens to items between folders, mailboxes and people, and what Graph says of mailboxes it cannot reach."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from addin.sandbox import people
from tests.contract.sandbox.graph import (
    IMMUTABLE,
    STATE,
    TAG,
    TAG_BACK,
    WISH,
    Send,
    application_token,
    at,
    attendee,
    code,
    made,
)
from tests.contract.sandbox.running import Json, Sandbox

DAY = {"startDateTime": "2027-03-01T00:00:00Z", "endDateTime": "2027-03-02T00:00:00Z"}
PROPERTIES = f"singleValueExtendedProperties($filter=id eq '{TAG}' or id eq '{STATE}')"
ANNAS = f"/users/{people.ANNA.address}/events"
AUXILIARY = "Integer {00062002-0000-0000-c000-000000000046} Id 0x8207"


def properties(anna: Send, item: Json, **more: Any) -> dict[str, str]:
    query = {"$expand": PROPERTIES.replace(")", f" or id eq '{AUXILIARY}')")}
    told = anna("GET", f"/me/events/{item['id']}", params=query, **more).json()
    return {one["id"]: one["value"] for one in told.get("singleValueExtendedProperties", [])}


def bos(anna: Send) -> list[Json]:
    found: list[Json] = anna("GET", "/me/events", who=people.BO).json()["value"]
    return found


# --- copies ---------------------------------------------------------------------------------------------------


def test_a_copy_has_everything_but_the_identity(region: Sandbox, anna: Send) -> None:
    body = {"contentType": "html", "content": "<p>länk</p>"}
    original = made(anna, body=body, singleValueExtendedProperties=[{"id": TAG, "value": "M-1"}])

    copy = region.outlook("POST", f"/me/events/{original['id']}/copy", {"start": at("2027-03-02", "10:00")})

    assert copy.status_code == 201
    told = anna("GET", f"/me/events/{copy.json()['id']}").json()
    for name in ("id", "iCalUId", "changeKey", "createdDateTime"):
        assert told[name] != original[name]
    assert (told["subject"], told["body"]) == (original["subject"], original["body"])
    assert (told["start"]["dateTime"][:13], told["end"]["dateTime"][:13]) == (
        "2027-03-02T09",
        "2027-03-02T10",
    )
    assert properties(anna, told) == {TAG_BACK: "M-1", STATE: "0"}
    assert region.lever("exchange/letters")["letters"] == []


def test_a_copied_meeting_is_marked_and_counts_as_received(region: Sandbox, anna: Send) -> None:
    original = made(anna, attendees=[attendee(people.BO)])
    region.call("DELETE", "/sandbox/exchange/letters")

    copy = region.outlook("POST", f"/me/events/{original['id']}/copy", {}).json()

    assert (copy["subject"], copy["isOrganizer"]) == ("Kopia: Digitalt vårdmöte", True)
    assert copy["responseStatus"]["response"] == "notResponded"
    assert [one["emailAddress"]["address"] for one in copy["attendees"]] == [people.BO.address]
    assert properties(anna, original) == {STATE: "1"}
    assert properties(anna, copy) == {STATE: "3", AUXILIARY: "1"}
    anna("PATCH", f"/me/events/{copy['id']}", {"location": {"displayName": "Rum 2"}})
    assert region.lever("exchange/letters")["letters"] == []
    assert len(bos(anna)) == 1


def test_a_copy_in_a_colleagues_calendar_is_the_colleagues_own(region: Sandbox, anna: Send) -> None:
    original = made(anna, singleValueExtendedProperties=[{"id": TAG, "value": "M-1"}])
    path = f"/users/{people.ANNA.address}/events/{original['id']}/copy"

    copy = region.outlook("POST", path, {"mailbox": people.BO.address}, who=people.CARIN)

    assert copy.status_code == 201
    [told] = bos(anna)
    assert told["organizer"]["emailAddress"]["address"] == people.BO.address
    assert properties(anna, told, who=people.BO)[TAG_BACK] == "M-1"
    refused = region.outlook("POST", path, {"mailbox": people.DAVID.address}, who=people.CARIN)
    assert code(refused) == (403, "ErrorAccessDenied")


# --- folders --------------------------------------------------------------------------------------------------


def test_a_moved_item_keeps_its_immutable_id_and_gets_another_id(region: Sandbox, anna: Send) -> None:
    item = made(anna)
    immutable = anna("GET", f"/me/events/{item['id']}", headers=IMMUTABLE).json()["id"]
    calendar = anna("POST", "/me/calendars", {"name": "Grupper"}).json()

    moved = region.outlook("POST", f"/me/events/{item['id']}/move", {"calendar": calendar["id"]}).json()

    assert moved["id"] != item["id"]
    assert anna("GET", f"/me/events/{item['id']}").status_code == 404
    assert anna("GET", f"/me/events/{immutable}", headers=IMMUTABLE).json()["iCalUId"] == item["iCalUId"]
    where = {
        name: [one["id"] for one in anna("GET", f"/me/{name}").json()["value"]]
        for name in ("events", "calendar/events", f"calendars/{calendar['id']}/events")
    }
    assert list(where.values()) == [[moved["id"]], [], [moved["id"]]]
    assert anna("GET", f"/me/calendar/events/{moved['id']}").status_code == 404


def test_calendars_are_listed_made_and_removed(anna: Send) -> None:
    made_calendar = anna("POST", "/me/calendars", {"name": "Grupper"}).json()
    anna("POST", f"/me/calendars/{made_calendar['id']}/events", WISH)

    told = anna("GET", "/me/calendars").json()["value"]

    assert [(one["name"], one["isDefaultCalendar"]) for one in told] == [
        ("Kalender", True),
        ("Grupper", False),
        ("David Nyström", False),
        ("Psykiatrimottagningen", False),
    ]
    owners = [(one["owner"]["address"], one["canEdit"]) for one in told]
    assert owners == [
        ("anna.lindgren@region.example", True),
        ("anna.lindgren@region.example", True),
        ("david.nystrom@region.example", True),
        ("psykiatrimottagningen@region.example", True),
    ]
    assert anna("GET", "/me/calendar").json()["id"] == told[0]["id"]
    assert anna("DELETE", f"/me/calendars/{told[0]['id']}").status_code == 400
    assert anna("DELETE", f"/me/calendars/{made_calendar['id']}").status_code == 204
    assert anna("GET", "/me/events").json()["value"] == []


def test_a_deleted_item_lies_in_deleted_items_and_comes_back(region: Sandbox, anna: Send) -> None:
    item = made(anna)
    immutable = anna("GET", f"/me/events/{item['id']}", headers=IMMUTABLE).json()["id"]
    anna("DELETE", f"/me/events/{item['id']}")

    [deleted] = region.outlook("GET", "/me/deletedItems").json()["value"]
    assert (deleted["iCalUId"], deleted["id"] == item["id"]) == (item["iCalUId"], False)
    assert anna("GET", f"/me/events/{immutable}", headers=IMMUTABLE).status_code == 404
    assert anna("GET", f"/me/events/{deleted['id']}").status_code == 404
    assert anna("GET", "/me/calendarView", params=DAY).json()["value"] == []

    restored = region.outlook("POST", f"/me/deletedItems/{deleted['id']}/restore", {}).json()

    assert anna("GET", f"/me/events/{immutable}", headers=IMMUTABLE).json()["iCalUId"] == item["iCalUId"]
    assert restored["id"] not in {item["id"], deleted["id"]}
    assert region.outlook("GET", "/me/deletedItems").json()["value"] == []


def test_what_is_deleted_for_good_is_nowhere(region: Sandbox, anna: Send) -> None:
    one, other = made(anna), made(anna)
    anna("DELETE", f"/me/events/{other['id']}")
    [deleted] = region.outlook("GET", "/me/deletedItems").json()["value"]

    assert anna("POST", f"/me/events/{one['id']}/permanentDelete").status_code == 204
    assert region.outlook("DELETE", f"/me/deletedItems/{deleted['id']}").status_code == 204

    assert anna("GET", "/me/events").json()["value"] == []
    assert region.outlook("GET", "/me/deletedItems").json()["value"] == []


# --- attendees --------------------------------------------------------------------------------------------------


def test_attendees_get_the_meeting_without_its_properties(region: Sandbox, anna: Send) -> None:
    body = {"contentType": "html", "content": "<p>länk</p>"}
    tag = [{"id": TAG, "value": "M-1"}]
    own = made(anna, attendees=[attendee(people.BO)], body=body, singleValueExtendedProperties=tag)

    [told] = bos(anna)

    assert (told["iCalUId"], told["isOrganizer"]) == (own["iCalUId"], False)
    assert told["id"] != own["id"]
    assert told["body"] == own["body"]
    assert told["organizer"]["emailAddress"]["address"] == people.ANNA.address
    assert (told["showAs"], told["responseStatus"]["response"]) == ("tentative", "notResponded")
    assert properties(anna, told, who=people.BO) == {STATE: "3"}
    assert region.lever("exchange/letters")["letters"] == [
        {"kind": "request", "uid": own["iCalUId"], "sequence": 0, "to": people.BO.address}
    ]


def test_the_organisers_change_reaches_attendees_but_properties_alone_do_not(
    region: Sandbox, anna: Send
) -> None:
    own = made(anna, attendees=[attendee(people.BO)])
    [before] = bos(anna)
    path = f"/me/events/{own['id']}"

    anna("PATCH", path, {"singleValueExtendedProperties": [{"id": TAG, "value": "M-1"}]})
    assert bos(anna) == [before]
    anna("PATCH", path, {"start": at("2027-03-01", "10:30")})

    [after] = bos(anna)
    assert after["start"]["dateTime"][11:16] == "09:30"
    assert after["id"] == before["id"]
    assert [one["sequence"] for one in region.lever("exchange/letters")["letters"]] == [0, 1]


def test_an_attendees_own_change_stays_with_the_attendee(anna: Send) -> None:
    own = made(anna, attendees=[attendee(people.BO)])
    [copy] = bos(anna)

    anna("PATCH", f"/me/events/{copy['id']}", {"start": at("2027-03-01", "10:30")}, who=people.BO)

    assert anna("GET", f"/me/events/{own['id']}").json()["start"] == own["start"]


@pytest.mark.parametrize("way", ["cancel", "delete"])
def test_a_cancelled_meeting_stays_with_attendees_and_says_so(anna: Send, way: str) -> None:
    path = f"/me/events/{made(anna, attendees=[attendee(people.BO)])['id']}"

    answer = anna("POST", f"{path}/cancel", {"comment": "x"}) if way == "cancel" else anna("DELETE", path)

    assert answer.status_code in {202, 204}
    assert anna("GET", path).status_code == 404
    [told] = bos(anna)
    assert (told["isCancelled"], told["subject"]) == (True, "Inställt: Digitalt vårdmöte")
    assert properties(anna, told, who=people.BO) == {STATE: "7"}


def test_a_cancelled_meeting_that_is_restored_lives_for_everybody(region: Sandbox, anna: Send) -> None:
    path = f"/me/events/{made(anna, attendees=[attendee(people.BO)])['id']}"
    anna("POST", f"{path}/cancel")
    [deleted] = region.outlook("GET", "/me/deletedItems").json()["value"]
    assert deleted["isCancelled"]

    restored = region.outlook("POST", f"/me/deletedItems/{deleted['id']}/restore", {}).json()

    assert restored["isCancelled"] is False
    assert [(one["isCancelled"], one["subject"]) for one in bos(anna)] == [(False, "Digitalt vårdmöte")]


def test_only_the_organiser_cancels(anna: Send) -> None:
    made(anna, attendees=[attendee(people.BO)])
    [copy] = bos(anna)

    answer = anna("POST", f"/me/events/{copy['id']}/cancel", {}, who=people.BO)

    assert answer.status_code == 400
    assert "organizer" in answer.json()["error"]["message"]
    assert not bos(anna)[0]["isCancelled"]


def test_who_is_taken_off_the_list_gets_a_cancellation(anna: Send) -> None:
    own = made(anna, attendees=[attendee(people.BO), attendee(people.DAVID)])

    anna("PATCH", f"/me/events/{own['id']}", {"attendees": [attendee(people.DAVID)]})

    assert [one["isCancelled"] for one in bos(anna)] == [True]
    others = anna("GET", "/me/events", who=people.DAVID).json()["value"]
    assert [one["isCancelled"] for one in others] == [False]


def test_an_answer_is_known_to_the_organiser(anna: Send) -> None:
    own = made(anna, attendees=[attendee(people.BO), attendee(people.DAVID)])
    for person, answer in ((people.BO, "accept"), (people.DAVID, "decline")):
        [copy] = anna("GET", "/me/events", who=person).json()["value"]
        assert anna("POST", f"/me/events/{copy['id']}/{answer}", {}, who=person).status_code == 202

    told = anna("GET", f"/me/events/{own['id']}").json()

    assert [one["status"]["response"] for one in told["attendees"]] == ["accepted", "declined"]
    assert anna("GET", "/me/events", who=people.DAVID).json()["value"] == []


def test_exchange_keeps_its_own_flags_and_finds_items_by_them(anna: Send) -> None:
    with_others = made(anna, attendees=[attendee(people.BO)])
    made(anna)
    clause = f"singleValueExtendedProperties/Any(ep: ep/id eq '{STATE}' and ep/value eq '1')"

    found = anna("GET", "/me/events", params={"$filter": clause}).json()["value"]

    assert [one["id"] for one in found] == [with_others["id"]]
    forged = {"singleValueExtendedProperties": [{"id": STATE, "value": "0"}]}
    assert anna("PATCH", f"/me/events/{with_others['id']}", forged).status_code == 400


# --- ids ------------------------------------------------------------------------------------------------------


def test_ids_are_translated_both_ways(region: Sandbox, anna: Send) -> None:
    item = made(anna)
    immutable = anna("GET", f"/me/events/{item['id']}", headers=IMMUTABLE).json()["id"]
    office = item["id"].replace("-", "/").replace("_", "+")

    def translated(source: str, kind: str, target: str) -> Any:
        wish = {"inputIds": [source, "AAMkAnonsense"], "sourceIdType": kind, "targetIdType": target}
        answer = region.graph("POST", f"/users/{people.ANNA.address}/translateExchangeIds", wish)
        assert answer.status_code == 200, answer.text
        first, second = answer.json()["value"]
        assert second["errorDetails"]["code"] == "ErrorInvalidId"
        return first["targetId"]

    assert translated(office, "ewsId", "restImmutableEntryId") == immutable
    assert translated(immutable, "restImmutableEntryId", "ewsId") == office
    assert translated(office, "ewsId", "restId") == item["id"]


# --- mailboxes that cannot be reached ---------------------------------------------------------------------------


def test_a_mailbox_on_premises_is_elsewhere_for_graph_and_open_to_outlook(
    region: Sandbox, anna: Send
) -> None:
    item = made(anna)
    region.lever("exchange/mailboxes", {"address": people.ANNA.address, "home": "on_premises"})
    background = application_token(region)

    for more in ({}, {"bearer": background}):
        answer = region.graph("GET", f"{ANNAS}/{item['id']}", **more)
        assert code(answer) == (404, "MailboxNotEnabledForRESTAPI")
    assert region.outlook("GET", f"/me/events/{item['id']}").json()["iCalUId"] == item["iCalUId"]

    region.lever("exchange/mailboxes", {"address": people.ANNA.address, "home": "online"})
    assert region.graph("GET", f"{ANNAS}/{item['id']}", bearer=background).status_code == 200


def test_an_unreadable_mailbox_is_denied_to_the_application_alone(region: Sandbox, anna: Send) -> None:
    item = made(anna)
    region.lever("exchange/mailboxes", {"address": people.ANNA.address, "readable": False})

    refused = region.graph("GET", f"{ANNAS}/{item['id']}", bearer=application_token(region))

    assert code(refused) == (403, "ErrorAccessDenied")
    assert anna("GET", f"{ANNAS}/{item['id']}").status_code == 200


def test_a_mailbox_outside_the_group_is_denied(region: Sandbox) -> None:
    answer = region.graph("GET", "/users/diarium@region.example/events", bearer=application_token(region))

    assert code(answer) == (403, "ErrorAccessDenied")


def test_a_removed_mailbox_is_unknown_and_its_items_are_kept(region: Sandbox, anna: Send) -> None:
    item = made(anna)
    lever = {"address": people.ANNA.address, "exists": False}
    region.lever("exchange/mailboxes", lever)
    background = application_token(region)

    answer = region.graph("GET", f"{ANNAS}/{item['id']}", bearer=background)

    assert code(answer) == (404, "ErrorInvalidUser")
    region.lever("exchange/mailboxes", lever | {"exists": True})
    assert region.graph("GET", f"{ANNAS}/{item['id']}", bearer=background).status_code == 200


@pytest.mark.parametrize(
    "wish",
    [{"address": "nobody@region.example"}, {"address": people.ANNA.address, "home": "moon"}, {"readable": 1}],
)
def test_a_lever_that_is_misspelt_is_refused(region: Sandbox, wish: Json) -> None:
    assert region.call("POST", "/sandbox/exchange/mailboxes", json=wish).status_code == 400
    assert region.call("POST", "/sandbox/exchange/settings", json={"concurrent_call": 1}).status_code == 400


# --- limits -----------------------------------------------------------------------------------------------------


def test_a_fifth_call_at_once_on_one_mailbox_is_too_many(region: Sandbox) -> None:
    region.lever("exchange/settings", {"retry_after": 7})
    region.lever("exchange/calls", {"held": True})
    headers = {"Authorization": f"Bearer {application_token(region)}"}

    def ask(person: people.Person) -> requests.Response:
        return requests.get(f"{region.base}/v1.0/users/{person.address}/events", headers=headers, timeout=30)

    with ThreadPoolExecutor() as callers:
        four = [callers.submit(ask, people.ANNA) for _ in range(4)]
        other = callers.submit(ask, people.BO)
        assert region.lever("exchange/calls", at_least=5, wait=20) == {"running": 5}
        refused = ask(people.ANNA)
        region.lever("exchange/calls", {"held": False})
        answers = [call.result() for call in [*four, other]]

    assert [answer.status_code for answer in answers] == [200] * 5
    assert (refused.headers["Retry-After"], code(refused)) == ("7", (429, "ApplicationThrottled"))
    assert ask(people.ANNA).status_code == 200


def test_an_old_etag_is_at_times_a_conflict(region: Sandbox, anna: Send) -> None:
    item = made(anna)
    region.lever("exchange/settings", {"stale_status": 409})

    answer = anna("PATCH", f"/me/events/{item['id']}", {"subject": "x"}, headers={"If-Match": 'W/"old"'})

    assert code(answer) == (409, "ErrorIrresolvableConflict")
