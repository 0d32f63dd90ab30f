"""The join page says the same in both languages, in words that are easy to read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from addin.meetings.join_view import PageState
from addin.meetings.model import LobbyLevel
from addin.meetings.start import StartState
from addin.web import staff
from addin.web.join.words import WORDS
from templates_messages.readability import lix, sentences_of
from templates_messages.vocabulary import Language

START = tomllib.loads((Path(staff.__file__).parent / "start_words.toml").read_text(encoding="utf-8"))
TOLD = tomllib.loads((Path(staff.__file__).parent / "told_words.toml").read_text(encoding="utf-8"))
GUEST_LIX, STAFF_LIX, LONGEST_SENTENCE = 30, 40, 20


def sentences(words: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, str]]:
    for key, value in words.items():
        if isinstance(value, str):
            yield place + key, value
        else:
            yield from sentences(value, f"{place}{key}.")


def filled(words: Mapping[str, Any]) -> str:
    return "\n".join(re.sub(r"\{\w+\}", "torsdag", text) for _, text in sentences(words))


def test_both_languages_have_the_same_keys_and_the_same_places_to_fill() -> None:
    swedish, english = (dict(sentences(WORDS[language])) for language in Language)
    assert swedish.keys() == english.keys()
    for key, text in swedish.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", english[key])), key


@pytest.mark.parametrize("language", Language)
def test_every_state_and_every_lobby_has_its_words(language: Language) -> None:
    for state in PageState:
        assert {"title", "lead"} <= WORDS[language][state.value].keys()
    for lobby in LobbyLevel:
        assert WORDS[language]["steps"][lobby.value]


def test_every_state_of_a_start_has_its_words_and_says_that_nothing_was_started() -> None:
    for state in set(StartState) - {StartState.READY}:
        assert "title" in START[state.value]
    for said, words in START.items():
        assert "Inget har startats" in words["lead"] or said in {"too_many", "signed_out", "failure"}


def test_who_comes_to_tell_others_hears_of_no_start() -> None:
    assert TOLD.keys() <= START.keys()
    for said, words in TOLD.items():
        assert "start" not in words["lead"].lower()
        assert "Inget har ändrats" in words["lead"] or said == "failure"


def test_the_words_are_easy_to_read() -> None:
    assert lix(filled(WORDS[Language.SWEDISH])) <= GUEST_LIX
    assert max(lix(filled(START)), lix(filled(TOLD))) <= STAFF_LIX
    for words in [filled(WORDS[Language.SWEDISH]), filled(START), filled(TOLD)]:
        for sentence in sentences_of(words):
            assert len(sentence) <= LONGEST_SENTENCE, " ".join(sentence)
