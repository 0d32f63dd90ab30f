"""What a caller may write of a time when listing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from marshmallow import ValidationError

from addin.web.staff.api.meeting_schemas import MeetingQuerySchema


def test_a_bound_is_the_same_instant_in_utc() -> None:
    bounds = MeetingQuerySchema().load({"from": "2027-03-01T00:00:00+01:00"})
    assert bounds["from_"] == datetime(2027, 2, 28, 23, 0, tzinfo=UTC)
    assert bounds["from_"].tzinfo is UTC
    assert bounds["to"] is None


@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize("bound", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_a_bound_at_the_edge_of_the_calendar_is_refused_by_name(name: str, bound: str) -> None:
    with pytest.raises(ValidationError) as refused:
        MeetingQuerySchema().load({name: bound})
    assert list(refused.value.messages_dict) == [name]
