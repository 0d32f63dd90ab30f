"""Our adapter, and how Anna books in Outlook: straight into the store of the simulated Exchange."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from addin.sandbox import people
from addin.sandbox.exchange.items import Item, PropertyId, Wish
from calendar_sync import marks
from calendar_sync.ews import EwsCalendar
from calendar_sync.items import Tag
from tests.contract.calendars.ews_stand import ADD_IN, settings
from tests.contract.calendars.stands import INSTANCE
from tests.contract.ews.on_premises import OnPremises

MEETING: Final = "0123456789abcdef0123456789abcdef"
OTHER: Final = "fedcba9876543210fedcba9876543210"
TAG: Final = Tag(INSTANCE, MEETING)
OWN: Final = PropertyId("String", marks.OWN_SET, marks.OWN_NAME)
PANE: Final = PropertyId("String", marks.PANE_SET, marks.pane_name(ADD_IN))
ANNA: Final = people.ANNA.address

Books = Callable[..., Item]


@pytest.fixture
def calendar(exchange: OnPremises) -> Iterator[EwsCalendar]:
    """Our adapter."""
    made = EwsCalendar(settings(exchange))
    yield made
    made.close()


@pytest.fixture
def books(exchange: OnPremises) -> Books:
    """Book an item as Anna does in Outlook: fields of the store's item, and the marks by `own` and `pane`."""

    def book(address: str = ANNA, own: str | None = None, pane: str | None = None, **fields: Any) -> Item:
        usual = {
            "start": utc(1, 9),
            "end": utc(1, 10),
            "start_zone": "W. Europe Standard Time",
            "end_zone": "W. Europe Standard Time",
            "subject": "Uppföljning Anna-Karin",
        }
        told = {OWN: own, PANE: pane}
        properties = {name: value for name, value in told.items() if value is not None}
        return exchange.store.create(exchange.mailbox(address), Wish(usual | fields, properties))

    return book


def utc(day: int, hour: int, month: int = 3) -> datetime:
    """Return an instant in 2027."""
    return datetime(2027, month, day, hour, tzinfo=UTC)
