"""Bookings of ours beside the floor's, turn by turn on the same machine, and the ratios between them.

The two take turns in pairs, because a machine drifts by more in an hour than the two differ; a ratio is taken within
each pair, and the median of the ratios is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.loader import Result
from bench.ours import Installation, Issuer, RoomsMade, booking, rooms_made
from bench.processes import POSTGRESQL, SQLITE, Running, Size, floor, load, postgresql, set_delay, stub

PROVIDER_MS: Final = 50.0
CLIENTS: Final = 32
WARM_UP_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Plan:
    """How long a run is. Times in seconds; `offered` is the open loop's bookings a second.

    `settle_seconds`: how long a server must have been quiet before the other's turn begins.
    """

    pairs: int = 5
    seconds: float = 5.0
    open_pairs: int = 1
    open_seconds: float = 60.0
    offered: float = 100.0
    settle_seconds: float = 1.5
    databases: tuple[str, ...] = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Sides:
    """Both servers on one provider, ready for their turns; `restless` notes who would not rest after one."""

    ours: Running
    floor: Running
    provider: Running
    rooms: RoomsMade
    token: str
    settle_seconds: float
    restless: list[int] = field(default_factory=list)

    def pairs(
        self, count: int, seconds: float, *, delay_ms: float, clients: int, rate: float = 0
    ) -> list[Pair]:
        """Let both take turns, the one that begins changing with each pair."""
        found = []
        for number in range(count):
            order = (self.floor, self.ours) if number % 2 == 0 else (self.ours, self.floor)
            results = {side.port: self._turn(side, seconds, delay_ms, clients, rate) for side in order}
            found.append(Pair(results[self.ours.port], results[self.floor.port]))
        return found

    def warm_up(self, seconds: float) -> None:
        """Let both fill their pools and caches."""
        for side in (self.floor, self.ours):
            self._turn(side, seconds, 0, CLIENTS, 0)

    def _turn(self, side: Running, seconds: float, delay_ms: float, clients: int, rate: float) -> Result:
        set_delay(self.provider, delay_ms)
        result = load(booking(side.port, self.token, seconds, clients, rate))
        # What is left over, rooms to be read back, is done with at full speed: the other's turn waits for it.
        set_delay(self.provider, 0)
        if not (self._rests(side) and side.wait_until_quiet(self.settle_seconds)):
            self.restless.append(side.port)
        return result

    def _rests(self, side: Running) -> bool:
        """Wait until all that our turn made has been read back, which waits for a pause of the clicks."""
        return not self.settle_seconds or side is not self.ours or self.rooms.wait_until_read_back()


@dataclass(frozen=True)
class Pair:
    """What both did in neighbouring turns."""

    ours: Result
    floor: Result


def book(plan: Plan, folder: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    """Run the whole plan; keys of SQLite stand at the top, PostgreSQL's under `postgresql`."""
    issuer = Issuer.create(folder)
    report: dict[str, Any] = {}
    if "sqlite" in plan.databases:
        ledgers = {"floor": str(folder / "floor.db"), "ours": f"sqlite:///{folder / 'ours.db'}"}
        report |= _on_database(plan, folder / "sqlite", ledgers, SQLITE, issuer, tell)
    if "postgresql" in plan.databases:
        with postgresql(folder / "postgresql") as ledgers:
            report["postgresql"] = _on_database(
                plan, folder / "on-postgresql", ledgers, POSTGRESQL, issuer, tell
            )
    return report


def _on_database(
    plan: Plan,
    folder: Path,
    ledgers: dict[str, str],
    size: Size,
    issuer: Issuer,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    name = "sqlite" if size is SQLITE else "postgresql"
    with _sides(plan, folder, ledgers, size, issuer) as sides:
        sides.warm_up(min(WARM_UP_SECONDS, plan.seconds))
        tell(f"{name}: one client, provider of {PROVIDER_MS:g} ms")
        latency = sides.pairs(plan.pairs, plan.seconds, delay_ms=PROVIDER_MS, clients=1)
        tell(f"{name}: {CLIENTS} clients, provider of {PROVIDER_MS:g} ms")
        busy = sides.pairs(plan.pairs, plan.seconds, delay_ms=PROVIDER_MS, clients=CLIENTS)
        tell(f"{name}: {CLIENTS} clients, provider of 0 ms")
        unhindered = sides.pairs(plan.pairs, plan.seconds, delay_ms=0, clients=CLIENTS)
        tell(f"{name}: {plan.offered:g} bookings a second offered, provider of {PROVIDER_MS:g} ms")
        offered = sides.pairs(
            plan.open_pairs, plan.open_seconds, delay_ms=PROVIDER_MS, clients=1, rate=plan.offered
        )
        ready, resident = sides.ours.ready_seconds, sides.ours.resident_mib()
        proportional = sides.ours.proportional_mib()
    return {
        "latency_ratio_50ms": _ratio(latency, lambda result: result.p50),
        "throughput_ratio_50ms": _ratio(busy, lambda result: result.per_second),
        "throughput_ratio_0ms": _ratio(unhindered, lambda result: result.per_second),
        "open_loop_p95_ratio": _ratio(offered, lambda result: result.p95),
        "open_loop_errors": sum(pair.ours.errors for pair in offered),
        "errors": sum(pair.ours.errors + pair.floor.errors for pair in [*latency, *busy, *unhindered]),
        # Of both kinds of errors: rooms that were promised with 202, since they took longer than a click waits.
        "promised": sum(pair.ours.promised for pair in [*latency, *busy, *unhindered, *offered]),
        "ready_seconds": round(ready, 2),
        "service_rss_mib": round(resident, 1),
        "service_pss_mib": round(proportional, 1),
        "restless_turns": len(sides.restless),
        "pairs": plan.pairs,
        "medians": {
            "one_client_50ms": _medians(latency),
            "32_clients_50ms": _medians(busy),
            "32_clients_0ms": _medians(unhindered),
            "open_loop_50ms": _medians(offered),
        },
    }


@contextmanager
def _sides(plan: Plan, folder: Path, ledgers: dict[str, str], size: Size, issuer: Issuer) -> Iterator[Sides]:
    with ExitStack() as stack:
        provider = stack.enter_context(stub(0, issuer.keys))
        installation = Installation.create(folder, provider.address, ledgers["ours"], size)
        ours = stack.enter_context(installation.serve())
        rooms = stack.enter_context(rooms_made(ledgers["ours"]))
        beside = floor(provider.address, ledgers["floor"], size, folder / "floor.log")
        yield Sides(ours, stack.enter_context(beside), provider, rooms, issuer.token, plan.settle_seconds)


def _ratio(pairs: list[Pair], measure: Callable[[Result], float]) -> float:
    return round(median(measure(pair.ours) / measure(pair.floor) for pair in pairs), 3)


def _medians(pairs: list[Pair]) -> dict[str, dict[str, float]]:
    names = ("per_second", "p50", "p95", "p99")
    return {
        side: {name: round(median(getattr(getattr(pair, side), name) for pair in pairs), 2) for name in names}
        for side in ("ours", "floor")
    }
