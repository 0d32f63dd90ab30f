"""Pexip's management API: rooms, aliases, lists, refusals."""

from pathlib import Path
from typing import Any

import pytest

from addin.sandbox import people
from tests.contract.sandbox.running import ALIASES, ROOMS, Json, Sandbox


def listed(region: Sandbox, **query: Any) -> Json:
    answer = region.pexip("GET", ROOMS, **query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def names(region: Sandbox, **query: Any) -> list[str]:
    return [room["name"] for room in listed(region, **query)["objects"]]


def refusal(region: Sandbox, **fields: Any) -> Any:
    answer = region.pexip("POST", ROOMS, {"name": "n", **fields})
    assert answer.status_code == 400, answer.text
    return answer.json()["conference"]


def test_a_new_room_is_answered_with_201_no_body_and_its_address(region: Sandbox) -> None:
    answer = region.pexip("POST", ROOMS, {"name": "one", "tag": "t", "aliases": [{"alias": "a1"}]})

    assert (answer.status_code, answer.content) == (201, b"")
    room = region.pexip("GET", answer.headers["Location"]).json()
    assert (room["name"], room["tag"], room["aliases"][0]["alias"]) == ("one", "t", "a1")
    assert answer.headers["Location"].endswith(room["resource_uri"])


def test_the_address_of_a_new_room_may_be_relative(region: Sandbox) -> None:
    region.set(absolute_location=False)

    assert region.room("a1").startswith(ROOMS)


def test_an_address_without_its_slash_redirects_readers_and_loses_writers(region: Sandbox) -> None:
    bare = ROOMS.rstrip("/")
    read, written = region.pexip("GET", bare, name="x"), region.pexip("POST", bare, {"name": "x"})

    assert (read.status_code, read.headers["Location"]) == (301, f"{ROOMS}?name=x")
    assert written.status_code == 404
    assert names(region) == []


def test_a_name_that_is_taken_is_refused_by_field(region: Sandbox) -> None:
    region.room("a1", name="n")

    assert "already exists" in refusal(region)["name"][0]


@pytest.mark.parametrize("alias", ["a1", "A1"])
def test_an_alias_that_is_taken_is_refused_whatever_its_case(region: Sandbox, alias: str) -> None:
    region.room("a1")

    assert "already exists" in refusal(region, aliases=[{"alias": alias}])["aliases"][0]


def test_a_room_keeps_its_own_name_and_alias_when_it_is_changed(region: Sandbox) -> None:
    address = region.room("a1", name="n")

    again = region.pexip("PATCH", address, {"name": "n", "aliases": [{"alias": "a1"}]})

    assert again.status_code == 202


@pytest.mark.parametrize("settings", [{"nested_errors": False}, {"duplicate_status": 409}])
def test_versions_of_pexip_word_a_duplicate_in_their_own_way(region: Sandbox, settings: Json) -> None:
    region.set(**settings)
    region.room("a1", name="n")

    answer = region.pexip("POST", ROOMS, {"name": "n"})

    assert answer.status_code == settings.get("duplicate_status", 400)
    body = answer.json()
    assert "already exists" in body.get("conference", body)["name"][0]


ALLOWED_PINS = [
    {"pin": "", "guest_pin": "", "allow_guests": False},
    {"pin": "1234", "allow_guests": False},
    {"pin": "1234", "allow_guests": True},
    {"pin": "1234#", "allow_guests": True},
    {"pin": "1234", "guest_pin": "4321", "allow_guests": True},
    {"pin": "1234#", "guest_pin": "54321#", "allow_guests": True},
    {"pin": "12345678901234567890", "allow_guests": True},
]
REFUSED_PINS = [
    {"allow_guests": True},
    {"pin": "", "allow_guests": True},
    {"guest_pin": "1234"},
    {"pin": "1234", "guest_pin": "4321", "allow_guests": False},
    {"guest_pin": "4321", "allow_guests": True},
    {"pin": "1234", "guest_pin": "1234", "allow_guests": True},
    {"pin": "1234", "guest_pin": "54321", "allow_guests": True},
    {"pin": "1234#", "guest_pin": "4321", "allow_guests": True},
    {"pin": "1234", "guest_pin": "4321#", "allow_guests": True},
    {"pin": "123"},
    {"pin": "12a4"},
    {"pin": "1#34"},
    {"pin": "123456789012345678901"},
    {"pin": 1234},
]


@pytest.mark.parametrize("pins", ALLOWED_PINS)
def test_the_pin_table_allows(region: Sandbox, pins: Json) -> None:
    assert region.pexip("POST", ROOMS, {"name": "n", **pins}).status_code == 201


@pytest.mark.parametrize("pins", REFUSED_PINS)
def test_the_pin_table_refuses(region: Sandbox, pins: Json) -> None:
    assert set(refusal(region, **pins)) <= {"pin", "guest_pin"}
    assert names(region) == []


def test_the_pin_table_holds_for_the_room_as_it_would_stand_after_a_change(region: Sandbox) -> None:
    address = region.lobby_room("a1")

    assert region.pexip("PATCH", address, {"pin": ""}).status_code == 400
    assert region.pexip("PATCH", address, {"pin": "", "allow_guests": False}).status_code == 202


def test_short_pins_can_be_forbidden_for_all_rooms(region: Sandbox) -> None:
    region.set(min_pin_length=6)
    try:
        assert "pin" in refusal(region, pin="12345")
        assert region.pexip("POST", ROOMS, {"name": "n", "pin": "123456"}).status_code == 201
    finally:
        region.set(min_pin_length=4)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "n" * 251),
        ("name", ""),
        ("tag", "t" * 251),
        ("service_type", "party"),
        ("crypto_mode", "maybe"),
        ("participant_limit", -1),
        ("participant_limit", "15"),
        ("allow_guests", "yes"),
        ("aliases", "a1"),
        ("aliases", [{"alias": ""}]),
        ("aliases", [{"alias": "twice"}, {"alias": "twice"}]),
        ("particpant_limit", 15),
    ],
)
def test_a_field_with_a_wrong_value_or_name_is_refused_by_field(
    region: Sandbox, field: str, value: Any
) -> None:
    assert list(refusal(region, **{field: value})) == [field]


