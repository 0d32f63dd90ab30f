"""An iCalendar resource (RFC 5545) taken apart into its lines, each with the components that it stands in.

For those who read items (`ical_items`) and those who change them (`ical_changes`): nothing is parsed here, so that what
is not asked for is never more than a line that is passed on or dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from icalendar.parser import Contentline, Contentlines

TAG_PROPERTY: Final = "X-VARDMOTE-MEETING"
EVENT: Final = ("VCALENDAR", "VEVENT")
# An alarm in an event in a calendar (RFC 5545, section 3.6) makes three.
_DEEPEST: Final = 8


def unfolded(data: bytes) -> bytes:
    """Return the text with each content line in one piece (RFC 5545, section 3.1)."""
    return re.sub(rb"\r?\n[ \t]", b"", data)


def lines_in(data: bytes) -> Iterator[tuple[Contentline, tuple[str, ...]]]:
    """Yield each unfolded line with the names of the components it stands in, BEGIN and END counted as inside.

    Raises ValueError for what is no iCalendar: components that do not end, or stand in each other too deeply.
    """
    inside: tuple[str, ...] = ()
    lines: list[Contentline] = Contentlines.from_ical(data.decode("utf-8"))  # type: ignore[no-untyped-call]
    for line in lines:
        if not line:
            continue
        upper = line.upper()
        if upper.startswith("BEGIN:"):
            inside = (*inside, upper[6:].strip())
            if len(inside) > _DEEPEST:
                raise ValueError
        yield line, inside
        if upper.startswith("END:"):
            if not inside or inside[-1] != upper[4:].strip():
                raise ValueError
            inside = inside[:-1]
    if inside:
        raise ValueError


def name_of(line: str) -> str:
    """Return the name of the property that a line tells, in capitals."""
    return line.partition(":")[0].partition(";")[0].upper()
