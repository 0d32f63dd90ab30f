"""Pexip's conferencing nodes: who gets in, who waits, who is thrown out, and what commands do to a running call."""

from typing import Any

import pytest

from tests.contract.sandbox.running import CALLS, PARTICIPANTS, ROOMS, Json, Sandbox

COMMANDS = "/api/admin/command/v1/conference/"
WAITING = "waiting_room"
IN = "conference"


def running(region: Sandbox, **query: Any) -> list[Json]:
    found: list[Json] = region.pexip("GET", CALLS, **query).json()["objects"]
    return found


def command(region: Sandbox, name: str, call: Json) -> int:
    return region.pexip("POST", f"{COMMANDS}{name}/", {"conference_id": call["id"]}).status_code


def where_is(region: Sandbox, alias: str, seat: Json) -> str | None:
    """Say what a participant sees of its own place; None when it is no longer in."""
    answer = region.client("POST", alias, "refresh_token", seat["token"])
    if answer.status_code == 403:
        return None
    return region.people_in(alias, seat["token"])[seat["participant_uuid"]]


def test_an_unknown_alias_is_neither_conference_nor_gateway(region: Sandbox) -> None:
    answer = region.join("nowhere")

    assert answer.status_code == 404
    assert answer.json() == {"status": "failure", "result": "Neither conference nor gateway found"}


def test_a_new_room_is_unknown_to_the_nodes_until_it_has_been_replicated(region: Sandbox) -> None:
    region.set(replication_seconds=60)
    region.room("a1")

    assert region.join("a1").status_code == 404
    region.advance(61)
    assert region.join("a1").status_code == 200


def test_a_removed_room_can_be_joined_until_the_nodes_have_heard(region: Sandbox) -> None:
    address = region.room("a1")
    region.set(replication_seconds=60)
    region.pexip("DELETE", address)

    assert region.join("a1").status_code == 200
    region.advance(61)
    assert region.join("a1").status_code == 404


def test_a_new_pin_counts_once_it_has_been_replicated(region: Sandbox) -> None:
    address = region.lobby_room("a1")
    region.set(replication_seconds=60)
    region.pexip("PATCH", address, {"pin": "9876"})

    assert [region.join("a1", pin=pin).status_code for pin in ("1234", "9876")] == [200, 403]
    region.advance(61)
    assert [region.join("a1", pin=pin).status_code for pin in ("1234", "9876")] == [403, 200]


def test_a_room_without_pins_makes_everybody_host(region: Sandbox) -> None:
    region.room("a1")

    seat = region.seat("a1")

    assert (seat["role"], seat["current_service_type"], seat["expires"]) == ("HOST", IN, "120")


@pytest.mark.parametrize(
    ("fields", "guest_pin"),
    [
        ({"pin": "1234", "allow_guests": True}, "none"),
        ({"pin": "1234", "guest_pin": "4321", "allow_guests": True}, "required"),
        ({"pin": "1234"}, "required"),
    ],
)
def test_who_sends_no_pin_is_told_which_are_wanted(region: Sandbox, fields: Json, guest_pin: str) -> None:
    region.room("a1", **fields)

    answer = region.join("a1")

    assert answer.status_code == 403
    assert answer.json() == {"status": "success", "result": {"pin": "required", "guest_pin": guest_pin}}


@pytest.mark.parametrize(("pin", "role"), [("1234", "HOST"), ("4321", "GUEST")])
def test_the_pin_decides_the_role(region: Sandbox, pin: str, role: str) -> None:
    region.room("a1", pin="1234", guest_pin="4321", allow_guests=True)

    assert region.seat("a1", pin)["role"] == role


def test_the_pin_may_be_sent_in_the_header_and_without_its_hash(region: Sandbox) -> None:
    region.lobby_room("a1")
    region.pexip("PATCH", region.pexip("GET", ROOMS).json()["objects"][0]["resource_uri"], {"pin": "1234#"})

    url = "/api/client/v2/conferences/a1/request_token"
    answer = region.call("POST", url, json={"display_name": "Bo"}, headers={"pin": "1234"})

    assert answer.json()["result"]["role"] == "HOST"


@pytest.mark.parametrize(
    ("fields", "pin"),
    [
        ({"pin": "1234", "allow_guests": True}, "9999"),
        ({"pin": "1234", "guest_pin": "4321", "allow_guests": True}, "none"),
        ({"pin": "1234"}, "none"),
    ],
)
def test_a_pin_that_opens_nothing_is_invalid(region: Sandbox, fields: Json, pin: str) -> None:
    region.room("a1", **fields)

    answer = region.join("a1", pin=pin)

    assert (answer.status_code, answer.json()) == (403, {"status": "failure", "result": "Invalid PIN"})


def test_guessing_pins_blocks_the_whole_room_for_a_while(region: Sandbox) -> None:
    region.set(pin_attempts=3)
    region.lobby_room("a1")
    for pin in ("0001", "0002", "0003"):
        region.join("a1", pin=pin)

    assert region.join("a1", pin="1234").status_code == 403
    assert region.join("a1", pin="none").status_code == 200
    region.advance(601)
    assert region.join("a1", pin="1234").status_code == 200


def test_guests_wait_until_a_host_comes(region: Sandbox) -> None:
    region.lobby_room("a1")
    guest = region.seat("a1", "none")
    assert guest["current_service_type"] == WAITING

    region.seat("a1", "1234")

    assert where_is(region, "a1", guest) == IN


