"""Calendars behind Graph v1.0; every event that is answered is held against Microsoft's own metadata."""

from pathlib import Path
from typing import Any

import pytest

from addin.sandbox import people
from tests.contract.sandbox.graph import TAG, TAG_BACK, WISH, Send, application_token, code, made
from tests.contract.sandbox.running import Json, Sandbox

EXPAND = f"singleValueExtendedProperties($filter=id eq '{TAG}')"
FULL: Json = WISH | {
    "body": {"contentType": "HTML", "content": "<html><body><p>Hej</p><p>då</p></body></html>"},
    "location": {"displayName": "Digitalt"},
    "attendees": [
        {"type": "optional", "emailAddress": {"address": people.BO.address, "name": people.BO.name}}
    ],
    "categories": ["Grön"],
    "importance": "high",
    "sensitivity": "private",
    "showAs": "tentative",
    "isReminderOn": False,
    "singleValueExtendedProperties": [{"id": TAG, "value": "M-1"}],
    "transactionId": "t-1",
}


def test_what_is_created_is_what_is_read(anna: Send) -> None:
    created = anna("POST", f"/users/{people.ANNA.address}/events", FULL).json()

    read = anna("GET", f"/users/{people.ANNA.object_id}/events/{created['id']}").json()

    assert {**read, "@odata.context": ""} == {**created, "@odata.context": ""}
    assert read["start"] == {"dateTime": "2027-03-01T09:00:00.0000000", "timeZone": "UTC"}
    assert read["originalStartTimeZone"] == "Europe/Stockholm"
    assert read["attendees"][0]["type"] == "optional"
    assert read["organizer"]["emailAddress"] == {"name": people.ANNA.name, "address": people.ANNA.address}
    assert read["bodyPreview"] == "Hej\ndå"
    for name in (
        "subject",
        "categories",
        "importance",
        "sensitivity",
        "showAs",
        "isReminderOn",
        "transactionId",
    ):
        assert read[name] == FULL[name]


def test_times_are_told_in_the_zone_that_is_preferred(anna: Send) -> None:
    path = f"/me/events/{made(anna)['id']}"

    told = anna("GET", path, headers={"Prefer": 'outlook.timezone="W. Europe Standard Time"'}).json()

    assert told["start"] == {"dateTime": "2027-03-01T10:00:00.0000000", "timeZone": "W. Europe Standard Time"}
    wrong = anna("GET", path, headers={"Prefer": 'outlook.timezone="Middle-earth"'})
    assert code(wrong) == (400, "TimeZoneNotSupportedException")


def test_a_windows_zone_means_the_same_instant(anna: Send) -> None:
    start = {"dateTime": "2027-07-01T10:00:00.0000000", "timeZone": "W. Europe Standard Time"}
    end = {"dateTime": "2027-07-01T09:00:00Z", "timeZone": "UTC"}

    told = made(anna, start=start, end=end)

    assert told["start"]["dateTime"] == "2027-07-01T08:00:00.0000000"
    assert told["end"]["dateTime"] == "2027-07-01T09:00:00.0000000"


def test_bodies_are_told_as_html_or_as_text(anna: Send) -> None:
    written = made(anna, body={"contentType": "text", "content": "a < b\nc"})
    path = f"/me/events/{written['id']}"

    html = anna("GET", path, headers={"Prefer": 'outlook.body-content-type="html"'}).json()["body"]
    text = anna("GET", path, headers={"Prefer": 'outlook.body-content-type="text"'}).json()["body"]

    assert html["contentType"] == "html"
    assert "a &lt; b<br>" in html["content"]
    assert text == {"contentType": "text", "content": "a < b\nc"}


def test_the_same_transaction_makes_one_item(anna: Send) -> None:
    first, second = (made(anna, transactionId="t-1") for _ in range(2))

    assert first["id"] == second["id"]
    assert len(anna("GET", "/me/events").json()["value"]) == 1
    answer = anna("PATCH", f"/me/events/{first['id']}", {"transactionId": "t-2"})
    assert code(answer) == (400, "ErrorPropertyUpdate")


