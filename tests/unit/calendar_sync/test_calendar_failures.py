"""Failures of a calendar as values and as exceptions are the same failures."""

from __future__ import annotations

import pytest

from calendar_sync.calendar import (
    AccessDenied,
    CalendarError,
    CalendarUnavailable,
    MailboxMissing,
    NotUnderstood,
    Throttled,
    refusal,
)
from calendar_sync.items import Unread, Unreadable
from calendar_sync.microsoft.graph_http import GraphAnswer


@pytest.mark.parametrize("reason", Unread)
def test_what_a_look_told_is_raised_with_its_reason_and_its_time(reason: Unread) -> None:
    failure = refusal(Unreadable(reason, 30.0))
    assert (failure.reason, failure.retry_after) == (reason, 30.0)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, "ErrorInvalidUser", MailboxMissing),
        (403, "ErrorInvalidUser", AccessDenied),
        (400, "", NotUnderstood),
        (408, "", CalendarUnavailable),
        (424, "", CalendarUnavailable),
        (429, "", Throttled),
        (500, "ErrorItemNotFound", CalendarUnavailable),
        (403, "ErrorItemNotFound", AccessDenied),
    ],
)
def test_graph_is_believed_by_status_and_code_together(
    status: int, code: str, kind: type[CalendarError]
) -> None:
    answer = GraphAnswer(status, {"error": {"code": code}})
    assert type(answer.failure()) is kind
    assert not answer.is_missing_item
