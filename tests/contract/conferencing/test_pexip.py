"""What is Pexip's alone: its fields, its refusals, its two shapes of errors, and the list never to be deleted."""

import json
import re
import traceback
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from addin.conferencing.http import ItemPath
from addin.conferencing.pexip import PexipProvider, PexipSettings
from addin.conferencing.pexip_rooms import refuse_wrong_pins
from addin.meetings.errors import (
    CapacityExceeded,
    CareMeetingError,
    ForeignRoom,
    InvalidRequest,
    LinkWouldChange,
    OutcomeUnknown,
    PermissionDenied,
    ProviderUnavailable,
)
from addin.meetings.model import LobbyLevel
from addin.meetings.ports import OwnedRoom
from tests.contract.conferencing.vendors import PexipVendor, new_wish, soon

ONE_ROOM = re.compile(r"/api/admin/configuration/v1/conference/[1-9][0-9]*/")
PINS = st.from_regex(r"[0-9]{4,8}#?", fullmatch=True, alphabet="0123456789#")


def test_the_room_is_what_the_wish_says_and_nothing_of_a_person(pexip: PexipVendor) -> None:
    wish = new_wish(guest_pin="771204")
    made = pexip.provider.ensure_room(wish, soon())
    room = pexip.room(made.reference)
    expected = {
        "name": wish.name,
        "tag": wish.tag,
        "description": "Vårdmöte",
        "pin": "482913",
        "guest_pin": "771204",
        "allow_guests": True,
        "participant_limit": 15,
        "crypto_mode": "on",
        "enable_chat": "no",
        "guests_can_present": False,
        "enable_overlay_text": False,
        "primary_owner_email_address": "",
        "automatic_participants": [],
    }
    assert {name: room[name] for name in expected} == expected
    assert [alias["alias"] for alias in room["aliases"]] == [wish.alias]


def test_a_repeat_sends_the_same_bytes(pexip: PexipVendor) -> None:
    wish = new_wish()
    pexip.provider.ensure_room(wish, soon())
    pexip.provider.ensure_room(wish, soon())
    first, second = (call["body"] for call in pexip.journal("create"))
    assert first == second


@pytest.mark.parametrize("absolute", [True, False])
def test_the_reference_is_read_from_either_form_of_location(pexip: PexipVendor, absolute: bool) -> None:
    pexip.settings(absolute_location=absolute)
    wish = new_wish()
    made = pexip.provider.ensure_room(wish, soon())
    assert pexip.room(made.reference)["name"] == wish.name


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize("status", [400, 409])
def test_a_name_that_is_taken_is_understood_in_every_form(
    pexip: PexipVendor, nested: bool, status: int
) -> None:
    pexip.settings(nested_errors=nested, duplicate_status=status)
    wish = new_wish()
    made = pexip.provider.ensure_room(wish, soon())
    assert pexip.provider.ensure_room(wish, soon()).reference == made.reference
    with pytest.raises(ForeignRoom):
        pexip.provider.ensure_room(new_wish(alias=wish.alias), soon())


@pytest.mark.parametrize("nested", [True, False])
def test_a_refused_field_is_named_without_pexips_words(pexip: PexipVendor, nested: bool) -> None:
    pexip.settings(nested_errors=nested, min_pin_length=12)
    with pytest.raises(InvalidRequest) as failure:
        pexip.provider.ensure_room(new_wish(), soon())
    assert failure.value.fields == ("pin",)
    assert str(failure.value) == "invalid request: pin"


def test_a_node_without_a_licence_has_no_room_left(pexip: PexipVendor) -> None:
    pexip.settings(licensed=False)
    with pytest.raises(CapacityExceeded):
        pexip.provider.ensure_room(new_wish(), soon())


def test_an_account_that_may_only_read_is_told_apart(pexip: PexipVendor) -> None:
    reader = pexip.another(username="lasare", password="sandbox-pexip-reader")
    reader.check(soon())
    with pytest.raises(PermissionDenied):
        reader.ensure_room(new_wish(), soon())


@pytest.mark.parametrize("status", [202, 204])
def test_a_change_is_done_whether_it_is_accepted_or_empty(pexip: PexipVendor, status: int) -> None:
    pexip.settings(change_status=status)
    wish = new_wish()
    made = pexip.provider.ensure_room(wish, soon())
    pexip.provider.update_room(made.reference, wish, soon())
    assert pexip.calls("change") == 1


def test_pins_that_cannot_be_read_back_do_not_count_as_deviations(pexip: PexipVendor) -> None:
    pexip.settings(pins_are_write_only=True)
    wish = new_wish(guest_pin="771204")
    made = pexip.provider.ensure_room(wish, soon())
    assert pexip.provider.verify_protection(made.reference, wish, soon()) == []


