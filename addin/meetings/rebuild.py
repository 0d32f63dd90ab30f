"""After a restore from backup: read back which rooms are ours, so that the frozen ledger can be trusted again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from addin.meetings.deadline import Deadline
from addin.meetings.ledger_port import Ledger
from addin.meetings.ports import ConferencingProvider, OwnedRoom
from addin.meetings.rooms import RoomPlans

LIST_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Orphan:
    """A room with our proven tag that the ledger knows nothing of: made after the backup."""

    provider: str
    room_id: str
    reference: str


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was found: rooms known to the ledger, rooms unknown to it, and rooms in our name space without our tag.

    `missing`: rooms that the ledger wants and the provider does not have; they are made again under the same address.
    """

    known: int
    orphans: tuple[Orphan, ...]
    unproven: int
    missing: int


@dataclass(frozen=True, slots=True)
class Rebuild:
    """The use case behind `vardmote rebuild`."""

    ledger: Ledger
    providers: Mapping[str, ConferencingProvider]
    plans: RoomPlans

    def __call__(self) -> Rebuilt:
        """Read the tags of all our rooms, make known and missing ones due, and unfreeze the ledger.

        Orphans are reported, never removed here: a patient may hold the link. Raises ProviderError and
        LedgerUnavailable; the ledger then stays frozen.
        """
        each = [self._read_back(key, provider) for key, provider in self.providers.items()]
        self.ledger.write(lambda writing: writing.unfreeze())
        return Rebuilt(
            known=sum(found.known for found in each),
            orphans=tuple(orphan for found in each for orphan in found.orphans),
            unproven=sum(found.unproven for found in each),
            missing=sum(found.missing for found in each),
        )

    def _read_back(self, key: str, provider: ConferencingProvider) -> Rebuilt:
        known, unproven, orphans = set[str](), 0, []
        for owned in provider.list_owned(self.plans.name_prefix, Deadline.after(LIST_SECONDS)):
            room_id = self._proven(owned)
            if room_id is None:
                unproven += 1
            elif self._note(room_id, owned.reference):
                known.add(room_id)
            else:
                orphans.append(Orphan(key, room_id, owned.reference))
        missing = self.ledger.write(lambda writing: writing.rooms_missed(key, known))
        return Rebuilt(len(known), tuple(orphans), unproven, missing)

    def _note(self, room_id: str, reference: str) -> bool:
        return self.ledger.write(lambda writing: writing.room_found(room_id, reference))

    def _proven(self, owned: OwnedRoom) -> str | None:
        said = self.plans.keyring.read_tag(owned.tag)
        if said is None or said.instance != self.plans.instance:
            return None
        return said.room_id if owned.name == self.plans.name_prefix + said.room_id else None
