"""The little of HTTP/1.1 that stub and loader share."""

from __future__ import annotations


def content_length(head: bytes) -> int:
    """Return the length that a request's or an answer's head announces; 0 without one."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