def test_a_body_that_is_no_json_is_refused(region: Sandbox) -> None:
    account = (people.PEXIP_USER, people.PEXIP_PASSWORD)

    assert region.call("POST", ROOMS, data="{", auth=account).status_code == 400


def test_an_unlicensed_node_refuses_every_room(region: Sandbox) -> None:
    region.set(licensed=False)

    assert region.pexip("POST", ROOMS, {"name": "n"}).status_code == 400


def test_a_list_comes_in_pages_of_twenty(region: Sandbox) -> None:
    for number in range(45):
        region.room(f"a{number}")
    sizes, path = [], ROOMS

    while path:
        page = region.pexip("GET", path).json()
        assert page["meta"]["total_count"] == 45
        sizes.append(len(page["objects"]))
        path = page["meta"]["next"]

    assert sizes == [20, 20, 5]
    middle = listed(region, limit=20, offset=20)["meta"]
    assert "offset=0" in middle["previous"]
    assert "offset=40" in middle["next"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"name": "svm-1"}, ["svm-1"]),
        ({"name": "SVM-1"}, []),
        ({"name__startswith": "svm-"}, ["svm-1", "svm-2"]),
        ({"name__icontains": "OTH"}, ["other"]),
        ({"name__in": "svm-2,other"}, ["svm-2", "other"]),
        ({"tag": "t2"}, ["svm-2"]),
        ({"allow_guests": "false"}, ["svm-1", "svm-2", "other"]),
        ({"order_by": "-name"}, ["svm-2", "svm-1", "other"]),
        ({"limit": 1, "offset": 1}, ["svm-2"]),
    ],
)
def test_lists_take_django_lookups(region: Sandbox, query: Json, found: list[str]) -> None:
    for name, tag in (("svm-1", "t1"), ("svm-2", "t2"), ("other", "")):
        region.room(f"alias-{name}", name=name, tag=tag)

    assert names(region, **query) == found


def test_numbers_are_compared_as_numbers(region: Sandbox) -> None:
    first = int(region.room("a0").rstrip("/").rsplit("/", 1)[1])
    for number in range(1, 12):
        region.room(f"a{number}")

    assert len(names(region, id__gte=first + 2)) == 10


@pytest.mark.parametrize(
    "query", [{"colour": "blue"}, {"name__sounds": "x"}, {"order_by": "pinn"}, {"limit": "many"}]
)
def test_a_query_that_pexip_does_not_know_is_refused(region: Sandbox, query: Json) -> None:
    assert region.pexip("GET", ROOMS, **query).status_code == 400


def test_a_change_touches_what_it_names_and_replaces_lists(region: Sandbox) -> None:
    address = region.lobby_room("a1", tag="t")

    answer = region.pexip("PATCH", address, {"participant_limit": 15, "aliases": [{"alias": "a2"}]})

    assert (answer.status_code, answer.content) == (202, b"")
    room = region.pexip("GET", address).json()
    assert (room["tag"], room["pin"], room["participant_limit"]) == ("t", "1234", 15)
    assert [alias["alias"] for alias in room["aliases"]] == ["a2"]


