"""A service that wants notifications: an HTTP server on a thread, which keeps what it gets and answers as told."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Receiver:
    """Answers the handshake with `echo`, and each notification with the next of `statuses`, then 202."""

    def __init__(self) -> None:
        self.batches: list[list[dict[str, Any]]] = []
        self.shaken: list[str] = []
        self.statuses: list[int] = []
        self.echo: Any = lambda text: (200, "text/plain", text)
        self.open = threading.Event()
        self.open.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Stop, and let go what is held."""
        self.open.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def items(self) -> list[dict[str, Any]]:
        """Return every notification that came."""
        return [item for batch in self.batches for item in batch]

    def _take(self, path: str, body: bytes) -> tuple[int, str, str]:
        parts = urlsplit(path)
        text = parse_qs(parts.query).get("validationToken")
        if text:
            self.shaken.append(parts.path)
            answer: tuple[int, str, str] = self.echo(text[0])
            return answer
        self.open.wait(30)
        self.batches.append(json.loads(body)["value"])
        return self.statuses.pop(0) if self.statuses else 202, "text/plain", ""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, kind, content = receiver._take(self.path, body)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content.encode())))
                self.end_headers()
                try:
                    self.wfile.write(content.encode())
                except ConnectionError:
                    return  # whoever asked has gone, as is its right

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
                """Keep the test run quiet."""

        return Handler
