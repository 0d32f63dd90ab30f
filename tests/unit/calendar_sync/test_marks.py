"""What stands in an item's two marks; whoever may write in the item may have written anything."""

from __future__ import annotations

import json

import pytest

from calendar_sync.items import Tag
from calendar_sync.marks import pane_with, tag_in

MEETING = "0" * 31 + "1"
ANOTHER = "0" * 31 + "2"


def test_the_service_s_own_mark_is_believed_before_the_pane_s() -> None:
    pane = json.dumps({"meeting": ANOTHER, "instance": "region"})
    assert tag_in(f"region/{MEETING}", pane, "region") == Tag("region", MEETING)
    assert tag_in(None, pane, "region") == Tag("region", ANOTHER)


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
