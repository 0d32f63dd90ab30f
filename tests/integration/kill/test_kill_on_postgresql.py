"""`kill -9` around the commits of a booking on PostgreSQL, where a lease must run out before anybody goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import uuid4

import pytest

from tests.integration.conftest import Halting
from tests.integration.kill.halts import Halts, launched
from tests.integration.kill.test_kill import COMMITS, killed_at, reconciled
from tests.postgres import Postgres
from tests.region import running_region

LEASE: Final = {"LEASE_SECONDS": 2.0, "LEASE_RESERVE_SECONDS": 0.5}


@pytest.fixture(scope="module")
def on_postgresql(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Halting]:
    halts = Halts()
    folder = tmp_path_factory.mktemp("kill-postgresql")
    command = launched(halts=halts, pace=LEASE)
    with running_region(folder, ledger_url=postgres.new_ledger(), command=command) as region:
        yield Halting(region, halts)
        halts.close()


@pytest.mark.parametrize("point", [*COMMITS, "after commit of claim"])
def test_a_booking_that_was_killed_gives_one_meeting_and_one_room(on_postgresql: Halting, point: str) -> None:
    region, key, before = on_postgresql.region, uuid4().hex, on_postgresql.region.booked()
    with killed_at(on_postgresql, point, lambda: region.book(key=key)):
        pass

    booked = region.book(key=key).json()
    meeting = region.waits_for_state(booked["id"], "live")

    reconciled(region)
    assert [meeting["id"]] == [one for one in region.booked() if one not in before]
    assert len(region.rooms_of(meeting["id"])) == 1
