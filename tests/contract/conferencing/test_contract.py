"""The promises of `ConferencingProvider`, kept by every adapter."""

from dataclasses import replace

import pytest

from addin.meetings.deadline import Deadline
from addin.meetings.errors import (
    AuthenticationFailed,
    ForeignRoom,
    OutcomeUnknown,
    ProviderUnavailable,
    RateLimited,
    RoomNotFound,
)
from addin.meetings.ports import DeleteOutcome, Occupancy, OwnedRoom
from tests.contract.conferencing.vendors import JOIN, Vendor, new_wish, soon


def test_a_room_is_made_with_one_call(vendor: Vendor) -> None:
    wish = new_wish()
    made = vendor.provider.ensure_room(wish, soon())
    assert made.created
    assert vendor.rooms() == {wish.name}
    assert (vendor.calls("create"), vendor.calls("read"), vendor.calls("change")) == (
        1,
        1,
        0,
    )  # the read is this test's own look at the rooms


def test_a_repeated_wish_adopts_the_room_that_is_there(vendor: Vendor) -> None:
    wish = new_wish()
    first = vendor.provider.ensure_room(wish, soon())
    second = vendor.provider.ensure_room(wish, soon())
    assert (second.reference, second.created) == (first.reference, False)
    assert vendor.rooms() == {wish.name}


def test_a_room_that_was_made_but_not_answered_is_found_again(vendor: Vendor) -> None:
    wish = new_wish()
    vendor.fault("lost_response", "create")
    with pytest.raises(OutcomeUnknown):
        vendor.provider.ensure_room(wish, soon())
    found = vendor.provider.find_room(wish, soon())
    assert found is not None
    assert not found.created
    assert vendor.provider.ensure_room(wish, soon()).reference == found.reference
    assert vendor.rooms() == {wish.name}


def test_a_call_that_was_cut_before_its_effect_is_just_as_unknown(vendor: Vendor) -> None:
    wish = new_wish()
    vendor.fault("close_before_effect", "create")
    with pytest.raises(OutcomeUnknown):
        vendor.provider.ensure_room(wish, soon())
    assert vendor.provider.find_room(wish, soon()) is None
    assert vendor.provider.ensure_room(wish, soon()).created


def test_a_create_that_lands_late_is_adopted_and_not_doubled(vendor: Vendor) -> None:
    wish = new_wish()
    vendor.fault("hold", "create", stage="before", disconnect=True)
    with pytest.raises(OutcomeUnknown):
        vendor.provider.ensure_room(wish, soon())
    assert vendor.provider.find_room(wish, soon()) is None
    vendor.release_held()
    first = vendor.provider.find_room(wish, soon())
    assert first is not None
    assert vendor.provider.ensure_room(wish, soon()) == first
    assert vendor.rooms() == {wish.name}


def test_an_answer_that_does_not_come_in_time_is_unknown(vendor: Vendor) -> None:
    vendor.fault("hold", "create", stage="after")
    with pytest.raises(OutcomeUnknown):
        vendor.provider.ensure_room(new_wish(), Deadline.after(1))
    vendor.release_held()


def test_a_passed_deadline_means_that_nothing_is_sent(vendor: Vendor) -> None:
    with pytest.raises(ProviderUnavailable):
        vendor.provider.ensure_room(new_wish(), Deadline.after(-1))
    assert vendor.calls("create") == 0


@pytest.mark.parametrize("bears", ["name", "alias"])
def test_a_foreign_room_under_our_name_or_address_is_never_touched(vendor: Vendor, bears: str) -> None:
    wish = new_wish()
    vendor.fault("foreign_room", "create", bears=bears)
    with pytest.raises(ForeignRoom):
        vendor.provider.ensure_room(wish, soon())
    assert len(vendor.rooms()) == 1
    assert (vendor.calls("change"), vendor.calls("remove")) == (0, 0)


def test_looking_for_a_name_that_somebody_else_bears_says_so(vendor: Vendor) -> None:
    wish = new_wish()
    vendor.plant_foreign(name=wish.name, alias="annan")
    with pytest.raises(ForeignRoom):
        vendor.provider.find_room(wish, soon())


def test_a_new_room_is_protected_as_wished(vendor: Vendor) -> None:
    wish = new_wish(guest_pin="771204")
    made = vendor.provider.ensure_room(wish, soon())
    assert list(vendor.provider.verify_protection(made.reference, wish, soon())) == []


