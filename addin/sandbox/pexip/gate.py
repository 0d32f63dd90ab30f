"""What every request to the management API meets first: the slash, the password, the rate limit."""

from collections import deque

from flask import Response, request

from addin.sandbox.clock import Clock
from addin.sandbox.people import PEXIP_ACCOUNTS, PEXIP_READER
from addin.sandbox.pexip.settings import PexipSettings


class Gate:
    """Lets requests to one management node through, or answers them itself."""

    def __init__(self, clock: Clock, settings: PexipSettings) -> None:
        self._clock, self._settings = clock, settings
        self._recent: deque[float] = deque()

    def check(self) -> Response | None:
        """Return the answer of a request that goes no further, or None."""
        if not request.path.endswith("/"):
            return _without_slash()
        sent = request.authorization
        if sent is None or sent.type != "basic" or PEXIP_ACCOUNTS.get(sent.username or "") != sent.password:
            return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="Pexip"'})
        wait = self._seconds_too_early()
        if wait:
            return Response(status=429, headers={"Retry-After": str(wait)})
        if sent.username == PEXIP_READER and request.method != "GET":
            return Response(status=403)
        return None

    def _seconds_too_early(self) -> int:
        now = self._clock.now()
        while self._recent and self._recent[0] <= now - self._settings.rate_window_seconds:
            self._recent.popleft()
        if len(self._recent) >= self._settings.rate_limit:
            return max(1, round(self._recent[0] + self._settings.rate_window_seconds - now))
        self._recent.append(now)
        return 0


def _without_slash() -> Response:
    # Django can send a GET on to the address with the slash, but never a body.
    if request.method not in {"GET", "HEAD"}:
        return Response(status=404)
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    answer = Response(status=301, headers={"Location": f"{request.path}/{query}"})
    answer.autocorrect_location_header = False
    return answer
