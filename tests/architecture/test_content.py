"""Data that is written in two places agrees: types and their words, failures and their answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import ModuleType
from typing import Final

import pytest

from addin.meetings import errors
from addin.meetings.meeting_types import AUDIENCES, load_meeting_types
from addin.meetings.model import Attention
from addin.meetings.room_steps import REASONS
from addin.web import problems
from addin.web.problems import ATTENTION, CALENDAR_NOTES, PROBLEMS, UNEXPECTED, Problem
from addin.web.staff.auth import errors as identity
from templates_messages.titles import load_titles
from templates_messages.vocabulary import Audience

# They end inside: a provider's failure becomes the meeting's state, a mail is tried again, a lost lease is somebody
# else's result, a mistyped code and a sign-in that failed have pages of their own, and what a key does not open is a
# fault of ours.
NEVER_ANSWERED: Final = {
    errors.LeaseLost,
    errors.MistypedCode,
    errors.SealBroken,
    errors.UnknownKey,
    identity.SignInFailed,
}


def test_every_type_has_titles_for_every_variant_and_no_others() -> None:
    offered = {(kind.id, variant.id) for kind in load_meeting_types() for variant in kind.variants}
    assert set(load_titles().by_kind) == offered


def test_types_and_texts_name_the_same_audiences() -> None:
    titles = load_titles()
    assert {kind.id: list(kind.audiences) for kind in load_meeting_types()} == {
        kind: [audience.value for audience in audiences] for kind, audiences in titles.audiences.items()
    }
    assert set(AUDIENCES) == {audience.value for audience in Audience} - {Audience.CALENDAR}


def test_every_failure_that_can_be_answered_has_a_problem_of_its_own() -> None:
    answerable = {
        kind
        for module in (errors, identity)
        for kind in _kinds(module)
        if not issubclass(kind, errors.ProviderError | errors.MailError) and kind not in NEVER_ANSWERED
    }
    assert answerable - set(PROBLEMS) == set()


def test_no_failure_without_a_problem_tells_more_than_that_something_went_wrong() -> None:
    assert problems.problem_of(errors.LeaseLost()) is UNEXPECTED
    assert problems.problem_of(ValueError("ett namn")) is UNEXPECTED


def test_every_lasting_failure_of_a_provider_becomes_a_reason_for_attention() -> None:
    passing = (errors.ProviderUnavailable, errors.OutcomeUnknown, errors.RoomNotFound)
    lasting = {kind for kind in _kinds(errors) if issubclass(kind, errors.ProviderError)} - {
        kind for kind in _kinds(errors) if issubclass(kind, passing)
    }
    for kind in lasting:
        assert any(parent in REASONS for parent in kind.__mro__), kind
    assert set(REASONS.values()) <= set(Attention)


@pytest.mark.parametrize(
    "sentence",
    [
        *(problem.title for problem in PROBLEMS.values()),
        *ATTENTION.values(),
        *CALENDAR_NOTES.values(),
        UNEXPECTED.title,
    ],
)
def test_a_sentence_for_people_is_swedish_and_says_more_than_that_it_failed(sentence: str) -> None:
    assert re.fullmatch(r"[A-ZÅÄÖ].*\.", sentence)
    assert sentence.count(". ") >= 1, "say what happened, and then what to do"
    assert not re.search(r"\b(the|is|not|please|error|token|JSON)\b", sentence)


def test_a_code_stands_for_one_answer() -> None:
    found: dict[str, Problem] = {}
    for problem in _problems():
        assert found.setdefault(problem.code, problem) == problem
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", problem.code)


def _kinds(module: ModuleType) -> Iterator[type[Exception]]:
    """Yield the failures of a module that are raised as they are: those that no other one refines."""
    ours = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Exception) and kind.__module__ == module.__name__
    ]
    for kind in ours:
        if not any(other is not kind and issubclass(other, kind) for other in ours):
            yield kind


def _problems() -> Iterator[Problem]:
    yield from (value for value in vars(problems).values() if isinstance(value, Problem))
    yield from PROBLEMS.values()