def test_protection_that_was_weakened_is_named(vendor: Vendor) -> None:
    wish = new_wish()
    made = vendor.provider.ensure_room(wish, soon())
    weakened = vendor.tamper(made.reference, wish)
    assert list(vendor.provider.verify_protection(made.reference, wish, soon())) == [weakened]


def test_a_change_of_type_changes_the_same_room(vendor: Vendor) -> None:
    wish = new_wish()
    made = vendor.provider.ensure_room(wish, soon())
    other = replace(wish, participant_limit=50, chat=True, guests_can_present=True, guest_pin="771204")
    vendor.provider.update_room(made.reference, other, soon())
    assert list(vendor.provider.verify_protection(made.reference, other, soon())) == []
    assert vendor.provider.find_room(wish, soon()) == replace(made, created=False)


def test_weakened_protection_is_mended_by_the_same_wish(vendor: Vendor) -> None:
    wish = new_wish()
    made = vendor.provider.ensure_room(wish, soon())
    vendor.tamper(made.reference, wish)
    vendor.provider.update_room(made.reference, wish, soon())
    assert list(vendor.provider.verify_protection(made.reference, wish, soon())) == []


def test_changing_a_room_that_is_gone_says_so(vendor: Vendor) -> None:
    wish = new_wish()
    made = vendor.provider.ensure_room(wish, soon())
    vendor.provider.delete_room(made.reference, wish, soon())
    with pytest.raises(RoomNotFound):
        vendor.provider.update_room(made.reference, wish, soon())
    with pytest.raises(RoomNotFound):
        vendor.provider.verify_protection(made.reference, wish, soon())


def test_a_removal_may_be_repeated(vendor: Vendor) -> None:
    wish = new_wish()
    made = vendor.provider.ensure_room(wish, soon())
    assert vendor.provider.delete_room(made.reference, wish, soon()) is DeleteOutcome.DELETED
    assert vendor.provider.delete_room(made.reference, wish, soon()) is DeleteOutcome.ALREADY_GONE
    assert vendor.rooms() == set()


def test_a_removal_touches_no_other_room(vendor: Vendor) -> None:
    kept, removed = new_wish(), new_wish()
    vendor.provider.ensure_room(kept, soon())
    vendor.plant_foreign(name="annan-kund", alias="annan")
    reference = vendor.provider.ensure_room(removed, soon()).reference
    vendor.provider.delete_room(reference, removed, soon())
    assert vendor.rooms() == {kept.name, "annan-kund"}


def test_a_reference_that_means_somebody_elses_room_by_now_is_left_alone(vendor: Vendor) -> None:
    reference = vendor.plant_foreign(name="annan-kund", alias="annan")
    with pytest.raises(ForeignRoom):
        vendor.provider.delete_room(reference, new_wish(), soon())
    with pytest.raises(ForeignRoom):
        vendor.provider.update_room(reference, new_wish(), soon())
    with pytest.raises(ForeignRoom):
        vendor.provider.verify_protection(reference, new_wish(), soon())
    assert (vendor.calls("remove"), vendor.calls("change")) == (0, 0)


def test_a_removal_whose_answer_is_lost_is_unknown_and_then_gone(vendor: Vendor) -> None:
    wish = new_wish()
    made = vendor.provider.ensure_room(wish, soon())
    vendor.fault("lost_response", "remove")
    with pytest.raises(OutcomeUnknown):
        vendor.provider.delete_room(made.reference, wish, soon())
    assert vendor.provider.delete_room(made.reference, wish, soon()) is DeleteOutcome.ALREADY_GONE


def test_a_change_whose_answer_is_lost_is_unknown(vendor: Vendor) -> None:
    wish = new_wish()
    made = vendor.provider.ensure_room(wish, soon())
    vendor.fault("lost_response", "change")
    with pytest.raises(OutcomeUnknown):
        vendor.provider.update_room(made.reference, wish, soon())


def test_only_rooms_in_our_name_space_are_listed(vendor: Vendor) -> None:
    wish = new_wish()
    made = vendor.provider.ensure_room(wish, soon())
    vendor.provider.ensure_room(new_wish(name="svm-prod-1"), soon())
    vendor.plant_foreign(name="annan-kund", alias="annan")
    owned = list(vendor.provider.list_owned("svm-test-", soon()))
    assert owned == [OwnedRoom(made.reference, wish.name, wish.tag)]


