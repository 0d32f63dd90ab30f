"""A server that answers whatever bytes a test tells it to, as slowly as told: what no decent vendor would do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable


class UnrulyServer:
    """Answers every request with the same pieces; between two pieces it waits `gap` seconds or until closed."""

    def __init__(self, pieces: Iterable[bytes], gap: float = 0.0) -> None:
        self._pieces, self._gap = list(pieces), gap
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests: list[bytes] = []
        self.connections = 0
        self.hang_up_after_answer = False
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._closing.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while not self._closing.is_set():
                try:
                    head = self._request(connection)
                    if not head:
                        return
                    self.requests.append(head)
                    self._answer(connection)
                    if self.hang_up_after_answer:
                        return
                except OSError:
                    return

    def _request(self, connection: socket.socket) -> bytes:
        read = b""
        while b"\r\n\r\n" not in read:
            more = connection.recv(65536)
            if not more:
                return b""
            read += more
        head, _, body = read.partition(b"\r\n\r\n")
        lengths = [
            int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
        ]
        while lengths and len(body) < lengths[0]:
            body += connection.recv(65536)
        return head

    def _answer(self, connection: socket.socket) -> None:
        for piece in self._pieces:
            connection.sendall(piece)
            if self._gap and self._closing.wait(self._gap):
                return


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    """Return a whole HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body