def test_a_change_gives_a_new_change_key_and_keeps_the_rest(anna: Send) -> None:
    before = made(anna, location={"displayName": "Rum 1"})

    after = anna("PATCH", f"/me/events/{before['id']}", {"subject": "Nytt"}).json()

    assert after["subject"] == "Nytt"
    assert after["changeKey"] != before["changeKey"]
    for name in ("id", "iCalUId", "createdDateTime", "location", "start"):
        assert after[name] == before[name]


def test_a_change_with_an_old_etag_is_refused_and_changes_nothing(anna: Send) -> None:
    first = made(anna)
    path = f"/me/events/{first['id']}"
    second = anna("PATCH", path, {"subject": "b"}, headers={"If-Match": first["@odata.etag"]}).json()

    for method, body in (("PATCH", {"subject": "c"}), ("DELETE", None)):
        answer = anna(method, path, body, headers={"If-Match": first["@odata.etag"]})
        assert code(answer) == (412, "ErrorIrresolvableConflict")

    assert anna("GET", path).json()["@odata.etag"] == second["@odata.etag"]


def test_what_is_deleted_is_gone(anna: Send) -> None:
    path = f"/me/events/{made(anna)['id']}"

    assert anna("DELETE", path).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        assert code(anna(method, path, {})) == (404, "ErrorItemNotFound")


def test_immutable_ids_are_other_ids_of_the_same_item(anna: Send) -> None:
    plain = made(anna)
    prefer = {"Prefer": 'IdType="ImmutableId"'}

    immutable = anna("GET", f"/me/events/{plain['id']}", headers=prefer)

    assert immutable.headers["Preference-Applied"] == prefer["Prefer"]
    assert immutable.json()["id"] != plain["id"]
    path = f"/me/events/{immutable.json()['id']}"
    assert anna("GET", path, headers=prefer).json()["iCalUId"] == plain["iCalUId"]
    assert anna("GET", f"/me/events/{plain['id'].swapcase()}").status_code == 404


def test_an_extended_property_is_told_only_when_asked_for(anna: Send) -> None:
    path = f"/me/events/{made(anna, singleValueExtendedProperties=[{'id': TAG, 'value': 'M-1'}])['id']}"

    assert "singleValueExtendedProperties" not in anna("GET", path).json()
    told = anna("GET", path, params={"$expand": EXPAND, "$select": "subject"}).json()
    assert told["singleValueExtendedProperties"] == [{"id": TAG_BACK, "value": "M-1"}]


def test_an_extended_property_can_be_changed_and_taken_away(anna: Send) -> None:
    path = f"/me/events/{made(anna, singleValueExtendedProperties=[{'id': TAG, 'value': 'M-1'}])['id']}"

    def told() -> Any:
        return anna("GET", path, params={"$expand": EXPAND}).json().get("singleValueExtendedProperties")

    anna("PATCH", path, {"subject": "b"})
    assert told() == [{"id": TAG_BACK, "value": "M-1"}]
    anna("PATCH", path, {"singleValueExtendedProperties": [{"id": TAG, "value": "M-2"}]})
    assert told() == [{"id": TAG_BACK, "value": "M-2"}]
    anna("PATCH", path, {"singleValueExtendedProperties": [{"id": TAG, "value": None}]})
    assert told() is None