def test_every_page_is_listed(vendor: Vendor) -> None:
    names = {
        vendor.provider.ensure_room(wish, soon()) and wish.name for wish in (new_wish() for _ in range(45))
    }
    provider = vendor.another(page_size=20)
    assert {room.name for room in provider.list_owned("svm-test-", soon())} == names


def test_who_is_in_the_room_is_counted(vendor: Vendor) -> None:
    wish = new_wish()
    vendor.provider.ensure_room(wish, soon())
    assert vendor.provider.occupancy(wish, soon()) == Occupancy(0, host_present=False)
    vendor.join(wish, host=False)
    assert vendor.provider.occupancy(wish, soon()) == Occupancy(1, host_present=False)
    vendor.join(wish, host=True)
    assert vendor.provider.occupancy(wish, soon()) == Occupancy(2, host_present=True)


def test_ending_a_call_sends_everybody_out(vendor: Vendor) -> None:
    wish, other = new_wish(), new_wish()
    for each in (wish, other):
        vendor.provider.ensure_room(each, soon())
        assert vendor.join(each, host=True) == 200
    vendor.provider.end_call(wish, soon())
    assert vendor.provider.occupancy(wish, soon()).participants == 0
    assert vendor.provider.occupancy(other, soon()).participants == 1


def test_ending_a_call_that_nobody_is_in_is_no_error(vendor: Vendor) -> None:
    wish = new_wish()
    vendor.provider.end_call(wish, soon())
    vendor.provider.ensure_room(wish, soon())
    vendor.provider.end_call(wish, soon())
    assert vendor.calls("remove") == 0


def test_the_seat_above_the_limit_is_refused(vendor: Vendor) -> None:
    wish = new_wish(participant_limit=2)
    vendor.provider.ensure_room(wish, soon())
    assert [vendor.join(wish, host=host) for host in (True, False, False)] == [200, 200, 403]


def test_addresses_carry_the_alias_and_nothing_secret(vendor: Vendor) -> None:
    wish = new_wish(guest_pin="771204")
    for address in (vendor.provider.guest_address(wish), vendor.provider.host_address(wish)):
        assert address.startswith(f"{JOIN}/")
        assert wish.alias in address
        assert not any(secret in address for secret in (wish.host_pin, "771204", wish.name, wish.title))


@pytest.mark.parametrize("action", ["create", "read"])
def test_a_busy_vendor_says_when_to_come_back(vendor: Vendor, action: str) -> None:
    vendor.fault("status", action, status=429, retry_after=7)
    with pytest.raises(RateLimited) as failure:
        _do(vendor, action)
    assert failure.value.retry_after == 7


@pytest.mark.parametrize("action", ["create", "read"])
def test_wrong_credentials_are_told_apart(vendor: Vendor, action: str) -> None:
    provider = vendor.another(password="fel")
    with pytest.raises(AuthenticationFailed):
        provider.ensure_room(new_wish(), soon()) if action == "create" else provider.check(soon())


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_server_error_leaves_a_create_unknown_and_a_read_repeatable(vendor: Vendor, status: int) -> None:
    vendor.fault("status", "create", status=status)
    with pytest.raises(OutcomeUnknown):
        _do(vendor, "create")
    vendor.fault("status", "read", status=status)
    with pytest.raises(ProviderUnavailable):
        _do(vendor, "read")


@pytest.mark.parametrize("action", ["create", "read"])
def test_a_vendor_that_is_too_busy_to_begin_did_nothing(vendor: Vendor, action: str) -> None:
    vendor.fault("status", action, status=503)
    with pytest.raises(ProviderUnavailable):
        _do(vendor, action)


def test_an_answer_that_is_not_json_is_no_answer(vendor: Vendor) -> None:
    vendor.fault("malformed_json", "create")
    with pytest.raises(OutcomeUnknown):
        _do(vendor, "create")
    vendor.fault("malformed_json", "read")
    with pytest.raises(ProviderUnavailable):
        _do(vendor, "read")


def test_a_closed_port_is_surely_not_applied(vendor: Vendor) -> None:
    with pytest.raises(ProviderUnavailable):
        vendor.another(base_url="http://127.0.0.1:9").ensure_room(new_wish(), soon())


def test_one_harmless_call_proves_address_and_credentials(vendor: Vendor) -> None:
    vendor.provider.check(soon())
    assert (vendor.calls("read"), vendor.calls("create"), vendor.calls("change")) == (1, 0, 0)


def _do(vendor: Vendor, action: str) -> None:
    if action == "create":
        vendor.provider.ensure_room(new_wish(), soon())
    else:
        vendor.provider.check(soon())
