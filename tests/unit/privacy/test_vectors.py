"""What the check finds and what it leaves alone, by example."""

import pytest

from addin.privacy import find_personal_data
from tests.unit.privacy.vectors import TODAY, VECTORS, Vector


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector.why}: {ascii(vector.text)[:40]}")
def test_the_check_finds_what_the_vector_marks_and_nothing_else(vector: Vector) -> None:
    assert find_personal_data(vector.text, today=TODAY, allow=vector.allow) == vector.findings
