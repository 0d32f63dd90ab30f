"""The pane's check agrees with the service's: the same vectors, and texts that nobody thought of."""

from collections.abc import Sequence
from itertools import groupby

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from addin.privacy import AllowList, Finding, Kind, find_personal_data
from tests.examples import examples
from tests.unit.privacy.conftest import InBrowser
from tests.unit.privacy.vectors import TODAY, VECTORS
from tests.unit.privacy.writing import strange_texts


def test_the_pane_finds_what_the_vectors_mark_and_nothing_else(in_browser: InBrowser) -> None:
    wrong = []
    for _, group in groupby(VECTORS, key=lambda vector: sorted(vector.allow_lists.items())):
        vectors = list(group)
        answers = in_browser([vector.text for vector in vectors], vectors[0].allow_lists)
        wrong += [
            (vector.why, vector.text, answer)
            for vector, answer in zip(vectors, answers, strict=True)
            if answer != vector.findings
        ]
    assert wrong == []


@settings(
    max_examples=examples(10),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.large_base_example],
)
@given(texts=st.lists(strange_texts(), min_size=20, max_size=40))
def test_the_pane_and_the_service_find_the_same_numbers_and_mail(
    in_browser: InBrowser, texts: Sequence[str]
) -> None:
    in_pane = [without_telephones(found) for found in in_browser(texts, {})]
    in_service = [
        without_telephones(find_personal_data(text, today=TODAY, allow=AllowList())) for text in texts
    ]
    assert list(zip(texts, in_pane, strict=True)) == list(zip(texts, in_service, strict=True))


def without_telephones(findings: Sequence[Finding]) -> list[Finding]:
    """Leave out what the service judges by libphonenumber and the pane by its Swedish patterns alone."""
    return [finding for finding in findings if finding.kind is not Kind.TELEPHONE]
