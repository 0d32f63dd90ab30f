"""Faults that a test can switch on, and the points where a request can be held.

A fault is told as JSON:
`{"match": {"method", "path_prefix"}, "fault": ..., "times": n, "skip": n, "seconds": s, ...}`; `times` (1) says how
many matching requests it strikes, `skip` (0) how many pass before. Kinds:

`lost_response`         the effect happens, the connection closes without an answer
`close_before_effect`   the connection closes, nothing happens
`timeout_then_create`   the answer is held `seconds`; the effect comes after `delay_effect_seconds`, client there or not
`status`                answers `status` (500), with `retry_after` and `body`; `effect` true: after the effect
`graph`                 answers as Graph does with `status` (503), its `code`, and `retry_after`
`malformed_json`        the effect happens; the answer is no JSON and has no Location
`slow`                  waits `seconds`, then all is well
`foreign_room`          another tenant makes a room with the same `bears` ("name" or "alias") just before
`hold`                  stops at `stage` ("before" or "after" the effect) until released; `disconnect` true closes the
                        connection at once, so that the effect is one that comes late
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, Protocol

from werkzeug.wrappers import Response

from addin.sandbox.shelf import Json

LONGEST_HOLD_SECONDS: Final = 600


class Dropped(ConnectionAbortedError):
    """The connection is to be closed without an answer."""


class Exchange(Protocol):
    """One request on its way; the wire implements it."""

    method: str
    path: str
    body: str

    def effect(self) -> Response:
        """Let the simulated system do what is asked."""

    def hang_up(self) -> None:
        """Close the connection now."""


@dataclass
class Fault:
    """One switched fault; see the module's docstring for the fields of `wish`."""

    kind: str
    method: str | None
    path_prefix: str
    times: int
    skip: int
    wish: Json

    def strikes(self, method: str, path: str) -> bool:
        """Whether this request is struck; counts it when it matches."""
        if self.method not in {None, method} or not path.startswith(self.path_prefix) or self.times <= 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True

    def seconds(self, name: str = "seconds") -> float:
        """Return a time of the wish, 0 when it is not told."""
        return float(self.wish.get(name, 0))


@dataclass
class Hold:
    """A request that stands still."""

    number: int
    method: str
    path: str
    stage: str
    released: threading.Event = field(default_factory=threading.Event)
    drop: bool = False

    def shown(self) -> Json:
        """Return it as JSON."""
        return {"id": self.number, "method": self.method, "path": self.path, "stage": self.stage}


