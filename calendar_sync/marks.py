"""The two marks by which an Exchange item is known as ours, and what stands in them.

Our own is a named property that the service writes, `<instance>/<meeting>`. The pane's is the add-in's custom
properties: Outlook keeps them as one JSON text in a named property, too, so the service can read the pane's mark
before it has ever seen the item, and must change it with its own on a copy.
"""

from __future__ import annotations

import json
from typing import Any, Final

from calendar_sync.items import Tag

OWN_SET: Final = "6f5a2a2e-0d0b-4d0e-9b7b-5b1d7c9e4a11"
OWN_NAME: Final = "VardmoteMeeting"
# PublicStrings ([MS-OXPROPS], section 1.3.2), where Outlook keeps add-ins' custom properties.
PANE_SET: Final = "00020329-0000-0000-c000-000000000046"
# PidLidAppointmentStateFlags ([MS-OXOCAL], section 2.2.1.10): tells attendees' presence without their names.
APPOINTMENT_SET: Final = "00062002-0000-0000-c000-000000000046"
STATE_FLAGS: Final = 0x8217
_IS_MEETING: Final = 0x1
_IS_CANCELLED: Final = 0x4

_MEETING: Final = "meeting"
_INSTANCE: Final = "instance"
_EMPTIED: Final = "{}"


def pane_name(add_in_id: str) -> str:
    """Return the name of the property in which Outlook keeps the custom properties of our add-in."""
    return f"cecp-{add_in_id}"


def tag_in(own: str | None, pane: str | None, instance: str, *, is_occurrence: bool = False) -> Tag | None:
    """Return the tag that the two marks tell; where both name a meeting of one installation, the pane's.

    The pane writes its mark when somebody books in the item, and the service never leaves another one behind: what
    differs was booked later (docs/adr/0037). Of an occurrence the pane's always counts: the service tags none, so that
    its own mark is one that the series handed down. The pane has not always written which installation it belongs to;
    what it left out is taken as `instance`, since no two installations ever draw the same meeting id.
    """
    ours = Tag.read(own) if own else None
    told = _properties(pane)
    meeting, where = told.get(_MEETING), told.get(_INSTANCE, instance)
    panes = Tag.read(f"{where}/{meeting}")
    if ours and panes and not is_occurrence and ours.instance != panes.instance:
        return ours
    return panes or ours


def pane_with(pane: str | None, tag: Tag | None) -> str | None:
    """Return the pane's properties naming another meeting, or (None) none; where they name no meeting, as they are.

    Nothing else is kept: all that the pane writes there is about the meeting (addin/web/static/imprint.js). Properties
    out of which a meeting was taken name one again.
    """
    was_emptied = pane == _EMPTIED and tag is not None
    if _MEETING not in _properties(pane) and not was_emptied:
        return pane
    kept: dict[str, Any] = {} if tag is None else {_MEETING: tag.meeting, _INSTANCE: tag.instance}
    return json.dumps(kept)


def is_meeting(state_flags: int) -> bool:
    """Whether an item has attendees, by its state flags."""
    return bool(state_flags & _IS_MEETING)


def is_cancelled(state_flags: int) -> bool:
    """Whether an item is a meeting that was cancelled, by its state flags."""
    return bool(state_flags & _IS_CANCELLED)


def _properties(pane: str | None) -> dict[str, Any]:
    try:
        told = json.loads(pane or "{}")
    except (ValueError, RecursionError):  # whoever may write in the item may write anything here
        return {}
    return told if isinstance(told, dict) else {}
