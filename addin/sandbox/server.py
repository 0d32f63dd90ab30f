"""The sandbox's HTTP/1.1 server: werkzeug's threaded one, with connections kept alive and closed at will.

Werkzeug itself closes every connection after one answer, since it cannot know that a body was read to its end. Here
each body is read before the application runs, so the connection can be kept, as a real provider keeps it.
"""

import io
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from addin.sandbox.wire import HANG_UP

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ADDRESS: Final = "127.0.0.1"
WAITING_CONNECTIONS: Final = 128
LARGEST_BODY: Final = 10_000_000


class Connection(WSGIRequestHandler):
    """One connection, which carries one request after the other."""

    protocol_version = "HTTP/1.1"
    # Header and body are two writes; with Nagle's algorithm the second would wait 40 ms for the first's receipt.
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answer one request; an application that raises ConnectionError gets the connection closed."""
        environ = self.make_environ()
        try:
            self._take_in_body(environ)
            environ[HANG_UP] = self._hang_up
            self._answer(Response.from_app(self.server.app, environ, buffered=True))
        except ConnectionError:
            self._hang_up()

    def _take_in_body(self, environ: "WSGIEnvironment") -> None:
        if environ.get("wsgi.input_terminated"):  # a chunked body
            body = environ["wsgi.input"].read(LARGEST_BODY)
        else:
            body = self.rfile.read(min(int(environ.get("CONTENT_LENGTH") or 0), LARGEST_BODY))
        environ["wsgi.input"] = io.BytesIO(body)
        environ["wsgi.input_terminated"] = True
        environ["CONTENT_LENGTH"] = str(len(body))

    def _answer(self, answer: Response) -> None:
        body = b"" if self.command == "HEAD" else answer.get_data()
        self.send_response(answer.status_code)
        for name, value in answer.headers.to_wsgi_list():
            if name.lower() not in {"content-length", "connection"}:
                self.send_header(name, value)
        if answer.status_code not in {204, 304}:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _hang_up(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            self.close_connection = True  # the other side was first

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing: the journal tells more, and a path can hold a code."""


def bound(port: int) -> BaseWSGIServer:
    """Return a server that listens on a loopback port (a free one for 0; `.port` tells which), still without its `app`.

    Raises OSError when the port is taken.
    """
    with socket.create_server((ADDRESS, port), backlog=WAITING_CONNECTIONS) as listener:
        # Given a port, werkzeug would print its own English advice and exit when it is taken.
        return make_server(
            ADDRESS, port, _nothing_yet, threaded=True, request_handler=Connection, fd=listener.fileno()
        )


def _nothing_yet(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    return Response(status=503)(environ, start_response)
