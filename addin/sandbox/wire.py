"""The wire between a caller and the simulated systems: journals each request and lets faults strike it."""

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from werkzeug.wrappers import Request, Response

from addin.sandbox.faults import Dropped, Faults
from addin.sandbox.journal import DROPPED, Journal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HANG_UP: Final = "sandbox.hang_up"  # the server puts a function here that closes the connection
CONTROL: Final = "/sandbox/"  # never struck by a fault, never in the journal


class _Passage:
    """One request on its way through the application."""

    def __init__(self, application: "WSGIApplication", environ: "WSGIEnvironment", request: Request) -> None:
        self._application, self._environ = application, environ
        self.method, self.path = request.method, request.path
        body = request.get_data()
        # Read here for the journal and the faults, and laid back for the application.
        environ["wsgi.input"] = io.BytesIO(body)
        self.body = body.decode(errors="replace")

    def effect(self) -> Response:
        return Response.from_app(self._application, self._environ, buffered=True)

    def hang_up(self) -> None:
        self._environ[HANG_UP]()


class Wire:
    """A WSGI application around the application; raises Dropped, which the server turns into a closed connection."""

    def __init__(self, application: "WSGIApplication", faults: Faults, journal: Journal) -> None:
        self._application, self._faults, self._journal = application, faults, journal

    def carried(self, environ: "WSGIEnvironment") -> Response | None:
        """Carry one request that came inside another; None when a fault closed its connection."""
        environ[HANG_UP] = _nothing_to_close
        try:
            return Response.from_app(self, environ, buffered=True)
        except Dropped:
            return None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        if request.path.startswith(CONTROL):
            return self._application(environ, start_response)
        passage = _Passage(self._application, environ, request)
        entry = self._journal.begin(
            request.method, request.path, request.query_string.decode("latin-1"), passage.body
        )
        try:
            answer = self._faults.carry(passage)
        except Dropped:
            self._journal.finish(entry, DROPPED)
            raise
        self._journal.finish(entry, answer.status_code)
        return answer(environ, start_response)


def _nothing_to_close() -> None:
    """A request inside another has no connection of its own."""