def test_a_waiting_guest_sees_nobody_else(region: Sandbox) -> None:
    region.lobby_room("a1")
    first, second = region.seat("a1", "none"), region.seat("a1", "none")

    assert list(region.people_in("a1", first["token"])) == [first["participant_uuid"]]
    assert first["participant_uuid"] != second["participant_uuid"]


def test_a_guest_whom_no_host_meets_is_thrown_out_in_time(region: Sandbox) -> None:
    region.set(waiting_for_chair_seconds=100)
    region.lobby_room("a1")
    guest = region.seat("a1", "none")

    region.advance(90)
    assert where_is(region, "a1", guest) == WAITING
    region.advance(20)
    assert where_is(region, "a1", guest) is None
    assert running(region) == []


def test_the_usual_wait_for_a_host_is_a_quarter_of_an_hour(region: Sandbox) -> None:
    region.lobby_room("a1")
    guest = region.seat("a1", "none")

    for _ in range(8):
        region.advance(110)
        assert where_is(region, "a1", guest) == WAITING
    region.advance(30)
    assert where_is(region, "a1", guest) is None


def test_guests_are_thrown_out_a_minute_after_the_last_host_has_left(region: Sandbox) -> None:
    region.lobby_room("a1")
    guest, host = region.seat("a1", "none"), region.seat("a1", "1234")

    region.client("POST", "a1", "release_token", host["token"])

    region.advance(50)
    assert where_is(region, "a1", guest) == IN
    region.advance(11)
    assert where_is(region, "a1", guest) is None


def test_a_host_who_comes_back_in_time_keeps_the_guests(region: Sandbox) -> None:
    region.lobby_room("a1")
    guest, host = region.seat("a1", "none"), region.seat("a1", "1234")
    region.client("POST", "a1", "release_token", host["token"])
    region.advance(50)

    region.seat("a1", "1234")

    region.advance(50)
    assert where_is(region, "a1", guest) == IN


def test_fifteen_take_part_and_the_sixteenth_is_refused(region: Sandbox) -> None:
    region.lobby_room("a1", participant_limit=15)
    guests = [region.seat("a1", "none") for _ in range(14)]
    region.seat("a1", "1234")

    assert [region.join("a1", pin=pin).status_code for pin in ("none", "1234")] == [403, 403]
    region.client("POST", "a1", "release_token", guests[0]["token"])
    assert region.join("a1", pin="none").status_code == 200


def test_a_client_that_falls_silent_loses_its_seat(region: Sandbox) -> None:
    region.lobby_room("a1")
    guest = region.seat("a1", "none")

    region.advance(121)

    assert where_is(region, "a1", guest) is None


def test_deleting_a_room_does_not_end_the_call_and_disconnecting_does(region: Sandbox) -> None:
    address = region.lobby_room("a1", tag="t1")
    guest, _ = region.seat("a1", "none"), region.seat("a1", "1234")

    region.pexip("DELETE", address)

    assert where_is(region, "a1", guest) == IN
    call = running(region, tag="t1")[0]
    assert command(region, "disconnect", call) == 200
    assert where_is(region, "a1", guest) is None
    assert command(region, "disconnect", call) == 404


def test_running_calls_are_found_by_name_and_tag(region: Sandbox) -> None:
    for alias in ("a1", "a2"):
        region.room(alias, tag=f"tag-{alias}")
        region.seat(alias)

    assert [call["name"] for call in running(region, tag="tag-a2")] == ["name-a2"]
    assert [call["tag"] for call in running(region, name="name-a1")] == ["tag-a1"]
    assert running(region, tag="tag-a3") == []


def test_participants_are_listed_with_their_role(region: Sandbox) -> None:
    region.lobby_room("a1")
    region.seat("a1", "none")
    region.seat("a1", "1234")

    listed = region.pexip("GET", PARTICIPANTS, conference="name-a1").json()["objects"]

    assert sorted(person["role"] for person in listed) == ["chair", "guest"]


def test_in_a_locked_call_each_guest_is_let_in_by_hand(region: Sandbox) -> None:
    region.lobby_room("a1")
    region.seat("a1", "1234")
    call = running(region)[0]
    assert command(region, "lock", call) == 200

    first, second = region.seat("a1", "none"), region.seat("a1", "none")
    assert first["current_service_type"] == WAITING
    region.pexip(
        "POST", "/api/admin/command/v1/participant/unlock/", {"participant_id": first["participant_uuid"]}
    )

    assert [where_is(region, "a1", seat) for seat in (first, second)] == [IN, WAITING]
    assert command(region, "unlock", call) == 200
    assert where_is(region, "a1", second) == IN


def test_locking_twice_is_a_conflict(region: Sandbox) -> None:
    region.room("a1")
    region.seat("a1")
    call = running(region)[0]

    assert [command(region, "lock", call), command(region, "lock", call)] == [200, 409]
    assert running(region)[0]["is_locked"] is True
    assert command(region, "dance", call) == 404


def test_a_token_that_nobody_gave_opens_nothing(region: Sandbox) -> None:
    region.room("a1")

    assert region.client("POST", "a1", "refresh_token", "made-up").status_code == 403
    assert region.client("GET", "a1", "participants", "made-up").status_code == 403
