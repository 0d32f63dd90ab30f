"""What stands in an item's two marks; whoever may write in the item may have written anything."""

from __future__ import annotations

import json

import pytest

from calendar_sync.items import Tag
from calendar_sync.marks import pane_with, tag_in

MEETING = "0" * 31 + "1"
ANOTHER = "0" * 31 + "2"


def test_what_was_booked_in_an_item_after_the_service_had_marked_it_is_what_it_holds() -> None:
    pane = json.dumps({"meeting": ANOTHER, "instance": "region"})
    assert tag_in(f"region/{MEETING}", pane, "region") == Tag("region", ANOTHER)
    assert tag_in(None, pane, "region") == Tag("region", ANOTHER)
    assert tag_in(f"region/{MEETING}", "{}", "region") == Tag("region", MEETING)


def test_the_pane_of_another_installation_takes_no_item_from_this_one() -> None:
    pane = json.dumps({"meeting": ANOTHER, "instance": "test"})
    assert tag_in(f"region/{MEETING}", pane, "region") == Tag("region", MEETING)
    # The mark of ours that one time of a series bears is the series'.
    assert tag_in(f"region/{MEETING}", pane, "region", is_occurrence=True) == Tag("test", ANOTHER)


@pytest.mark.parametrize("pane", ["", "{", "7", "[]", '{"meeting": 7}', "[" * 100_000, '{"a":' * 100_000])
def test_what_is_no_mark_of_ours_is_none_and_stays_as_it_is(pane: str) -> None:
    assert tag_in(None, pane, "region") is None
    assert pane_with(pane, None) == ("{}" if "meeting" in pane else pane)


def test_what_the_pane_was_made_to_forget_it_is_told_again() -> None:
    known = pane_with('{"meeting": "' + "a" * 32 + '", "instance": "region", "item": "AAMk"}', None)
    told = Tag("region", "b" * 32)
    assert tag_in(None, pane_with(known, told), "region") == told
    assert "AAMk" not in (pane_with(known, told) or "")
    assert pane_with(None, told) is None
    assert pane_with('{"draft": "x"}', told) == '{"draft": "x"}'