@pytest.mark.parametrize(
    ("field", "weaker"),
    [
        ("crypto_mode", "off"),
        ("enable_chat", "yes"),
        ("guests_can_present", True),
        ("enable_overlay_text", True),
        ("mute_all_guests", True),
        ("service_type", "lecture"),
        ("call_type", "audio"),
        ("primary_owner_email_address", "nagon@region.example"),
        ("automatic_participants", ["/api/admin/configuration/v1/automatic_participant/1/"]),
        ("name", "annat"),
    ],
)
def test_every_protective_setting_is_read_back(pexip: PexipVendor, field: str, weaker: Any) -> None:
    wish = new_wish()
    made = pexip.provider.ensure_room(wish, soon())
    pexip.change(made.reference, **{field: weaker})
    assert pexip.provider.verify_protection(made.reference, wish, soon()) == [field]


def test_a_room_without_guests_is_a_deviation(pexip: PexipVendor) -> None:
    wish = new_wish()
    made = pexip.provider.ensure_room(wish, soon())
    pexip.change(made.reference, allow_guests=False)
    assert pexip.provider.verify_protection(made.reference, wish, soon()) == ["allow_guests"]


def test_another_way_in_is_a_deviation_and_another_address_is_not_changed_back(pexip: PexipVendor) -> None:
    wish = new_wish()
    made = pexip.provider.ensure_room(wish, soon())
    pexip.change(made.reference, aliases=[{"alias": wish.alias}, {"alias": "bakvag"}])
    assert pexip.provider.verify_protection(made.reference, wish, soon()) == ["aliases"]
    pexip.change(made.reference, aliases=[{"alias": "bakvag"}])
    with pytest.raises(LinkWouldChange):
        pexip.provider.update_room(made.reference, wish, soon())


def test_a_change_never_sends_name_address_or_tag(pexip: PexipVendor) -> None:
    wish = new_wish()
    made = pexip.provider.ensure_room(wish, soon())
    pexip.provider.update_room(made.reference, wish, soon())
    sent = json.loads(pexip.journal("change")[0]["body"])
    assert not {"name", "aliases", "tag"} & set(sent)


def test_a_call_that_ended_between_look_and_command_is_no_error(pexip: PexipVendor) -> None:
    wish = new_wish()
    pexip.provider.ensure_room(wish, soon())
    pexip.join(wish, host=True)
    pexip.fault("status", "create", status=404)
    pexip.provider.end_call(wish, soon())
    assert pexip.calls("create") == 2


def test_a_call_outlives_its_room_and_can_still_be_ended(pexip: PexipVendor) -> None:
    wish = new_wish()
    made = pexip.provider.ensure_room(wish, soon())
    pexip.join(wish, host=True)
    pexip.provider.delete_room(made.reference, wish, soon())
    assert pexip.provider.occupancy(wish, soon()).participants == 1
    pexip.provider.end_call(wish, soon())
    assert pexip.provider.occupancy(wish, soon()).participants == 0


def test_a_name_in_capitals_is_not_in_our_name_space(pexip: PexipVendor) -> None:
    pexip.plant_foreign(name="SVM-TEST-1", alias="annan")
    assert list(pexip.provider.list_owned("svm-test-", soon())) == []


def test_a_foreign_room_in_our_name_space_is_listed_with_its_own_tag(pexip: PexipVendor) -> None:
    reference = pexip.plant_foreign(name="svm-test-1", alias="annan")
    assert list(pexip.provider.list_owned("svm-test-", soon())) == [
        OwnedRoom(reference, "svm-test-1", "annan-kund")
    ]


# --- The list that must never be deleted --------------------------------------------------------------------


def test_the_trap_is_real(pexip: PexipVendor) -> None:
    pexip.provider.ensure_room(new_wish(), soon())
    pexip.plant_foreign(name="annan-kund", alias="annan")
    pexip.admin.delete(f"{pexip.base}/api/admin/configuration/v1/conference/").raise_for_status()
    assert pexip.rooms() == set()


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "/",
        ".",
        "..",
        "../conference",
        "0",
        "00",
        "-1",
        "+1",
        "1.0",
        " 1",
        "1/",
        "1?",
        "1#",
        "\u0661",
        "1" * 19,
        "?id=1",
        "%2e",
        "1\n",
        "1;2",
        "conference",
        "None",
    ],
)
def test_a_reference_that_is_no_number_sends_nothing(pexip: PexipVendor, reference: str) -> None:
    wish = new_wish()
    pexip.provider.ensure_room(wish, soon())
    for touch in (
        pexip.provider.delete_room,
        pexip.provider.update_room,
        pexip.provider.verify_protection,
    ):
        with pytest.raises(InvalidRequest):
            touch(reference, wish, soon())
    assert (pexip.calls("remove"), pexip.calls("change"), pexip.calls("read")) == (0, 0, 0)


