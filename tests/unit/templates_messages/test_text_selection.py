"""The right texts, in the right order, version and language."""

from datetime import date
from pathlib import Path

import pytest

from templates_messages.catalogue import CatalogueFault, load_catalogue, select
from templates_messages.publishing import publish
from templates_messages.titles import load_titles
from templates_messages.vocabulary import Audience, Language
from tests.unit.templates_messages.shelf import GOOD_BODY, put

TODAY = date(2027, 1, 1)
CATALOGUE = load_catalogue()


def chosen(directory: Path, language: Language = Language.SWEDISH, on: date = TODAY) -> list[str]:
    catalogue = load_catalogue(directory)
    return [text.file for text in select(catalogue, "care", "one", Audience.PATIENT, language, on=on)]


def ids(
    variant: str, audience: Audience, *, moved: bool = False, meeting_type: str = "care-meeting-patient"
) -> list[str]:
    found = select(
        CATALOGUE, meeting_type, variant, audience, Language.SWEDISH, on=TODAY, has_previous_time=moved
    )
    return [text.id for text in found]


def test_a_patients_texts_come_as_the_pane_shows_them() -> None:
    inserts = [
        "patient-insert-child-under-13",
        "patient-insert-child-from-13",
        "patient-insert-join-together",
    ]
    assert ids("one-patient", Audience.PATIENT) == ["patient-care-meeting", "patient-cancelled", *inserts]
    assert ids("one-patient", Audience.PATIENT, moved=True) == [
        "patient-care-meeting",
        "patient-rescheduled",
        "patient-cancelled",
        *inserts,
    ]


@pytest.mark.parametrize(
    ("meeting_type", "variant", "central_template"),
    [
        ("care-meeting-patient", "one-patient", "Skyddat digitalt vårdmöte"),
        ("care-meeting-patient", "group", "Skyddat digitalt vårdmöte i grupp"),
        ("care-meeting-patient", "coordinated-plan", "Skyddat digitalt vårdmöte"),
        (
            "information-meeting-patient",
            "group",
            "Skyddat digitalt informationsmöte i grupp – anonymt deltagande",
        ),
    ],
)
def test_each_patient_meeting_has_its_central_template(
    meeting_type: str, variant: str, central_template: str
) -> None:
    for language in Language:
        first = select(CATALOGUE, meeting_type, variant, Audience.PATIENT, language, on=TODAY)[0]
        assert (first.central_template, first.language) == (central_template, language)


def test_a_coordinated_plan_has_a_text_for_prator_too() -> None:
    assert ids("coordinated-plan", Audience.EXTERNAL)[:2] == [
        "external-coordinated-plan",
        "external-coordinated-plan-prator",
    ]


def test_an_internal_meeting_has_nothing_for_patients() -> None:
    assert ids("staff", Audience.PATIENT, meeting_type="internal-meeting") == []


def test_every_kind_of_meeting_has_titles_and_a_calendar_text() -> None:
    titles = load_titles()
    for meeting_type, variant in titles.by_kind:
        assert len(ids(variant, Audience.CALENDAR, meeting_type=meeting_type)) == 1
        assert titles.of(meeting_type, variant).subject


def test_an_unpublished_version_is_never_chosen(shelf: Path) -> None:
    publish(shelf)
    put(shelf, "care/2.sv.md")
    assert "care/1.sv.md" in chosen(shelf)
    publish(shelf)
    assert "care/2.sv.md" in chosen(shelf)
    assert "care/1.sv.md" not in chosen(shelf)


def test_a_version_is_chosen_from_its_day(shelf: Path) -> None:
    put(shelf, "care/2.sv.md", valid_from="2027-02-01")
    publish(shelf)
    assert chosen(shelf, on=date(2027, 1, 31))[0] == "care/1.sv.md"
    assert chosen(shelf, on=date(2027, 2, 1))[0] == "care/2.sv.md"


def test_versions_are_numbers_not_words(shelf: Path) -> None:
    for version in (2, 9, 10):
        put(shelf, f"care/{version}.sv.md")
    publish(shelf)
    assert chosen(shelf)[0] == "care/10.sv.md"


def test_another_language_is_chosen_where_it_is_and_swedish_where_it_is_not(shelf: Path) -> None:
    put(shelf, "care/1.en.md")
    publish(shelf)
    assert chosen(shelf, Language.ENGLISH) == ["care/1.en.md", "care-cancelled/1.sv.md"]


def test_an_old_translation_gives_way_to_a_new_swedish_text(shelf: Path) -> None:
    put(shelf, "care/1.en.md")
    put(shelf, "care/2.sv.md", GOOD_BODY.replace("välkommen", "inbjuden"))
    publish(shelf)
    assert chosen(shelf, Language.ENGLISH)[0] == "care/2.sv.md"


def test_a_catalogue_with_a_changed_published_text_is_not_loaded(shelf: Path) -> None:
    publish(shelf)
    put(shelf, "care/1.sv.md", GOOD_BODY.replace("välkommen", "inbjuden"))
    with pytest.raises(CatalogueFault, match=r"care/1\.sv\.md: this version is published"):
        load_catalogue(shelf)
