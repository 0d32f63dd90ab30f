"""A body as plain text, as Exchange itself makes it of HTML for whoever asks for text."""

import re
from html.parser import HTMLParser

from addin.sandbox.exchange.items import Body


def text_of(body: Body) -> str:
    """Return a body as plain text."""
    if body.kind == "text":
        return body.content
    reader = _Reader()
    reader.feed(body.content)
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.parts)).strip()


class _Reader(HTMLParser):
    """Reads what a person would read of an HTML body."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._hidden += tag in {"style", "script", "head"}
        if tag in {"br", "p", "div", "tr", "li", "h1", "h2", "h3"}:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"style", "script", "head"}

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)