def test_a_change_may_be_answered_with_204(region: Sandbox) -> None:
    region.set(change_status=204)

    assert region.pexip("PATCH", region.room("a1"), {"tag": "t"}).status_code == 204


def test_put_sets_what_it_does_not_name_to_the_default(region: Sandbox) -> None:
    address = region.lobby_room("a1", tag="t")

    assert region.pexip("PUT", address, {"name": "n"}).status_code == 204
    room = region.pexip("GET", address).json()
    assert (room["name"], room["tag"], room["pin"], room["aliases"]) == ("n", "", "", [])


def test_a_removed_room_is_gone_and_its_number_is_never_used_again(region: Sandbox) -> None:
    first = region.room("a1")

    assert region.pexip("DELETE", first).status_code == 204
    assert region.pexip("GET", first).status_code == 404
    assert region.pexip("DELETE", first).status_code == 404
    assert region.pexip("PATCH", first, {"tag": "t"}).status_code == 404
    assert region.room("a1") != first


def test_deleting_the_list_wipes_everybodys_rooms(region: Sandbox) -> None:
    ours, theirs = region.room("a1", tag="ours"), region.room("a2", tag="theirs")

    assert region.pexip("DELETE", ROOMS, tag="ours").status_code == 204

    assert [region.pexip("GET", address).status_code for address in (ours, theirs)] == [404, 404]


def test_many_rooms_can_be_changed_made_and_removed_in_one_request(region: Sandbox) -> None:
    kept, gone = region.room("a1"), region.room("a2")
    wish = {"objects": [{"resource_uri": kept, "tag": "t"}, {"name": "new"}], "deleted_objects": [gone]}

    assert region.pexip("PATCH", ROOMS, wish).status_code == 202

    assert names(region) == ["name-a1", "new"]
    assert region.pexip("GET", kept).json()["tag"] == "t"


def test_pins_may_be_hidden_from_readers(region: Sandbox) -> None:
    region.set(pins_are_write_only=True)

    assert region.pexip("GET", region.lobby_room("a1")).json()["pin"] is None


@pytest.mark.parametrize("account", [None, ("vardmote", "wrong"), ("nobody", "")])
def test_without_the_right_password_nothing_is_told(region: Sandbox, account: tuple[str, str] | None) -> None:
    answer = region.call("GET", ROOMS, auth=account)

    assert (answer.status_code, answer.content) == (401, b"")


def test_an_account_that_may_only_read_is_refused_changes(region: Sandbox) -> None:
    reader = (people.PEXIP_READER, people.PEXIP_READER_PASSWORD)

    assert region.call("GET", ROOMS, auth=reader).status_code == 200
    assert region.call("POST", ROOMS, json={"name": "n"}, auth=reader).status_code == 403


def test_too_many_requests_are_told_when_to_come_back(region: Sandbox) -> None:
    region.advance(60)
    region.set(rate_limit=3)
    answers = [region.pexip("GET", ROOMS) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    region.advance(int(answers[3].headers["Retry-After"]))
    assert region.pexip("GET", ROOMS).status_code == 200


def test_an_alias_is_a_resource_of_its_own(region: Sandbox) -> None:
    room = region.room("a1")
    uri = room.removeprefix(region.base)

    made = region.pexip("POST", ALIASES, {"alias": "a2", "conference": uri})
    assert made.status_code == 201
    assert region.pexip("PATCH", made.headers["Location"], {"alias": "a3"}).status_code == 202
    assert [one["alias"] for one in region.pexip("GET", ALIASES, conference=uri).json()["objects"]] == [
        "a1",
        "a3",
    ]
    assert region.pexip("POST", ALIASES, {"alias": "A1", "conference": uri}).status_code == 400
    assert region.pexip("DELETE", made.headers["Location"]).status_code == 204
    assert [one["alias"] for one in region.pexip("GET", room).json()["aliases"]] == ["a1"]


def test_rooms_survive_a_killed_process(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with Sandbox(state) as first:
        address = first.room("a1").removeprefix(first.base)
        first.process.kill()
        first.process.wait()

    with Sandbox(state) as second:
        assert second.pexip("GET", address).json()["name"] == "name-a1"
        assert second.join("a1").status_code == 200
        assert second.room("a2").removeprefix(second.base) != address
