"""The texts that come with the product: without faults, published, and safe for whom they are for."""

import re
from dataclasses import replace

import pytest

from templates_messages.catalogue import SHIPPED, Text, load_catalogue, select
from templates_messages.checks import check_catalogue
from templates_messages.placeholders import HOST_ONLY
from templates_messages.rendering import placeholders_of, render
from templates_messages.samples import BARE, FULL
from templates_messages.titles import load_titles
from templates_messages.vocabulary import Audience, Channel, Language

TEXTS = load_catalogue().texts
PATIENT_TEXTS = [text for text in TEXTS if text.audience is Audience.PATIENT]


def test_the_checks_find_nothing() -> None:
    assert [str(finding) for finding in check_catalogue(SHIPPED)] == []


def test_every_version_is_published() -> None:
    assert [text.file for text in TEXTS if not text.published] == []


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.file)
def test_only_staff_and_the_calendar_block_hold_the_start_link_and_nobody_the_pin(text: Text) -> None:
    filled = render(text, FULL)
    said = filled.plain + filled.html
    assert str(FULL.host_pin) not in said
    if text.audience not in {Audience.STAFF, Audience.CALENDAR} or text.channel is Channel.PRATOR:
        assert str(FULL.start_link) not in said
        assert not placeholders_of(text.body)[0] & HOST_ONLY


@pytest.mark.parametrize("text", PATIENT_TEXTS, ids=lambda text: text.file)
def test_what_the_provider_does_not_promise_is_not_told(text: Text) -> None:
    assert not re.search("krypter|spelar inte in|encrypt|recorded", render(text, BARE).plain)


def test_what_the_provider_promises_is_told() -> None:
    text = next(text for text in TEXTS if text.file == "patient-care-meeting/1.sv.md")
    assert "krypterat" in render(text, replace(BARE, encrypted=True)).plain
    assert "krypterat" not in render(text, replace(BARE, not_recorded=True)).plain
    assert "Vi spelar inte in mötet." in render(text, replace(BARE, not_recorded=True)).plain


@pytest.mark.parametrize("text", PATIENT_TEXTS, ids=lambda text: text.file)
def test_every_patient_text_exists_in_english(text: Text) -> None:
    languages = {other.language for other in TEXTS if (other.id, other.version) == (text.id, text.version)}
    assert languages == set(Language)


def test_nobody_is_told_of_a_time_that_was_not() -> None:
    catalogue = load_catalogue()
    values = replace(FULL, previous_start=None, previous_end=None)
    for meeting_type, variant in load_titles().by_kind:
        for audience in Audience:
            on = max(text.valid_from for text in TEXTS)
            for text in select(catalogue, meeting_type, variant, audience, Language.SWEDISH, on=on):
                assert "None" not in render(text, values).plain
