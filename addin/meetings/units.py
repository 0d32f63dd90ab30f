"""Units (enheter): who the patient meets and how to reach them when something fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from addin.meetings.errors import UnknownUnit


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit. `mailboxes` (lower case) are those for which it is the default.

    `contact_without_speech`: how somebody who cannot telephone reaches the unit. `hsa_id`: its id in the national
    directory HSA, or empty.
    """

    id: str
    name: str
    telephone: str
    hours: str
    contact_without_speech: str
    data_controller: str
    hsa_id: str
    mailboxes: frozenset[str]


class Units:
    """The configured units, in the order in which people see them."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._units = {unit.id: unit for unit in units}

    def of(self, unit_id: str) -> Unit:
        """Return the unit; raises UnknownUnit."""
        try:
            return self._units[unit_id]
        except KeyError:
            raise UnknownUnit from None

    def default_for(self, mailbox: str) -> Unit | None:
        """Return the unit that the mailbox belongs to, or None."""
        return next((unit for unit in self if mailbox.lower() in unit.mailboxes), None)

    def __iter__(self) -> Iterator[Unit]:
        return iter(self._units.values())
