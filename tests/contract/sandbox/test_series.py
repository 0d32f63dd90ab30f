"""Series behind Graph v1.0: rules, occurrences, what was moved and what was taken out."""

from typing import Any

import pytest

from addin.sandbox import people
from tests.contract.sandbox.graph import IMMUTABLE, TAG, TAG_BACK, Send, at, attendee, code, made
from tests.contract.sandbox.running import Json, Sandbox

SPRING = {"startDateTime": "2027-03-01T00:00:00Z", "endDateTime": "2027-07-01T00:00:00Z"}
EXPAND = f"singleValueExtendedProperties($filter=id eq '{TAG}')"


def weekly(count: int = 6, **more: Any) -> Json:
    pattern = {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"], **more}
    return {
        "pattern": pattern,
        "range": {"type": "numbered", "startDate": "2027-03-01", "numberOfOccurrences": count},
    }


def instances(anna: Send, master: Json, **more: Any) -> list[Json]:
    answer = anna("GET", f"/me/events/{master['id']}/instances", params={**SPRING, "$top": "100"}, **more)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["value"]
    return found


def starts(some: list[Json]) -> list[str]:
    return [one["start"]["dateTime"][:16] for one in some]


@pytest.fixture
def series(anna: Send) -> Json:
    """Six Mondays at ten in Stockholm, over the change to summer time."""
    tag = [{"id": TAG, "value": "M-1"}]
    return made(anna, recurrence=weekly(), singleValueExtendedProperties=tag)


def test_a_series_is_one_master_and_keeps_its_clock_time_over_summer_time(anna: Send, series: Json) -> None:
    assert (series["type"], series["seriesMasterId"]) == ("seriesMaster", None)
    assert series["recurrence"]["range"]["recurrenceTimeZone"] == "Europe/Stockholm"
    assert [item["id"] for item in anna("GET", "/me/events").json()["value"]] == [series["id"]]

    assert starts(instances(anna, series)) == [
        "2027-03-01T09:00",
        "2027-03-08T09:00",
        "2027-03-15T09:00",
        "2027-03-22T09:00",
        "2027-03-29T08:00",
        "2027-04-05T08:00",
    ]


def test_each_occurrence_has_ids_of_its_own_and_its_first_start(anna: Send, series: Json) -> None:
    found = instances(anna, series)

    assert {one["type"] for one in found} == {"occurrence"}
    assert {one["seriesMasterId"] for one in found} == {series["id"]}
    assert [one["originalStart"][:16] for one in found] == starts(found)
    for name in ("id", "iCalUId"):
        assert len({one[name] for one in [*found, series]}) == 7
    same = anna("GET", f"/me/events/{found[2]['id']}").json()
    assert (same["start"], same["originalStart"]) == (found[2]["start"], found[2]["originalStart"])
    immutable = instances(anna, series, headers=IMMUTABLE)[2]
    assert immutable["id"] != found[2]["id"]
    assert anna("GET", f"/me/events/{immutable['id']}").json()["id"] == found[2]["id"]


def test_a_calendar_view_shows_occurrences_and_never_the_master(anna: Send, series: Json) -> None:
    window = {"startDateTime": "2027-03-08T00:00:00Z", "endDateTime": "2027-03-16T00:00:00Z"}

    told = anna("GET", "/me/calendarView", params=window).json()["value"]

    assert starts(told) == ["2027-03-08T09:00", "2027-03-15T09:00"]
    assert {one["seriesMasterId"] for one in told} == {series["id"]}


@pytest.mark.parametrize(
    ("pattern", "span", "expected"),
    [
        (
            {"type": "daily", "interval": 2},
            {"type": "endDate", "startDate": "2027-03-01", "endDate": "2027-03-06"},
            ["03-01", "03-03", "03-05"],
        ),
        (
            {
                "type": "weekly",
                "interval": 2,
                "daysOfWeek": ["tuesday", "friday"],
                "firstDayOfWeek": "monday",
            },
            {"type": "numbered", "startDate": "2027-03-01", "numberOfOccurrences": 4},
            ["03-02", "03-05", "03-16", "03-19"],
        ),
        (
            {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31},
            {"type": "numbered", "startDate": "2027-03-01", "numberOfOccurrences": 3},
            ["03-31", "04-30", "05-31"],
        ),
        (
            {"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["thursday"], "index": "last"},
            {"type": "numbered", "startDate": "2027-03-01", "numberOfOccurrences": 2},
            ["03-25", "04-29"],
        ),
        (
            {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 6, "month": 6},
            {"type": "noEnd", "startDate": "2027-03-01"},
            ["06-06"],
        ),
        (
            {
                "type": "relativeYearly",
                "interval": 1,
                "daysOfWeek": ["monday"],
                "month": 5,
                "index": "second",
            },
            {"type": "noEnd", "startDate": "2027-03-01"},
            ["05-10"],
        ),
    ],
    ids=lambda value: value.get("type", "") if isinstance(value, dict) else "",
)
def test_every_kind_of_rule_gives_its_days(
    anna: Send, pattern: Json, span: Json, expected: list[str]
) -> None:
    master = made(anna, recurrence={"pattern": pattern, "range": span})

    found = instances(anna, master)

    assert [one[5:10] for one in starts(found)] == expected
    assert master["start"]["dateTime"][5:10] == expected[0]


def test_a_moved_occurrence_is_an_exception_that_keeps_its_first_start(anna: Send, series: Json) -> None:
    second = instances(anna, series)[1]
    path = f"/me/events/{second['id']}"

    moved = anna("PATCH", path, {"start": at("2027-03-09", "13:00"), "end": at("2027-03-09", "14:00")}).json()

    assert (moved["type"], moved["id"]) == ("exception", second["id"])
    assert moved["originalStart"] == second["originalStart"]
    assert moved["changeKey"] != second["changeKey"]
    assert starts(instances(anna, series))[1] == "2027-03-09T12:00"
    query = {"$select": "subject,cancelledOccurrences", "$expand": "exceptionOccurrences"}
    master = anna("GET", f"/me/events/{series['id']}", params=query).json()
    assert [one["id"] for one in master["exceptionOccurrences"]] == [second["id"]]
    assert master["cancelledOccurrences"] == []
    assert anna("GET", f"/me/events/{series['id']}").json()["changeKey"] != series["changeKey"]


def test_the_body_of_one_occurrence_is_kept_as_a_whole_document_as_every_body_is(
    anna: Send, series: Json
) -> None:
    second = instances(anna, series)[1]
    body = {"contentType": "html", "content": "<p>Bara den här gången</p>"}

    changed = anna("PATCH", f"/me/events/{second['id']}", {"body": body}).json()

    assert changed["body"]["content"].startswith("<html>")
    assert "<p>Bara den här gången</p>" in changed["body"]["content"]


def test_an_occurrence_shows_the_series_properties_and_may_have_its_own(anna: Send, series: Json) -> None:
    first, second = instances(anna, series)[:2]

    def tag_of(item: Json) -> Any:
        told = anna("GET", f"/me/events/{item['id']}", params={"$expand": EXPAND}).json()
        return told["singleValueExtendedProperties"]

    assert tag_of(second) == [{"id": TAG_BACK, "value": "M-1"}]
    anna(
        "PATCH", f"/me/events/{second['id']}", {"singleValueExtendedProperties": [{"id": TAG, "value": "x"}]}
    )
    assert (tag_of(first), tag_of(second)) == (
        [{"id": TAG_BACK, "value": "M-1"}],
        [{"id": TAG_BACK, "value": "x"}],
    )


@pytest.mark.parametrize(
    ("day", "clock"), [("2027-03-15", "08:00"), ("2027-03-01", "14:00"), ("2027-03-20", "10:00")]
)
def test_an_occurrence_cannot_pass_its_neighbours_or_lie_on_their_day(
    anna: Send, series: Json, day: str, clock: str
) -> None:
    second = instances(anna, series)[1]
    move = {"start": at(day, clock), "end": at(day, clock[:3] + "30")}

    answer = anna("PATCH", f"/me/events/{second['id']}", move)

    assert code(answer) == (400, "ErrorOccurrenceCrossingBoundary")
    assert instances(anna, series)[1]["type"] == "occurrence"


def test_a_deleted_occurrence_is_told_by_the_master_alone(anna: Send, series: Json) -> None:
    second = instances(anna, series)[1]

    assert anna("DELETE", f"/me/events/{second['id']}").status_code == 204

    assert "2027-03-08T09:00" not in starts(instances(anna, series))
    assert code(anna("GET", f"/me/events/{second['id']}")) == (404, "ErrorItemNotFound")
    master = anna("GET", f"/me/events/{series['id']}", params={"$select": "cancelledOccurrences"}).json()
    assert master["cancelledOccurrences"] == [f"OID.{series['id']}.2027-03-08"]
    assert "cancelledOccurrences" not in anna("GET", f"/me/events/{series['id']}").json()


def test_the_place_of_a_deleted_neighbour_is_free(anna: Send, series: Json) -> None:
    second, third = instances(anna, series)[1:3]
    anna("DELETE", f"/me/events/{third['id']}")
    move = {"start": at("2027-03-15", "08:00"), "end": at("2027-03-15", "09:00")}

    assert anna("PATCH", f"/me/events/{second['id']}", move).status_code == 200


def test_another_pattern_takes_exceptions_and_cancelled_days_away(anna: Send, series: Json) -> None:
    second, third = instances(anna, series)[1:3]
    move = {"start": at("2027-03-09", "13:00"), "end": at("2027-03-09", "14:00")}
    anna("PATCH", f"/me/events/{second['id']}", move)
    anna("DELETE", f"/me/events/{third['id']}")
    path = f"/me/events/{series['id']}"

    anna("PATCH", path, {"subject": "Bara namnet"})
    assert [one["type"] for one in instances(anna, series)].count("exception") == 1
    anna("PATCH", path, {"recurrence": weekly(4, daysOfWeek=["monday", "wednesday"])})

    query = {"$select": "cancelledOccurrences", "$expand": "exceptionOccurrences"}
    told = anna("GET", path, params=query).json()
    assert (told["cancelledOccurrences"], told["exceptionOccurrences"]) == ([], [])
    assert [one[5:10] for one in starts(instances(anna, series))] == ["03-01", "03-03", "03-08", "03-10"]


def test_a_series_that_is_moved_moves_all_its_occurrences(anna: Send, series: Json) -> None:
    move = {"start": at("2027-03-01", "15:00"), "end": at("2027-03-01", "15:30")}

    anna("PATCH", f"/me/events/{series['id']}", move)

    found = instances(anna, series)
    assert starts(found)[0] == "2027-03-01T14:00"
    assert starts(found)[-1] == "2027-04-05T13:00"
    assert found[-1]["end"]["dateTime"][11:16] == "13:30"


def test_one_item_becomes_a_series_and_one_item_again(anna: Send) -> None:
    single = made(anna)
    path = f"/me/events/{single['id']}"

    master = anna("PATCH", path, {"recurrence": weekly(3)}).json()
    assert (master["type"], master["id"], master["iCalUId"]) == (
        "seriesMaster",
        single["id"],
        single["iCalUId"],
    )
    assert len(instances(anna, master)) == 3

    again = anna("PATCH", path, {"recurrence": None}).json()
    assert (again["type"], again["recurrence"]) == ("singleInstance", None)
    assert anna("GET", f"{path}/instances", params=SPRING).status_code == 400


def test_an_occurrence_has_no_rule_of_its_own(anna: Send, series: Json) -> None:
    second = instances(anna, series)[1]

    answer = anna("PATCH", f"/me/events/{second['id']}", {"recurrence": weekly(3)})

    assert code(answer) == (400, "ErrorPropertyUpdate")


@pytest.mark.parametrize(
    "recurrence",
    [
        {"pattern": {"type": "daily", "interval": 1}},
        {"pattern": {"type": "hourly", "interval": 1}, "range": {"type": "noEnd", "startDate": "2027-03-01"}},
        {"pattern": {"type": "weekly", "interval": 1}, "range": {"type": "noEnd", "startDate": "2027-03-01"}},
        {"pattern": {"type": "daily", "interval": 0}, "range": {"type": "noEnd", "startDate": "2027-03-01"}},
        {
            "pattern": {"type": "daily", "interval": 1},
            "range": {"type": "numbered", "startDate": "2027-03-01"},
        },
        {
            "pattern": {"type": "daily", "interval": 1},
            "range": {"type": "endDate", "startDate": "2027-03-01", "endDate": "2027-02-01"},
        },
        {"pattern": {"type": "daily", "every": 1}, "range": {"type": "noEnd", "startDate": "2027-03-01"}},
    ],
)
def test_a_rule_that_graph_would_refuse_is_refused(anna: Send, recurrence: Json) -> None:
    wrong = {"subject": "s", "start": at("2027-03-01", "10:00"), "end": at("2027-03-01", "11:00")}

    answer = anna("POST", "/me/events", wrong | {"recurrence": recurrence})

    assert answer.status_code == 400
    assert anna("GET", "/me/events").json()["value"] == []


def test_attendees_have_the_series_too_with_what_was_moved_and_taken_out(region: Sandbox, anna: Send) -> None:
    master = made(anna, recurrence=weekly(3), attendees=[attendee(people.BO)])
    first, second = instances(anna, master)[:2]
    own = [{"id": TAG, "value": "M-1"}]
    longer = {"end": at("2027-03-01", "12:00"), "singleValueExtendedProperties": own}
    anna("PATCH", f"/me/events/{first['id']}", longer)
    anna("DELETE", f"/me/events/{second['id']}")

    told = anna("GET", "/me/calendarView", params=SPRING, who=people.BO).json()["value"]

    assert [(one["start"]["dateTime"][5:13], one["type"]) for one in told] == [
        ("03-01T09", "exception"),
        ("03-15T09", "occurrence"),
    ]
    assert told[0]["end"]["dateTime"][11:13] == "11"
    assert not any(one["isOrganizer"] for one in told)
    tagged = anna("GET", f"/me/events/{told[0]['id']}", params={"$expand": EXPAND}, who=people.BO).json()
    assert "singleValueExtendedProperties" not in tagged


def test_one_occurrence_can_be_cancelled(region: Sandbox, anna: Send) -> None:
    master = made(anna, recurrence=weekly(3), attendees=[attendee(people.BO)])
    second = instances(anna, master)[1]

    answer = anna("POST", f"/me/events/{second['id']}/cancel", {"comment": "sjuk"})

    assert answer.status_code == 202
    assert len(instances(anna, master)) == 2


def test_a_series_survives_a_restart(tmp_path: Any) -> None:
    with Sandbox(tmp_path / "state.db") as first:
        master = made(first.graph, recurrence=weekly())
        second, third = instances(first.graph, master)[1:3]
        move = {"start": at("2027-03-09", "13:00"), "end": at("2027-03-09", "14:00")}
        first.graph("PATCH", f"/me/events/{second['id']}", move)
        first.graph("DELETE", f"/me/events/{third['id']}")
        before = instances(first.graph, master)
        first.process.kill()
        first.process.wait()

    with Sandbox(tmp_path / "state.db") as again:
        assert instances(again.graph, master) == before
