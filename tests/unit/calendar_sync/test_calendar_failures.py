"""Failures of a calendar as values and as exceptions are the same failures."""

from __future__ import annotations

import pytest

from calendar_sync.calendar import refusal
from calendar_sync.items import Unread, Unreadable


@pytest.mark.parametrize("reason", Unread)
def test_what_a_look_told_is_raised_with_its_reason_and_its_time(reason: Unread) -> None:
    failure = refusal(Unreadable(reason, 30.0))
    assert (failure.reason, failure.retry_after) == (reason, 30.0)
