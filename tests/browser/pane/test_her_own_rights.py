"""An item that only she may see: the pane follows it with her rights, and asks for more of her only then."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from addin.sandbox import people
from tests.browser.pane.steps import Pane
from tests.browser.window.outlook import Outlook
from tests.region import Region

DAVID = people.DAVID


def demands(region: Region, what: str) -> None:
    wish = {"object_id": DAVID.object_id, "demand": what}
    region.sandbox("POST", "/sandbox/issuer/conditions", json=wish)


@pytest.fixture
def closed(region: Region) -> Iterator[Region]:
    """The shared region, in which the service is not let into David's mailbox, nor anybody without a second factor."""
    scope = {"address": DAVID.address, "readable": False}
    region.sandbox("POST", "/sandbox/exchange/mailboxes", json=scope)
    demands(region, "second-factor")
    yield region
    region.sandbox("POST", "/sandbox/exchange/mailboxes", json={**scope, "readable": True})
    demands(region, "allowed")


def is_frozen(region: Region, meeting: str) -> bool:
    return any(note["code"] == "calendar_denied" for note in region.meeting(meeting, DAVID)["calendar_notes"])


def test_a_second_factor_is_asked_for_and_the_meeting_is_where_the_item_is(
    closed: Region, open_outlook: Callable[..., Outlook], monday: date
) -> None:
    subject = f"Flyttas {monday:%j}"
    outlook = open_outlook("david.nystrom")
    outlook.new_meeting(subject)
    pane = Pane(outlook)
    pane.open()
    link, meeting = pane.book(), pane.properties()["meeting"]
    outlook.save()
    closed.waits_until(lambda: is_frozen(closed, meeting), "it is told that the service is not let in")

    outlook.open(subject)
    pane.set_time("14:00", "14:30")
    outlook.save()
    outlook.open(subject)
    pane.open()
    pane.expect_booked()
    assert closed.meeting(meeting, DAVID)["start"][11:16] == "14:00"
    assert pane.link() == link
    assert outlook.failures == []
