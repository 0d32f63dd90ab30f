"""The JSON interface of meetings, sentence by sentence: book, look, change, take back, list, tell.

Every answer is also held against the description that the service gives of itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import icalendar
import pytest

from addin.sandbox import people
from tests.integration.described_api import DescribedApi, Json, booking, seen
from tests.region import ZONE, Region


@pytest.fixture
def api(region: Region) -> DescribedApi:
    return DescribedApi(region)


# --- book ---------------------------------------------------------------------------------------------------


def test_a_booking_answers_with_the_meeting_where_it_is_and_its_etag(api: DescribedApi) -> None:
    answer = api.region.book(hosts=[people.DAVID.object_id])
    api.hold("POST", "/meetings", answer)
    meeting = answer.json()
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Location"] == f"/api/v1/meetings/{meeting['id']}"
    assert meeting["state"] == "live"
    assert meeting["hosts"] == [people.DAVID.object_id]
    assert meeting["join_code_spoken"] in meeting["join_url"]
    assert meeting["join_url"] in meeting["item_block"]["text"]
    assert meeting["start_url"] in meeting["item_block"]["text"]
    assert meeting["join_code_spoken"] not in meeting["start_url"]


def test_what_was_booked_can_be_read_where_the_answer_says(api: DescribedApi) -> None:
    answer = api.region.book()
    path = answer.headers["Location"].removeprefix("/api/v1")
    again = api("GET", path)
    assert again.status_code == 200
    assert again.json() == answer.json()
    assert again.headers["ETag"] == answer.headers["ETag"]


def test_the_same_key_and_body_give_the_meeting_as_it_is_now(api: DescribedApi) -> None:
    key, body = uuid4().hex, booking()
    first = api.books(key=key, **body)
    api.changes(first, unit="vardcentral")
    second = api.books(key=key, status=200, **body)
    assert (second["id"], second["join_url"]) == (first["id"], first["join_url"])
    assert (second["unit"], second["revision"]) == ("vardcentral", 2)
    assert len(api.region.rooms_of(first["id"])) == 1


def test_the_same_key_with_another_body_is_refused(api: DescribedApi) -> None:
    key = uuid4().hex
    api.books(key=key)
    api.refuses(
        422,
        "idempotency-key-reused",
        "POST",
        "/meetings",
        headers={"Idempotency-Key": key},
        json=booking(unit="vardcentral"),
    )


def test_two_people_who_draw_the_same_key_book_two_meetings(api: DescribedApi) -> None:
    key = uuid4().hex
    assert api.books(key=key)["id"] != api.books(key=key, person=people.BO)["id"]


def test_two_tabs_of_one_saved_item_get_one_meeting(api: DescribedApi) -> None:
    item = uuid4().hex
    first = api.books(item_id=item)
    second = api.books(item_id=item, status=200)
    assert second["id"] == first["id"]
    assert first["unbound"] is False


def test_a_booking_on_behalf_of_somebody_says_so(api: DescribedApi) -> None:
    meeting = api.books(person=people.CARIN, mailbox=people.BO.address, on_behalf_of=people.BO.address)
    assert (meeting["mailbox"], meeting["on_behalf_of"]) == (people.BO.address, people.BO.address)


def test_a_mailbox_is_the_same_however_it_is_capitalised(api: DescribedApi) -> None:
    meeting = api.books(person=people.CARIN, mailbox=people.BO.address.title())
    assert meeting["id"] in api.listed(people.BO)


def test_a_room_that_takes_long_is_promised_and_then_there(api: DescribedApi) -> None:
    api.region.fault("hold", method="POST")
    key = uuid4().hex
    answer = api.region.book(key=key)
    api.hold("POST", "/meetings", answer)
    promised = answer.json()
    assert answer.status_code == 202
    assert int(answer.headers["Retry-After"]) >= 1
    assert (promised["state"], promised["retryable"]) == ("wanted", True)
    assert [promised[name] for name in ("join_url", "start_url", "item_block", "join_code_spoken")] == [
        None
    ] * 4
    assert api.books(key=key, status=202)["id"] == promised["id"]
    _has_no_words_yet(api, f"/meetings/{promised['id']}")
    api.region.release()
    there = api.region.waits_for_state(promised["id"], "live")
    assert there["join_url"]
    assert len(api.region.rooms_of(promised["id"])) == 1


@pytest.mark.parametrize(
    ("part", "value", "code"),
    [
        ("type", "no-such-type", "unknown-meeting-type"),
        ("variant", "staff", "unknown-variant"),
        ("unit", "no-such-unit", "unknown-unit"),
        ("mailbox", "anna@annanregion.example", "mailbox-not-allowed"),
        ("on_behalf_of", "anna@annanregion.example", "mailbox-not-allowed"),
    ],
)
def test_what_the_settings_do_not_know_has_a_code_of_its_own(
    api: DescribedApi, part: str, value: str, code: str
) -> None:
    headers = {"Idempotency-Key": uuid4().hex}
    api.refuses(422, code, "POST", "/meetings", headers=headers, json=booking() | {part: value})


@pytest.mark.parametrize("key", [None, "", "k" * 129, "a b", "a\tb"])
def test_a_booking_needs_a_key_of_visible_ascii(api: DescribedApi, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    api.refuses(400, "idempotency-key-missing", "POST", "/meetings", headers=headers, json=booking())


# --- change -------------------------------------------------------------------------------------------------


def test_a_change_without_saying_what_was_seen_is_refused(api: DescribedApi) -> None:
    meeting = api.books()
    api.refuses(
        428, "precondition-required", "PATCH", f"/meetings/{meeting['id']}", json={"unit": "vardcentral"}
    )
    api.refuses(
        428,
        "revision-required",
        "PATCH",
        f"/meetings/{meeting['id']}",
        json={"unit": "vardcentral"},
        headers={"If-Match": "*"},
    )


@pytest.mark.parametrize("tag", ['"2"', '"0"', "1", 'W/"1"', "rubbish"])
def test_a_change_of_what_is_not_there_any_more_is_refused(api: DescribedApi, tag: str) -> None:
    meeting = api.books()
    body = {"unit": "vardcentral"}
    headers = {"If-Match": tag}
    api.refuses(412, "meeting-changed", "PATCH", f"/meetings/{meeting['id']}", headers=headers, json=body)
    assert api("GET", f"/meetings/{meeting['id']}").json() == meeting


def test_a_new_time_keeps_link_and_code_and_tells_the_old_time(api: DescribedApi) -> None:
    before = api.books()
    start, end = _moved(before, days=1)
    after = api.changes(before, start=start, end=end, time_zone="Europe/Stockholm")
    assert _links(after) == _links(before)
    assert (after["start"], after["end"]) == (start, end)
    assert (after["previous_start"], after["previous_end"]) == (before["start"], before["end"])
    assert after["revision"] == before["revision"] + 1


def test_a_new_type_keeps_link_and_code_and_room(api: DescribedApi) -> None:
    before = api.books()
    room = api.region.rooms_of(before["id"])
    after = api.changes(before, type="information-meeting-patient")
    assert _links(after) == _links(before)
    assert (after["type"], after["variant"]) == ("information-meeting-patient", "group")
    assert after["neutral_subject"] != before["neutral_subject"]
    assert [one["id"] for one in api.region.rooms_of(before["id"])] == [one["id"] for one in room]


def test_a_new_variant_and_unit_keep_link_and_code(api: DescribedApi) -> None:
    before = api.books()
    after = api.changes(before, variant="group", unit="vardcentral")
    assert _links(after) == _links(before)
    assert (after["variant"], after["unit"]) == ("group", "vardcentral")


def test_a_change_that_changes_nothing_is_no_change(api: DescribedApi) -> None:
    before = api.books()
    same = {name: before[name] for name in ("type", "variant", "unit", "start", "end", "time_zone")}
    assert api.changes(before, **same) == before
    assert api.changes(before) == before


def test_the_parts_of_the_time_come_together(api: DescribedApi) -> None:
    meeting = api.books()
    problem = api.refuses(
        422,
        "invalid-request",
        "PATCH",
        f"/meetings/{meeting['id']}",
        headers=seen(meeting),
        json={"start": _moved(meeting, days=1)[0]},
    )
    assert set(problem["errors"]["json"]) == {"end", "time_zone"}


def test_a_meeting_that_was_taken_back_cannot_be_changed(api: DescribedApi) -> None:
    meeting = api.books()
    path = f"/meetings/{meeting['id']}"
    api("DELETE", path)
    gone = api("GET", path).json()
    api.refuses(409, "meeting-is-cancelled", "PATCH", path, headers=seen(gone), json={"unit": "vardcentral"})


def test_a_provider_s_work_never_makes_a_user_s_etag_stale(api: DescribedApi) -> None:
    meeting = api.books()
    api.region.settles()
    assert api.changes(meeting, unit="vardcentral")["unit"] == "vardcentral"


# --- take back ----------------------------------------------------------------------------------------------


def test_taking_back_removes_the_room_and_may_be_repeated(api: DescribedApi) -> None:
    meeting = api.books()
    path = f"/meetings/{meeting['id']}"
    assert [api.takes_back(meeting) for _ in range(3)] == [204, 204, 204]
    assert api.region.rooms_of(meeting["id"]) == []
    gone = api("GET", path).json()
    assert (gone["state"], gone["join_url"]) == ("cancelled", meeting["join_url"])


def test_taking_back_what_was_seen_otherwise_takes_nothing_back(api: DescribedApi) -> None:
    meeting = api.books()
    path = f"/meetings/{meeting['id']}"
    changed = api.changes(meeting, unit="vardcentral")
    api.refuses(412, "meeting-changed", "DELETE", path, headers=seen(meeting))
    assert api("GET", path).json()["state"] in {"live", "wanted"}
    # It has been applied by the second and third time, whatever the revision (RFC 9110, 13.1.1).
    as_it_is = {"If-Match": "*"}
    statuses = [
        api("DELETE", path, headers=headers).status_code for headers in (as_it_is, *[seen(changed)] * 3)
    ]
    assert set(statuses) <= {202, 204}


def test_taking_back_while_the_provider_is_away_is_promised_and_then_done(api: DescribedApi) -> None:
    meeting = api.books()
    path = f"/meetings/{meeting['id']}"
    api.region.fault("status", status=503, times=1000)
    answer = api("DELETE", path)
    assert answer.status_code == 202
    assert int(answer.headers["Retry-After"]) >= 1
    assert api("DELETE", path).status_code == 202
    assert api("GET", path).json()["state"] == "cancelling"
    api.region.heal()
    api.region.waits_for_state(meeting["id"], "cancelled")
    assert api("DELETE", path).status_code == 204
    assert api.region.rooms_of(meeting["id"]) == []


def test_a_room_that_the_provider_keeps_is_said_and_never_promised_for_ever(api: DescribedApi) -> None:
    meeting = api.books()
    path = f"/meetings/{meeting['id']}"
    api.region.settles(meeting["id"])
    api.region.fault("status", status=403, times=1000)
    for _ in range(2):
        answer = api("DELETE", path)
        assert answer.status_code == 200
        assert answer.json()["state"] == "cancelling"
        assert answer.json()["attention"]["code"] == "permission_denied"
        assert "Mötet är inställt" in answer.json()["attention"]["message"]
    api.region.heal()
    assert api("DELETE", path).status_code == 204
    assert api.region.rooms_of(meeting["id"]) == []


# --- whose --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "below", "more"),
    [
        ("GET", "", {}),
        ("PATCH", "", {"json": {"unit": "vardcentral"}, "headers": {"If-Match": '"1"'}}),
        ("DELETE", "", {}),
        ("GET", "/texts", {"params": {"audience": "patient"}}),
        ("GET", "/item-block", {}),
        ("GET", "/invitation", {"params": {"audience": "external"}}),
        ("POST", "/copied", {"json": {"audience": "patient", "what": "link"}}),
    ],
)
def test_somebody_else_s_meeting_is_not_there(
    api: DescribedApi, method: str, below: str, more: dict[str, Any]
) -> None:
    theirs = api.books()["id"]
    for meeting_id in (theirs, "0" * 32):
        path = f"/meetings/{meeting_id}{below}"
        api.refuses(404, "meeting-not-found", method, path, person=people.EVA, **more)
    assert api("GET", f"/meetings/{theirs}").json()["revision"] == 1


def test_my_list_holds_what_i_booked_host_own_and_what_was_booked_for_me(api: DescribedApi) -> None:
    booked = api.books(person=people.CARIN)["id"]
    hosted = api.books(hosts=[people.CARIN.object_id])["id"]
    in_my_mailbox = api.books(mailbox=people.CARIN.address)["id"]
    for_me = api.books(on_behalf_of=people.CARIN.address)["id"]
    not_mine = api.books()["id"]
    mine = api.listed(people.CARIN)
    assert {booked, hosted, in_my_mailbox, for_me} <= set(mine)
    assert not_mine not in mine
    assert len(mine) == len(set(mine))


def test_what_is_in_my_list_can_be_opened(api: DescribedApi) -> None:
    hosted = api.books(hosts=[people.DAVID.object_id])["id"]
    assert hosted in api.listed(people.DAVID)
    assert api("GET", f"/meetings/{hosted}", person=people.DAVID).status_code == 200


def test_the_list_is_in_order_and_paged_without_gap_or_repeat(api: DescribedApi) -> None:
    when = _far_ahead(api)
    made = [api.books(**_window(when + timedelta(hours=hour)))["id"] for hour in (3, 1, 2, 1, 0)]
    query = {"from": when.isoformat(), "to": (when + timedelta(days=1)).isoformat(), "page_size": 2}
    pages, after = [], None
    while True:
        page = api("GET", "/meetings", params=query | ({"after": after} if after else {})).json()
        pages.append(page["meetings"])
        after = page["next"]
        if after is None:
            break
    seen_meetings = [meeting for page in pages for meeting in page]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert sorted(meeting["id"] for meeting in seen_meetings) == sorted(made)
    starts = [meeting["start"] for meeting in seen_meetings]
    assert starts == sorted(starts)
    assert all("item_block" not in meeting for meeting in seen_meetings)


def test_the_list_begins_with_its_first_moment_and_ends_before_its_last(api: DescribedApi) -> None:
    when = _far_ahead(api)
    made = [api.books(**_window(when + timedelta(hours=hour)))["id"] for hour in (0, 1, 2)]
    between = {"from": when.isoformat(), "to": (when + timedelta(hours=2)).isoformat()}
    assert api.listed(query=between) == made[:2]


@pytest.mark.parametrize(
    "query", [{"page_size": 0}, {"page_size": 101}, {"from": "2027-01-01"}, {"after": "x"}]
)
def test_a_list_that_cannot_be_asked_for_is_refused(api: DescribedApi, query: dict[str, Any]) -> None:
    api.refuses(422, "invalid-request", "GET", "/meetings", params=query)


# --- words --------------------------------------------------------------------------------------------------


def test_every_audience_of_a_type_has_its_texts_with_its_way_in(api: DescribedApi) -> None:
    meeting = api.books()
    types = {kind["id"]: kind for kind in api("GET", "/meeting-types").json()["meeting_types"]}
    for audience in types[meeting["type"]]["audiences"]:
        answer = api(
            "GET", f"/meetings/{meeting['id']}/texts", params={"audience": audience, "language": "sv"}
        )
        texts = answer.json()
        assert texts["link"]["url"] == meeting["join_url"]
        assert texts["texts"][0]["occasion"] == "invitation"
        way_in = meeting["start_url"] if audience == "staff" else meeting["join_url"]
        assert way_in in texts["texts"][0]["plain"]


def test_the_patient_s_text_never_holds_the_way_in_for_staff(api: DescribedApi) -> None:
    meeting = api.books()
    query = {"audience": "patient", "language": "sv"}
    answer = api("GET", f"/meetings/{meeting['id']}/texts", params=query)
    assert answer.json()["link"]["central_template"] == "Skyddat digitalt vårdmöte"
    assert "/start/" not in answer.text


def test_texts_come_in_the_language_that_was_asked_for(api: DescribedApi) -> None:
    path = f"/meetings/{api.books()['id']}/texts"
    english = api("GET", path, params={"audience": "patient", "language": "en"}).json()
    assert english["language"] == "en"
    api.refuses(404, "text-missing", "GET", path, params={"audience": "patient", "language": "tlh"})
    api.refuses(422, "invalid-request", "GET", path, params={"audience": "patient", "language": "svenska"})


def test_an_audience_that_the_type_has_no_texts_for_is_refused(api: DescribedApi) -> None:
    path = f"/meetings/{api.books(type='internal-meeting', variant='staff')['id']}"
    api.refuses(422, "unknown-audience", "GET", f"{path}/texts", params={"audience": "patient"})
    told = {"audience": "patient", "what": "link"}
    api.refuses(422, "unknown-audience", "POST", f"{path}/copied", json=told)


def test_who_was_told_before_a_change_is_told_of_something_stale(api: DescribedApi) -> None:
    meeting = api.books()
    path = f"/meetings/{meeting['id']}/copied"
    told = api("POST", path, json={"audience": "patient", "what": "text"}).json()
    assert (told["told"], told["told_stale"]) == ({"patient": 1}, [])
    start, end = _moved(meeting, days=2)
    moved = api.changes(told, start=start, end=end, time_zone=meeting["time_zone"])
    assert (moved["told"], moved["told_stale"]) == ({"patient": 1}, ["patient"])
    again = api("POST", path, json={"audience": "patient", "what": "informed"}).json()
    assert (again["told"], again["told_stale"]) == ({"patient": 2}, [])


def test_a_text_that_was_fetched_before_a_change_tells_of_the_meeting_before_it(api: DescribedApi) -> None:
    meeting = api.books()
    path = f"/meetings/{meeting['id']}"
    as_of = api("GET", f"{path}/texts", params={"audience": "patient"}).json()["as_of"]
    start, end = _moved(meeting, days=2)
    api.changes(meeting, start=start, end=end, time_zone=meeting["time_zone"])
    copied = {"audience": "patient", "what": "text", "as_of": as_of}
    told = api("POST", f"{path}/copied", json=copied).json()
    assert (told["revision"], told["told"], told["told_stale"]) == (2, {"patient": 1}, ["patient"])
    api.refuses(
        412, "meeting-changed", "POST", f"{path}/copied", json=copied | {"as_of": as_of | {"revision": 3}}
    )
    for wrong in ({"end": as_of["start"]}, {"start": "0001-01-01T00:00:00+00:00"}, {"revision": True}):
        api.refuses(422, "invalid-request", "POST", f"{path}/copied", json=copied | {"as_of": as_of | wrong})
    fresh = api("GET", f"{path}/texts", params={"audience": "patient"}).json()["as_of"]
    again = api("POST", f"{path}/copied", json=copied | {"as_of": fresh}).json()
    assert (again["told"], again["told_stale"]) == ({"patient": 2}, [])


def test_each_audience_reads_the_earlier_time_that_it_was_told(api: DescribedApi) -> None:
    meeting = api.books()
    path = f"/meetings/{meeting['id']}"

    def earlier(audience: str) -> str:
        texts = api("GET", f"{path}/texts", params={"audience": audience}).json()["texts"]
        plain = next(text["plain"] for text in texts if text["occasion"] == "rescheduled")
        return str(next(line for line in plain.splitlines() if line.startswith("Tidigare tid:")))

    api("POST", f"{path}/copied", json={"audience": "patient", "what": "text"})
    start, end = _moved(meeting, days=2)
    first = api.changes(meeting, start=start, end=end, time_zone=meeting["time_zone"])
    told_first, told_nothing = earlier("patient"), earlier("interpreter")
    api("POST", f"{path}/copied", json={"audience": "interpreter", "what": "text"})
    start, end = _moved(first, days=2)
    second = api.changes(first, start=start, end=end, time_zone=meeting["time_zone"])
    assert second["told_stale"] == ["patient", "interpreter"]
    assert earlier("patient") == told_first == told_nothing
    assert earlier("interpreter") != told_first


def test_a_time_between_that_nobody_outside_has_heard_of_is_nobody_s_earlier_time(api: DescribedApi) -> None:
    meeting = api.books()
    api("POST", f"/meetings/{meeting['id']}/copied", json={"audience": "patient", "what": "text"})
    start, end = _moved(meeting, days=2)
    between = api.changes(meeting, start=start, end=end, time_zone=meeting["time_zone"])
    start, end = _moved(between, days=2)
    last = api.changes(between, start=start, end=end, time_zone=meeting["time_zone"])
    assert last["previous_start"] == meeting["start"]


def test_the_block_comes_in_both_formats(api: DescribedApi) -> None:
    meeting = api.books()
    path = f"/meetings/{meeting['id']}/item-block"
    for form, name in (("html", "html"), ("text", "text")):
        shown = api("GET", path, params={"format": form}).json()
        assert shown == {"format": form, "content": meeting["item_block"][name]}
    assert api("GET", path).json()["format"] == "html"
    api.refuses(422, "invalid-request", "GET", path, params={"format": "rtf"})


# --- choices ------------------------------------------------------------------------------------------------


def test_the_types_are_those_of_the_settings_in_order(api: DescribedApi) -> None:
    types = api("GET", "/meeting-types").json()["meeting_types"]
    assert [kind["id"] for kind in types] == [
        "care-meeting-patient",
        "information-meeting-patient",
        "internal-meeting",
    ]
    assert types[0]["provider_note"] is None
    assert "Teams" in types[2]["provider_note"]
    for kind in types:
        assert set(kind["neutral_subject"]) == {variant["id"] for variant in kind["variants"]}


def test_the_mailbox_s_own_unit_comes_as_default(api: DescribedApi) -> None:
    units = api("GET", "/units", params={"mailbox": people.DAVID.address}).json()["units"]
    assert [unit["id"] for unit in units if unit["default"]] == ["habilitering"]
    assert not any(unit["default"] for unit in api("GET", "/units").json()["units"])


# --- personal data ------------------------------------------------------------------------------------------


def test_personal_data_is_found_with_its_place_and_never_repeated(api: DescribedApi) -> None:
    # The face is two units in JavaScript's strings and one code point, which is what offsets count.
    text = "😀 tel 070-174 06 05, pnr 20120229-2384"
    body = {"fields": [{"field": "subject", "text": text}, {"field": "body", "text": "kl. 10.00–10.30"}]}
    answer = api("POST", "/personal-data-checks", json=body)
    findings = answer.json()["findings"]
    assert {(found["field"], found["tier"]) for found in findings} == {
        ("subject", "block"),
        ("subject", "confirm"),
    }
    places = {text[found["start"] : found["end"]] for found in findings}
    assert places == {"070-174 06 05", "20120229-2384"}
    assert "2384" not in answer.text


# --- a calendar file for people outside ---------------------------------------------------------------------


@pytest.mark.parametrize("audience", ["external", "interpreter"])
def test_an_invitation_is_made_changed_and_called_off_as_one(api: DescribedApi, audience: str) -> None:
    meeting = api.books()
    path = f"/meetings/{meeting['id']}"
    first = _invitation(api, path, audience)
    assert meeting["join_url"] in str(first["DESCRIPTION"])
    assert first.start == datetime.fromisoformat(meeting["start"])
    start, end = _moved(meeting, days=1)
    api.changes(meeting, start=start, end=end, time_zone="Europe/Stockholm")
    moved = _invitation(api, path, audience)
    assert moved.start == datetime.fromisoformat(start)
    api("DELETE", path)
    gone = _invitation(api, path, audience)
    assert gone["STATUS"] == "CANCELLED"
    assert meeting["join_url"] not in str(gone.to_ical())
    assert len({str(event["UID"]) for event in (first, moved, gone)}) == 1
    sequences = [event.sequence for event in (first, moved, gone)]
    assert sequences == sorted(set(sequences))


@pytest.mark.parametrize("audience", ["patient", "staff", "nobody"])
def test_only_those_with_a_calendar_of_their_own_outside_are_invited(
    api: DescribedApi, audience: str
) -> None:
    path = f"/meetings/{api.books()['id']}/invitation"
    api.refuses(422, "unknown-audience", "GET", path, params={"audience": audience})


# --- parts --------------------------------------------------------------------------------------------------


def _has_no_words_yet(api: DescribedApi, path: str) -> None:
    """Hold that nothing is given out which leads to a room that is not there."""
    for method, below, more in (
        ("GET", "/texts", {"params": {"audience": "patient"}}),
        ("GET", "/item-block", {}),
        ("GET", "/invitation", {"params": {"audience": "external"}}),
        ("POST", "/copied", {"json": {"audience": "patient", "what": "link"}}),
    ):
        problem = api.refuses(409, "meeting-not-ready", method, path + below, **more)
        assert problem["retryable"] is True


def _invitation(api: DescribedApi, path: str, audience: str) -> icalendar.Event:
    """Return the only event of the calendar file."""
    answer = api("GET", f"{path}/invitation", params={"audience": audience})
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert "attachment" in answer.headers["Content-Disposition"]
    (event,) = icalendar.Calendar.from_ical(answer.content).events
    return event


def _links(meeting: Json) -> tuple[str, str, str]:
    return meeting["join_url"], meeting["start_url"], meeting["join_code_spoken"]


def _moved(meeting: Json, *, days: int) -> tuple[str, str]:
    """Return start and end so many days later at the same time of day, whether clocks are changed between or not."""
    home = ZoneInfo(ZONE)
    local = (datetime.fromisoformat(meeting[name]).astimezone(home) for name in ("start", "end"))
    start, end = (moment + timedelta(days=days) for moment in local)
    return start.isoformat(), end.isoformat()


def _window(start: datetime) -> Json:
    return {
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=30)).isoformat(),
        "time_zone": "Europe/Stockholm",
    }


def _far_ahead(api: DescribedApi) -> datetime:
    """Return the start of a day on which Anna has nothing yet, in January so that no clock is changed."""
    usual = datetime.fromisoformat(booking()["start"])
    day = usual.replace(year=usual.year + 2, month=1, day=1)
    while api.listed(query={"from": day.isoformat(), "to": (day + timedelta(days=1)).isoformat()}):
        day += timedelta(days=1)
    return day


# --- the calendar item ---------------------------------------------------------------------------------------


def test_what_is_said_of_an_item_is_taken_and_is_nobody_else_s_to_say(api: DescribedApi) -> None:
    path = f"/meetings/{api.books()['id']}"
    assert api("POST", f"{path}/item", json={"item_id": "AAMk="}).json()["calendar_notes"] == []
    for answer in ("own_room", "strip", "leave"):
        api.refuses(409, "no-copy-asked", "POST", f"{path}/copies", json={"answer": answer})
    api.refuses(404, "meeting-not-found", "POST", f"{path}/series", json={"one_link": True})
    api.refuses(422, "invalid-request", "POST", f"{path}/copies", json={"answer": "maybe"})
    api.refuses(422, "invalid-request", "POST", f"{path}/item", json={"item_id": "two words"})
    unknown = f"/meetings/{'0' * 32}"
    api.refuses(404, "meeting-not-found", "POST", f"{unknown}/item", json={"item_id": "AAMk="})
    api.refuses(404, "meeting-not-found", "POST", f"{unknown}/copies", json={"answer": "leave"})
