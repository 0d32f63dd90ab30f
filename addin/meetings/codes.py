"""Join codes and start codes: random, readable aloud, forgiving to type; nothing in them says what they open.

A code is 13 characters of Crockford's base 32 (65 random bits) and a check character by the Luhn algorithm
modulo 32, so that a mistyped code is told apart from an unknown one without asking the ledger.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from base64 import b32encode
from urllib.parse import unquote

from stdnum import luhn

from addin.meetings.errors import MistypedCode

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARACTERS = 13
LENGTH = RANDOM_CHARACTERS + 1
ALIAS_CHARACTERS = 16
_CROCKFORD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET)  # from the letters of RFC 4648

# What nobody sees of a text and a copy takes along: a telephone in Arabic puts marks of direction around Latin letters.
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
_UNSEEN |= dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])

# What people write for what (Crockford, "Base 32": O is zero, I and L are one), and what they put between.
_FORGIVEN = _UNSEEN | str.maketrans({"O": "0", "I": "1", "L": "1"} | dict.fromkeys(" \t\r\n-‐‑‒–—−.·_\u00a0"))
# Digits of keyboards in Arabic and Persian.
_FORGIVEN |= {zero + value: str(value) for zero in (0x0660, 0x06F0) for value in range(10)}

# What a sentence leaves around a code or a link that stood in it.
_AROUND = " \t\r\n()[]<>.,;:!?\"'”’"


# A code as we write it, whatever dash a mail program has made of ours, and where it broke the line.
_GROUPED = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{5}(?:[-‐‑‒–—−]\s{0,4}[0-9A-Za-z]{4,5}){2}(?![0-9A-Za-z])")

# A link as the second version of a mail filter's scheme bears it: `-` stands for `%`, and `_` for `/` (Proofpoint,
# "URL Defense"). Its first and third leave a code as it is.
_IN_SECOND_SCHEME = re.compile(r"(?<=/v2/url\?u=)https?-3A__[0-9A-Za-z._-]+")
_OF_SECOND_SCHEME = str.maketrans("-_", "%/")


# What a character adds to the library's sum, where it counts once and where it is doubled.
_ONCE, _DOUBLED = (
    {character: luhn.checksum(character + behind, ALPHABET) for character in ALPHABET}
    for behind in ("", ALPHABET[0])
)


def new_code() -> str:
    """Return a new code of 14 characters, without groups; with letters and digits, so that it is like a code."""
    while True:
        body = _random(RANDOM_CHARACTERS)
        code = body + _check_character(body)
        # What `is_like_a_code` asks, of characters that are all of the alphabet.
        if not (code.isalpha() or code.isdigit()):
            return code


def _check_character(body: str) -> str:
    """Return what makes the sum nought. The algorithm adds character by character, so the library was asked for each.

    To ask it of a whole code takes three times as long, and a booking draws two.
    """
    doubled, once = body[-1::-2], body[-2::-2]  # from the right, with the check character to come
    total = sum(map(_DOUBLED.__getitem__, doubled)) + sum(map(_ONCE.__getitem__, once))
    return ALPHABET[-total % len(ALPHABET)]


def parse_code(typed: str) -> str:
    """Return the code that somebody typed or followed; raises MistypedCode."""
    # Some keyboards write full-width letters and digits, which are the same ones to people.
    plain = unicodedata.normalize("NFKC", typed)
    code = plain.strip(_AROUND).upper().translate(_FORGIVEN)
    if len(code) != LENGTH or not set(code) <= set(ALPHABET) or luhn.checksum(code, ALPHABET) != 0:
        raise MistypedCode
    return code


def code_in(pasted: str) -> str:
    """Return what may be the code in pasted text: one in groups, or the last part of a link's path.

    Anything else is returned as it is. Where there are several in groups it is the first that is one: in an item the
    link that guests follow stands before the one that staff start with. A mail filter's own link bears ours within it,
    percent-encoded.
    """
    text = _IN_SECOND_SCHEME.sub(_as_before_filter, unquote(unquote(pasted)).translate(_UNSEEN))
    found: list[str] = _GROUPED.findall(text)
    if found:
        return next(filter(_is_a_code, found), found[0])
    path = re.split("[?#]", text, maxsplit=1)[0]
    return path.rstrip(_AROUND + "/").rpartition("/")[2] if "/" in path else pasted


def _as_before_filter(found: re.Match[str]) -> str:
    return unquote(found[0].translate(_OF_SECOND_SCHEME))


def code_amid(typed: str) -> str | None:
    """Return the code in a link's last part that holds more than it, as mail programs leave them; None without one."""
    if _is_a_code(typed):
        return None
    found = code_in(typed)
    return parse_code(found) if _is_a_code(found) else None


def _is_a_code(typed: str) -> bool:
    try:
        parse_code(typed)
    except MistypedCode:
        return False
    return True


def is_like_a_code(typed: str) -> bool:
    """Whether somebody meant a code, so that it may be shown again to be corrected.

    A code has letters and digits and its length, give or take one. What else people write into the wrong field, such
    as a name, a mail address, a telephone or a personal number, is shown nowhere.
    """
    mixed = any(mark.isdigit() for mark in typed) and any(mark.isalpha() for mark in typed)
    code = typed.upper().translate(_FORGIVEN)
    return mixed and code.isascii() and code.isalnum() and abs(len(code) - LENGTH) <= 1


def grouped(code: str) -> str:
    """Return the code as people read it: `7K3M9-QXP2R-TWHD`."""
    return f"{code[:5]}-{code[5:10]}-{code[10:]}"


def new_alias() -> str:
    """Return a new address part for a provider: 80 random bits in lower case, letters and digits only."""
    return _random(ALIAS_CHARACTERS).lower()


def _random(characters: int) -> str:
    """Return so many characters of five random bits each, sixteen at most."""
    return b32encode(secrets.token_bytes(10)).decode().translate(_CROCKFORD)[:characters]