@pytest.mark.parametrize(
    ("clause", "found"),
    [
        ("ep/id eq '{tag}' and ep/value eq 'm-1'", ["one"]),
        ("ep/id eq '{tag}' and ep/value ne null", ["one", "two"]),
        ("ep/id eq '{tag}' and contains(ep/value,'-2')", ["two"]),
        ("ep/id eq '{tag}' and startswith(ep/value, 'm-')", ["one", "two"]),
        ("ep/id eq '{other_name}' and ep/value ne null", []),
    ],
)
def test_items_are_found_by_extended_property(anna: Send, clause: str, found: list[str]) -> None:
    for subject, value in (("one", "M-1"), ("two", "M-2")):
        made(anna, subject=subject, singleValueExtendedProperties=[{"id": TAG, "value": value}])
    made(anna, subject="three")
    clause = clause.format(
        tag=TAG, other_name=TAG.lower().replace("string", "String").replace(" name ", " Name ")
    )

    answer = anna("GET", "/me/events", params={"$filter": f"singleValueExtendedProperties/Any(ep: {clause})"})

    assert [item["subject"] for item in answer.json()["value"]] == found


def test_items_are_found_by_their_uid(anna: Send) -> None:
    wanted = made(anna)["iCalUId"]
    made(anna)

    found = anna("GET", "/me/events", params={"$filter": f"iCalUId eq '{wanted}'"}).json()["value"]

    assert [item["iCalUId"] for item in found] == [wanted]


@pytest.mark.parametrize(
    "query",
    [
        {"$filter": "contains(subject,'x')"},
        {"$filter": "singleValueExtendedProperties/Any(ep: ep/id eq 'nonsense' and ep/value eq 'x')"},
        {"$select": "subject,uid"},
        {"$expand": "singleValueExtendedProperties"},
        {"$expand": "instances"},
        {"$orderby": "body"},
        {"$top": "0"},
        {"$top": "1001"},
    ],
)
def test_a_query_that_is_not_understood_is_refused(anna: Send, query: Json) -> None:
    made(anna)

    assert anna("GET", "/me/events", params=query).status_code == 400


def test_only_what_is_selected_is_told(anna: Send) -> None:
    path = f"/me/events/{made(anna)['id']}"

    told = anna("GET", path, params={"$select": "start,iCalUId"}).json()

    assert {name for name in told if not name.startswith("@")} == {"id", "start", "iCalUId"}


def test_long_lists_come_in_pages(anna: Send) -> None:
    for number in range(12):
        made(anna, subject=str(number))
    subjects, path = [], "/me/events"

    while path:
        page = anna("GET", path).json()
        subjects.append([item["subject"] for item in page["value"]])
        path = page.get("@odata.nextLink", "").partition("/v1.0")[2]

    assert [len(page) for page in subjects] == [10, 2]
    assert sorted(int(one) for page in subjects for one in page) == list(range(12))
    small = anna("GET", "/me/events", headers={"Prefer": "odata.maxpagesize=5"}).json()
    assert len(small["value"]) == 5


def test_a_calendar_view_tells_what_touches_it_by_start(anna: Send) -> None:
    for subject, day, first, last in (
        ("before", 1, "08", "09"),
        ("second", 1, "11", "12"),
        ("first", 1, "09", "11"),
        ("after", 1, "12", "13"),
        ("next day", 2, "10", "11"),
    ):
        zone = "UTC"
        start = {"dateTime": f"2027-03-0{day}T{first}:00:00", "timeZone": zone}
        end = {"dateTime": f"2027-03-0{day}T{last}:00:00", "timeZone": zone}
        made(anna, subject=subject, start=start, end=end)
    view = {"startDateTime": "2027-03-01T10:00:00+01:00", "endDateTime": "2027-03-01T12:00:00Z"}

    told = anna("GET", "/me/calendar/calendarView", params=view).json()["value"]
    page = anna("GET", "/me/calendarView", params=view | {"$top": "1"}).json()

    assert [item["subject"] for item in told] == ["first", "second"]
    following = anna("GET", page["@odata.nextLink"].partition("/v1.0")[2]).json()
    assert [item["subject"] for item in following["value"]] == ["second"]
    assert "@odata.nextLink" not in following


