"""An item in an answer of Exchange Web Services: by what it is known, and what no calendar of ours can hold."""

from __future__ import annotations

import pytest
from lxml import etree

from calendar_sync.ews_items import ItemReader, global_object_id

READER = ItemReader("region-test", "6c1c1f1e-0000-4000-8000-000000000001", "Europe/Stockholm")
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"


def item_of(kind: str, start: str, more: str = "") -> etree._Element:
    return etree.fromstring(
        f'<t:CalendarItem xmlns:t="{TYPES}"><t:ItemId Id="i" ChangeKey="c"/><t:UID>u</t:UID>'
        f"<t:Start>{start}</t:Start><t:End>2027-03-01T09:00:00Z</t:End>"
        f"<t:CalendarItemType>{kind}</t:CalendarItemType>{more}</t:CalendarItem>"
    )


def test_a_meeting_that_only_its_flags_call_cancelled_is_cancelled() -> None:
    flags = (
        '<t:ExtendedProperty><t:ExtendedFieldURI DistinguishedPropertySetId="Appointment" PropertyId="33303" '
        'PropertyType="Integer"/><t:Value>{}</t:Value></t:ExtendedProperty>'
    )
    cancelled, planned = (
        READER.snapshot("anna@region.example", item_of("Single", "2027-03-01T08:00:00Z", flags.format(told)))
        for told in (5, 1)
    )
    assert (cancelled.is_cancelled, planned.is_cancelled) == (True, False)
    assert cancelled.is_meeting


def test_an_occurrence_s_uid_is_its_series_with_a_day_in_it() -> None:
    beginning, rest = "040000008200E00074C5B7101A82E008", "00" * 12 + "10000000" + "AB" * 16
    assert global_object_id(f"{beginning}07EB0301{rest}") == bytes.fromhex(f"{beginning}00000000{rest}")


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
    with pytest.raises(ValueError, match="item"):
        READER.snapshot("anna@region.example", item_of(kind, start, more))
