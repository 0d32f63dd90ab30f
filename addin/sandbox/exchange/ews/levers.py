"""`/sandbox/exchange/ews`: what goes wrong at Exchange Web Services, as a test wishes.

What any HTTP server can get wrong, the sandbox's own faults do (`addin.sandbox.faults`).

`{"fault": "refuse", "code": ..., "operation": ..., "times": n, "back_off": ms}` answers with a SOAP fault;
`{"fault": "half", "operation": ..., "times": n}` leaves out the second half of the response messages;
`{"fault": "lose", "count": n}` lets the next changes be told to nobody;
`{"fault": "forget"}` ends all subscriptions.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Any, Final

from flask import Response, jsonify, request
from lxml.etree import _Element

from addin.sandbox.exchange.ews.events import Events
from addin.sandbox.exchange.ews.soap import Fault

_FIELDS: Final = {
    "refuse": {"code", "operation", "times", "back_off"},
    "half": {"operation", "times"},
    "lose": {"count"},
    "forget": set[str](),
}


@dataclass
class _Switched:
    """A fault that still strikes `times`; `operation` None means every one."""

    kind: str
    operation: str | None
    times: int
    code: str
    back_off: int | None


class Levers:
    """The faults that are switched on."""

    def __init__(self, events: Events) -> None:
        self._lock = threading.Lock()
        self._events = events
        self._switched: list[_Switched] = []

    def route(self) -> Response:
        """Switch a fault on, tell how many can still strike, or switch all off."""
        if request.method == "POST":
            try:
                self.switch(json.loads(request.get_data()))
            except ValueError as mistake:
                return jsonify(error=str(mistake)), 400  # type: ignore[return-value]
        elif request.method == "DELETE":
            self.clear()
        with self._lock:
            return jsonify(faults=[[one.kind, one.operation, one.times] for one in self._switched])

    def switch(self, wish: Any) -> None:
        """Switch a fault on; raises ValueError."""
        kind = wish.get("fault") if isinstance(wish, dict) else None
        if kind not in _FIELDS or set(wish) - _FIELDS[kind] - {"fault"}:
            raise ValueError(
                f'a fault wants "fault", one of {", ".join(sorted(_FIELDS))}, and its own fields'
            )
        if kind == "lose":
            self._events.lose(int(wish.get("count", 1)))
        elif kind == "forget":
            self._events.forget_subscriptions()
        else:
            back_off = wish.get("back_off")
            code = str(wish.get("code", "ErrorServerBusy"))
            switched = _Switched(kind, wish.get("operation"), int(wish.get("times", 1)), code, back_off)
            with self._lock:
                self._switched.append(switched)

    def clear(self) -> None:
        """Switch all off."""
        self._events.lose(0)
        with self._lock:
            self._switched.clear()

    def refuse(self, operation: str) -> None:
        """Let a fault strike an operation before it does anything; raises Fault."""
        struck = self._strikes("refuse", operation)
        if struck:
            values = {} if struck.back_off is None else {"BackOffMilliseconds": str(struck.back_off)}
            raise Fault(struck.code, "The server cannot service this request right now.", **values)

    def halved(self, operation: str, body: _Element) -> _Element:
        """Return an answer without its second half, if a fault strikes."""
        if self._strikes("half", operation):
            told = list(body[0])
            for one in told[(len(told) + 1) // 2 :] or told[1:]:
                body[0].remove(one)
        return body

    def _strikes(self, kind: str, operation: str) -> _Switched | None:
        with self._lock:
            for one in self._switched:
                if one.kind == kind and one.operation in {None, operation} and one.times > 0:
                    one.times -= 1
                    return one
        return None
