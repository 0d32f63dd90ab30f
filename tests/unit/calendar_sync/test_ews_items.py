"""An item in an answer of Exchange Web Services that no calendar of ours can hold."""

from __future__ import annotations

import pytest
from lxml import etree

from calendar_sync.ews_items import ItemReader

READER = ItemReader("region-test", "6c1c1f1e-0000-4000-8000-000000000001", "Europe/Stockholm")
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"


@pytest.mark.parametrize(
    ("kind", "start", "more"),
    [
        ("Strange", "2027-03-01T08:00:00Z", ""),
        ("Single", "9999-12-31T23:59:59-01:00", ""),
        (
            "RecurringMaster",
            "2027-03-01T08:00:00Z",
            (
                "<t:Recurrence/><t:DeletedOccurrences><t:DeletedOccurrence><t:Start>9999-12-31T23:59:59Z</t:Start>"
                "</t:DeletedOccurrence></t:DeletedOccurrences>"
            ),
        ),
    ],
)
def test_what_cannot_be_followed_is_one_kind_of_failure(kind: str, start: str, more: str) -> None:
    item = etree.fromstring(
        f'<t:CalendarItem xmlns:t="{TYPES}"><t:ItemId Id="i" ChangeKey="c"/><t:UID>u</t:UID>'
        f"<t:Start>{start}</t:Start><t:End>2027-03-01T09:00:00Z</t:End>"
        f"<t:CalendarItemType>{kind}</t:CalendarItemType>{more}</t:CalendarItem>"
    )
    with pytest.raises(ValueError, match="item"):
        READER.snapshot("anna@region.example", item)