@given(reference=st.one_of(st.text(max_size=12), st.from_regex(r"[0-9/.?#]{0,4}", fullmatch=True)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_reference_whatever_reaches_the_list(pexip: PexipVendor, reference: str) -> None:
    wish = new_wish()
    for touch in (pexip.provider.delete_room, pexip.provider.update_room):
        try:
            touch(reference, wish, soon())
        except CareMeetingError as refusal:
            assert not isinstance(refusal, OutcomeUnknown | ProviderUnavailable)  # noqa: PT017
    sent = pexip.journal("remove") + pexip.journal("change") + pexip.journal("read")
    assert all(ONE_ROOM.fullmatch(call["path"]) for call in sent)


@given(collection=st.text(max_size=20), item=st.text(max_size=8))
def test_a_path_of_one_item_always_ends_in_that_item(collection: str, item: str) -> None:
    try:
        path = ItemPath(collection, item)
    except ValueError:
        return
    assert re.fullmatch(r"/[^?#%]*/[A-Za-z0-9][A-Za-z0-9_-]*/", path.text)
    assert path.text.split("/")[-2] == item


def test_only_one_numbered_room_is_ever_deleted(pexip: PexipVendor) -> None:
    wish = new_wish()
    made = pexip.provider.ensure_room(wish, soon())
    pexip.provider.delete_room(made.reference, wish, soon())
    assert [call["path"] for call in pexip.journal("remove")] == [
        f"/api/admin/configuration/v1/conference/{made.reference}/"
    ]


# --- PINs ---------------------------------------------------------------------------------------------------


@given(host=PINS, guest=st.one_of(st.none(), PINS))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_we_refuse_exactly_the_pins_that_pexip_refuses(
    pexip: PexipVendor, host: str, guest: str | None
) -> None:
    wish = new_wish(host_pin="482913")
    body = {"name": wish.name, "allow_guests": True, "pin": host, "guest_pin": guest or ""}
    answer = pexip.admin.post(f"{pexip.base}/api/admin/configuration/v1/conference/", json=body)
    try:
        refuse_wrong_pins(host, guest)
    except InvalidRequest:
        assert answer.status_code == 400
    else:
        assert answer.status_code == 201


@pytest.mark.parametrize("pin", ["", "123", "12a4", "1" * 21, "123#4", "\u0661\u0662\u0663\u0664"])
def test_a_pin_that_pexip_cannot_have_is_never_sent(pexip: PexipVendor, pin: str) -> None:
    with pytest.raises(InvalidRequest):
        pexip.provider.ensure_room(new_wish(host_pin=pin), soon())
    assert pexip.calls("create") == 0


# --- Addresses, secrets, settings ---------------------------------------------------------------------------


def test_a_guest_without_a_pin_goes_straight_to_the_lobby(pexip: PexipVendor) -> None:
    wish = new_wish()
    join = f"https://video.region.example/webapp3/m/{wish.alias}"
    assert pexip.provider.guest_address(wish) == f"{join}?role=guest"
    assert pexip.provider.guest_address(new_wish(alias=wish.alias, guest_pin="771204")) == join
    assert pexip.provider.host_address(wish) == join


def test_pexip_says_that_its_lobby_lets_everybody_in_at_once(pexip: PexipVendor) -> None:
    assert pexip.provider.capabilities.lobby is LobbyLevel.WAIT_FOR_HOST
    assert pexip.provider.capabilities.ready_after_seconds == 90


def test_settings_show_no_secret() -> None:
    hidden = PexipSettings(
        name="pexip",
        base_url="https://pexip.region.example",
        username="vardmote",
        password="h3mligt",
        join_base_url="https://video.region.example",
        proxies={"https": "http://user:h3mligt@proxy.region.example:8080"},
    )
    assert "h3mligt" not in repr(hidden)


@pytest.mark.parametrize(
    "address",
    [
        "http://pexip.region.example",
        "https://pexip.region.example/api",
        "https://a:b@pexip.region.example",
        "pexip",
    ],
)
def test_an_address_that_would_leak_the_password_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        PexipProvider(
            PexipSettings(
                name="pexip", base_url=address, username="u", password="p", join_base_url="https://v.example"
            )
        )


def test_a_failure_tells_nothing_of_the_room_or_of_pexips_words(
    pexip: PexipVendor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    wish = new_wish(guest_pin="771204")
    pexip.provider.ensure_room(wish, soon())
    told = []
    for status in (400, 401, 403, 404, 409, 418, 429, 500, 503):
        for action in ("create", "read"):
            pexip.fault("status", action, status=status, body='{"name": ["kanarie-2917 finns"]}')
            try:
                if action == "create":
                    pexip.provider.ensure_room(wish, soon())
                else:
                    pexip.provider.find_room(wish, soon())
            except CareMeetingError as failure:
                told += traceback.format_exception(failure)
                told.append(repr(failure))
    pexip.fault("lost_response", "create")
    with pytest.raises(OutcomeUnknown) as lost:
        pexip.provider.ensure_room(wish, soon())
    told += traceback.format_exception(lost.value)
    said = "\n".join(told) + caplog.text
    secrets = [
        "kanarie-2917",
        wish.name,
        wish.alias,
        wish.tag,
        wish.host_pin,
        "771204",
        "sandbox-pexip-password",
    ]
    assert [secret for secret in secrets if secret in said] == []
