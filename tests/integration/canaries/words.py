"""What looks like a patient's data and stands nowhere else, and the many ways in which it could be written."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import random
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import quote, quote_plus

from stdnum import luhn

# Long enough never to occur by chance, in base 64 as well.
_LETTERS: Final = 10
_TELEPHONES: Final = range(
    20, 100
)  # of PTS's numbers for fiction, 070-174 06 05 to 99; the settings use the first


@dataclass(frozen=True, slots=True)
class Canaries:
    """One of each kind, all drawn at random."""

    name: str
    personal_number: str
    telephone: str
    mail: str
    subject: str
    body: str

    @classmethod
    def drawn(cls) -> Canaries:
        """Return a new set."""
        return cls(
            name=f"Åke {_word().title()}",
            personal_number=_personal_number(),
            telephone=f"070-174 06 {random.choice(_TELEPHONES)}",
            mail=f"{_word()}@{_word()}.example",
            subject=f"Uppföljning {_word()} – {_word()}",
            body=f"Oro för {_word()} & <{_word()}>",
        )

    def each(self) -> dict[str, str]:
        """Return all by their kind."""
        return asdict(self)

    def together(self) -> str:
        """Return all in one text, as in a careless item."""
        return "; ".join(self.each().values())


def forms(text: str) -> dict[str, tuple[bytes, bool]]:
    """Return every way of writing `text` by its name: the bytes, and whether their case counts."""
    found: dict[str, tuple[bytes, bool]] = {}
    for as_what, variant in _variants(text).items():
        for encoding, written in _written(variant):
            found[f"{as_what}, {encoding}"] = (written.lower(), False)
        for encoding, written in _coded(variant):
            found[f"{as_what}, {encoding}"] = (written, True)
    return found


def _variants(text: str) -> dict[str, str]:
    bare = re.sub(r"[\s–-]", "", text)
    variants = {"as it is": text, "in lower case": text.lower(), "without separators": bare}
    if bare.isdecimal():
        variants["without its first two"] = bare[2:]
        variants["with country code"] = f"+46{bare[1:]}"
    return variants


def _written(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield what is read the same in upper and lower case."""
    raw = text.encode()
    yield "UTF-8", raw
    yield "Latin 1", text.encode("latin-1", "replace")
    yield "UTF-16 LE", text.encode("utf-16-le")
    yield "UTF-16 BE", text.encode("utf-16-be")
    yield "URL", quote(text, safe="").encode()
    yield "form", quote_plus(text).encode()
    yield "HTML", html.escape(text).encode()
    yield "HTML references", html.escape(text).encode("ascii", "xmlcharrefreplace")
    yield "JSON", json.dumps(text)[1:-1].encode()
    yield "JSON in JSON", json.dumps(json.dumps(text))[3:-3].encode()
    yield "Python", ascii(text)[1:-1].encode()
    yield "bytes in Python", repr(raw)[2:-1].encode()
    yield "hex", raw.hex().encode()
    for name in ("sha256", "sha1", "md5"):
        yield name, hashlib.new(name, raw).hexdigest().encode()


def _coded(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield what case is a part of."""
    raw = text.encode()
    for offset in range(3):
        # What stands before shifts the groups of three; the characters at the edges hold some of the neighbours.
        coded = base64.b64encode(b"\0" * offset + raw)
        inner = coded[(0, 2, 3)[offset] : len(coded) - (0, 4, 4)[(len(raw) + offset) % 3]]
        yield f"base 64 at {offset}", inner
        yield f"base 64 for URLs at {offset}", inner.replace(b"+", b"-").replace(b"/", b"_")
    for name in ("sha256", "sha1", "md5"):
        digest = hashlib.new(name, raw).digest()
        yield f"{name} as bytes", digest
        yield f"{name} in base 64", base64.b64encode(digest).rstrip(b"=")


def _word() -> str:
    return "".join(random.choice("bcdfghjklmnpqrstvxz") for _ in range(_LETTERS))


def _personal_number() -> str:
    """Return a personal number of Skatteverket's test series: a serial from 980, which nobody is given."""
    born = date(1940, 1, 1) + timedelta(days=random.randrange(25_000))
    digits = f"{born:%y%m%d}{random.randrange(980, 1000)}"
    return f"{born:%Y%m%d}-{digits[6:]}{luhn.calc_check_digit(digits)}"
