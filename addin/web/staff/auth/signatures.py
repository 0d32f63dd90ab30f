"""Reads and proves JSON Web Tokens; what their claims must say is nobody's business here."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError

from addin.web.staff.auth import claims as rules
from addin.web.staff.auth.errors import TokenInvalid
from addin.web.staff.auth.keys import SigningKeys

LONGEST_TOKEN = 16 * 1024


@dataclass(frozen=True, slots=True)
class Unproven:
    """A token as it claims to be: good for choosing the keys, and for nothing else."""

    token: bytes
    header: dict[str, Any]
    claims: rules.Claims


def read_unproven(token: bytes) -> Unproven:
    """Return what the token claims; raises TokenInvalid when it is not the form of one (RFC 7519, section 7.2)."""
    if len(token) > LONGEST_TOKEN:
        raise TokenInvalid("too long")
    try:
        parts = jws.extract_compact(token)
        claims = json.loads(parts.payload or b"")
    # `from None`, here and below: the library's message may quote the token.
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenInvalid("not a JSON Web Token") from None
    if not isinstance(claims, dict):
        raise TokenInvalid("the payload is not an object")
    return Unproven(token, parts.headers(), claims)


def prove(unproven: Unproven, keys: SigningKeys, algorithms: Collection[str]) -> rules.Claims:
    """Return the claims once the signature holds; raises TokenInvalid, and IdentityUnavailable without keys.

    The key is the one that the issuer publishes under the token's `kid`; keys and addresses of keys that the token
    itself brings along are ignored, and extensions that must be understood (`crit`) are not.
    """
    algorithm = str(unproven.header.get("alg"))
    if algorithm not in algorithms or "crit" in unproven.header:
        raise TokenInvalid("signed in a way that is not allowed")
    key = keys.key(rules.text(unproven.header, "kid"))
    try:
        return jwt.decode(unproven.token, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError, TypeError):
        raise TokenInvalid("the signature does not hold") from None