class Faults:
    """The faults that are switched on, and the requests that are held."""

    def __init__(self, plant_foreign_room: Callable[[str, str], None]) -> None:
        self._changed = threading.Condition()
        self._faults: list[Fault] = []
        self._holds: list[Hold] = []
        self._numbers = count(1)
        self._plant = plant_foreign_room

    def switch(self, wishes: Any) -> None:
        """Switch faults on, after those there are; raises ValueError and switches none when one is wrong."""
        faults = [_parsed(wish) for wish in wishes] if isinstance(wishes, list) else [_parsed(wishes)]
        with self._changed:
            self._faults += faults

    def clear(self) -> None:
        """Switch all faults off and let every held request go on."""
        with self._changed:
            self._faults.clear()
        self.release(None, drop=False)

    def listed(self) -> list[Json]:
        """Return the faults that can still strike."""
        with self._changed:
            return [fault.wish | {"times": fault.times} for fault in self._faults if fault.times > 0]

    def holds(self, at_least: int, wait: float) -> list[Json]:
        """Return the held requests, as soon as there are `at_least`, or after `wait` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._holds) >= at_least, timeout=wait)
            return [hold.shown() for hold in self._holds]

    def release(self, number: int | None, *, drop: bool) -> int:
        """Let one or all held requests go on, or with `drop` close them where they stand; returns how many."""
        with self._changed:
            freed = [hold for hold in self._holds if number in {None, hold.number}]
            for hold in freed:
                hold.drop = drop
                self._holds.remove(hold)
                hold.released.set()
        return len(freed)

    def carry(self, exchange: Exchange) -> Response:
        """Carry a request through the fault that strikes it, if any; raises Dropped."""
        with self._changed:
            struck = next((one for one in self._faults if one.strikes(exchange.method, exchange.path)), None)
        return KINDS[struck.kind](self, exchange, struck) if struck else exchange.effect()

    def foreign_room(self, exchange: Exchange, fault: Fault) -> Response:
        """Another tenant was first."""
        self._plant(exchange.body, str(fault.wish.get("bears", "name")))
        return exchange.effect()

    def hold(self, exchange: Exchange, fault: Fault) -> Response:
        """Stand still until released."""
        if fault.wish.get("stage", "before") == "before":
            self._stand(exchange, fault, "before")
            return self._unless_hung_up(fault, exchange.effect())
        answer = exchange.effect()
        self._stand(exchange, fault, "after")
        return self._unless_hung_up(fault, answer)

    def _unless_hung_up(self, fault: Fault, answer: Response) -> Response:
        if fault.wish.get("disconnect"):
            raise Dropped
        return answer

    def _stand(self, exchange: Exchange, fault: Fault, stage: str) -> None:
        if fault.wish.get("disconnect"):
            exchange.hang_up()
        hold = Hold(next(self._numbers), exchange.method, exchange.path, stage)
        with self._changed:
            self._holds.append(hold)
            self._changed.notify_all()
        hold.released.wait(LONGEST_HOLD_SECONDS)
        if hold.drop:
            raise Dropped


def _parsed(wish: Any) -> Fault:
    if not isinstance(wish, dict) or wish.get("fault") not in KINDS:
        raise ValueError(f'a fault wants "fault", one of {", ".join(sorted(KINDS))}')
    match = wish.get("match", {})
    unknown = set(match) - {"method", "path_prefix"} | set(wish) - KNOWN
    if unknown:
        raise ValueError(f"unknown in a fault: {', '.join(sorted(unknown))}")
    times, skip = int(wish.get("times", 1)), int(wish.get("skip", 0))
    return Fault(wish["fault"], match.get("method"), match.get("path_prefix", "/"), times, skip, wish)


def _lost_response(_: Faults, exchange: Exchange, __: Fault) -> Response:
    exchange.effect()
    raise Dropped


def _close_before_effect(_: Faults, __: Exchange, ___: Fault) -> Response:
    raise Dropped


def _timeout_then_create(_: Faults, exchange: Exchange, fault: Fault) -> Response:
    late = fault.seconds("delay_effect_seconds")
    time.sleep(late)
    answer = exchange.effect()
    time.sleep(max(0.0, fault.seconds() - late))
    return answer


def _status(_: Faults, exchange: Exchange, fault: Fault) -> Response:
    if fault.wish.get("effect"):
        exchange.effect()
    headers = {"Retry-After": str(fault.wish["retry_after"])} if "retry_after" in fault.wish else {}
    return Response(str(fault.wish.get("body", "")), int(fault.wish.get("status", 500)), headers)


def _graph(_: Faults, __: Exchange, fault: Fault) -> Response:
    status = int(fault.wish.get("status", 503))
    code = fault.wish.get("code", GRAPH_CODES.get(status, "UnknownError"))
    error = {"code": code, "message": "Ordered by a test.", "innerError": {}}
    headers = {"Retry-After": str(fault.wish["retry_after"])} if "retry_after" in fault.wish else {}
    return Response(json.dumps({"error": error}), status, headers, content_type="application/json")


def _malformed_json(_: Faults, exchange: Exchange, __: Fault) -> Response:
    answer = exchange.effect()
    return Response('{"objects": [{"id": ', answer.status_code, content_type="application/json")


def _slow(_: Faults, exchange: Exchange, fault: Fault) -> Response:
    time.sleep(fault.seconds())
    return exchange.effect()


# What Graph usually says with a status (as of November 2026); `code` in the fault says otherwise.
GRAPH_CODES: Final = {
    401: "InvalidAuthenticationToken",
    403: "ErrorAccessDenied",
    404: "ErrorInvalidUser",
    409: "ErrorIrresolvableConflict",
    412: "ErrorIrresolvableConflict",
    429: "ApplicationThrottled",
    503: "ServiceUnavailable",
    504: "UnknownError",
}
KINDS: Final[dict[str, Callable[[Faults, Exchange, Fault], Response]]] = {
    "lost_response": _lost_response,
    "close_before_effect": _close_before_effect,
    "timeout_then_create": _timeout_then_create,
    "status": _status,
    "graph": _graph,
    "malformed_json": _malformed_json,
    "slow": _slow,
    "foreign_room": Faults.foreign_room,
    "hold": Faults.hold,
}
KNOWN: Final = frozenset(
    {
        *("match", "fault", "times", "skip", "seconds", "delay_effect_seconds"),
        *("status", "code", "retry_after", "body", "effect", "bears", "stage", "disconnect"),
    }
)