@pytest.mark.parametrize("missing", ["startDateTime", "endDateTime"])
def test_a_calendar_view_wants_both_its_ends(anna: Send, missing: str) -> None:
    view = {"startDateTime": "2027-03-01T00:00:00Z", "endDateTime": "2027-03-02T00:00:00Z"}
    del view[missing]

    assert anna("GET", "/me/calendarView", params=view).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"start": None},
        {"start": {"dateTime": "tomorrow", "timeZone": "UTC"}},
        {"start": {"dateTime": "2027-02-30T10:00:00", "timeZone": "UTC"}},
        {"start": {"dateTime": "2027-03-01T12:00:00", "timeZone": "Europe/Stockholm"}},
        {"start": {"dateTime": "2027-03-01T10:00:00", "timeZone": "Nowhere"}},
        {"importance": "urgent"},
        {"isReminderOn": "no"},
        {"body": {"contentType": "rtf", "content": ""}},
        {"body": "text"},
        {"attendees": [{"emailAddress": {"mail": "a@region.example"}}]},
        {"location": {"displayName": 7}},
        {"singleValueExtendedProperties": [{"id": "Name X", "value": "1"}]},
        {"uid": "1"},
    ],
)
def test_a_body_that_graph_would_refuse_is_refused(anna: Send, changes: Json) -> None:
    assert anna("POST", "/me/events", WISH | changes).status_code == 400
    assert anna("GET", "/me/events").json()["value"] == []


def test_a_delegate_opens_the_owners_calendar_and_others_do_not(anna: Send) -> None:
    item = made(anna)
    path = f"/users/{people.ANNA.address}/events/{item['id']}"

    assert anna("GET", path, who=people.CARIN).json()["organizer"]["emailAddress"]["name"] == people.ANNA.name
    assert code(anna("GET", path, who=people.BO)) == (403, "ErrorAccessDenied")
    assert code(anna("GET", f"/users/{people.BO.address}/events/{item['id']}", who=people.BO))[0] == 404
    assert code(anna("GET", "/users/nobody@region.example/events")) == (404, "ErrorInvalidUser")


def test_a_shared_mailbox_has_a_calendar(anna: Send) -> None:
    path = "/users/psykiatrimottagningen@region.example/events"

    item = anna("POST", path, WISH).json()

    assert anna("DELETE", f"{path}/{item['id']}").status_code == 204
    assert anna("GET", path, who=people.EVA).status_code == 403


def test_an_application_opens_every_calendar_but_has_none(region: Sandbox, anna: Send) -> None:
    bearer = application_token(region)

    assert anna("GET", f"/users/{people.BO.address}/events", bearer=bearer).status_code == 200
    assert code(anna("GET", "/me/events", bearer=bearer))[0] == 400


@pytest.mark.parametrize(
    "wish",
    [
        {"audience": people.API_CLIENT},
        {"audience": people.GRAPH_AUDIENCE, "overrides": {"exp": 1}},
        {"audience": people.GRAPH_AUDIENCE, "overrides": {"iss": "https://sts.windows.net/other/"}},
        {"audience": people.GRAPH_AUDIENCE, "stranger": True},
    ],
)
def test_a_token_that_is_not_for_graph_opens_nothing(region: Sandbox, anna: Send, wish: Json) -> None:
    answer = anna("GET", "/me/events", bearer=region.token(people.ANNA, **wish))

    assert code(answer) == (401, "InvalidAuthenticationToken")


def test_without_a_token_or_its_permission_nothing_is_told(region: Sandbox, anna: Send) -> None:
    weak = region.token(people.ANNA, audience=people.GRAPH_AUDIENCE, overrides={"scp": "User.Read"})

    assert region.call("GET", "/v1.0/me/events").status_code == 401
    assert code(anna("GET", "/me/events", bearer=weak)) == (403, "ErrorAccessDenied")


def test_items_survive_a_killed_process(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "state.db") as first:
        item = first.graph("POST", "/me/events", FULL).json()
        first.process.kill()
        first.process.wait()

    with Sandbox(tmp_path / "state.db") as second:
        path = f"/me/events/{item['id']}"
        assert second.graph("GET", path).json()["changeKey"] == item["changeKey"]
        assert second.graph("DELETE", path).status_code == 204
