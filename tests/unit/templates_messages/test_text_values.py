"""What a text may tell: values that would forge, hide or leak are refused, and the refusal does not repeat them."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from templates_messages.placeholders import PLACEHOLDERS
from templates_messages.samples import BARE, FULL
from templates_messages.values import TextValues, UnfitValue, resolve
from templates_messages.vocabulary import Language


def told(values: TextValues, name: str, language: Language = Language.SWEDISH) -> object:
    return resolve(values, [name], language)[name]


def test_every_placeholder_has_a_value_and_no_other_name_has() -> None:
    assert set(resolve(FULL, PLACEHOLDERS, Language.SWEDISH)) == set(PLACEHOLDERS)
    with pytest.raises(KeyError):
        resolve(FULL, ["namn"], Language.SWEDISH)


def test_what_is_not_optional_is_always_known() -> None:
    filled = resolve(BARE, PLACEHOLDERS, Language.SWEDISH)
    assert {
        name for name, it in PLACEHOLDERS.items() if not it.optional and filled[name] in {None, ""}
    } == set()


def test_there_is_no_field_for_a_person_or_for_free_text() -> None:
    names = {field.name for field in fields(TextValues)}
    suspicious = ("patient", "person", "attendee", "subject", "body", "note", "comment", "diagnosis", "free")
    assert [name for name in names if any(word in name for word in suspicious)] == []


def test_times_are_told_in_the_meetings_zone_whatever_their_offset() -> None:
    values = replace(
        FULL,
        start=datetime.fromisoformat("2024-04-25T09:30:00-04:00"),
        end=datetime.fromisoformat("2024-04-25T14:00:00+00:00"),
    )
    assert told(values, "tid") == "torsdag 25 april 2024 kl. 15.30–16.00"
    assert (told(values, "datum"), told(values, "tid_start"), told(values, "tid_slut")) == (
        "torsdag 25 april 2024",
        "15.30",
        "16.00",
    )


def test_the_contact_tells_number_and_hours() -> None:
    values = replace(FULL, contact_telephone="08-465 004 11", contact_hours="vardagar 8–12")
    assert told(values, "kontakt") == "telefon 08-465 004 11 (vardagar 8–12)"
    assert told(replace(values, contact_hours=None), "kontakt", Language.ENGLISH) == "telephone 08-465 004 11"


def test_without_an_earlier_time_there_is_nothing_to_say() -> None:
    assert told(replace(FULL, previous_start=None, previous_end=None), "tidigare_tid") is None


@pytest.mark.parametrize(
    "fault",
    [
        {"unit_name": "Mottagning\nNy rad"},
        {"unit_name": "Mot\u202etagning"},
        {"unit_name": "  "},
        {"contact_telephone": ""},
        {"support": "x\u200bx"},
        {"join_link": "http://mote.region.example/m/A"},
        {"join_link": "javascript:alert(1)"},
        {"join_link": "https://"},
        {"join_link": "https://user:word@mote.region.example/m/A"},
        {"join_link": 'https://mote.region.example/m/"onclick="x'},
        {"join_link": "https://mote.region.example/m/A B"},
        {"join_link": "https://[half/m/A"},
        {"join_link": "https:/mote.region.example/m/A"},
        {"join_link": "https://?m=/A"},
        {"join_link": "https://user@mote.region.example#/m/A"},
        {"start_link": "ftp://mote.region.example/start/A"},
        {"info_page": "https://www.region.example/\u2028"},
        {"start": datetime(2027, 4, 22, 13, 30)},  # noqa: DTZ001 - the fault
        {"end": datetime(2027, 4, 22, 13, 30, tzinfo=UTC)},
        {"previous_start": None},
        {"previous_end": datetime(2027, 4, 20, 11, 0, tzinfo=UTC)},
    ],
)
def test_an_unfit_value_is_refused_by_its_field_and_never_repeated(fault: dict[str, Any]) -> None:
    [(name, value)] = fault.items()
    with pytest.raises(UnfitValue) as refusal:
        replace(FULL, **fault)
    assert name in str(refusal.value)
    assert not isinstance(value, str) or not value.strip() or value not in str(refusal.value)


@pytest.mark.parametrize("link", ["http://127.0.0.1:8000/m/A", "http://localhost/m/A"])
def test_the_sandbox_on_this_machine_needs_no_https(link: str) -> None:
    assert told(replace(FULL, join_link=link), "lank") == link


def test_pins_do_not_stand_in_the_values_repr() -> None:
    assert "739164" not in repr(FULL)
    assert "482913" not in repr(FULL)
