"""A catalogue without faults for each test."""

from pathlib import Path

import pytest

from tests.unit.templates_messages.shelf import fill


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return fill(tmp_path)
