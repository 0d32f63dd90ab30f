"""What a genuine token must say before we call somebody an employee; shared by access tokens and ID tokens.

Sources: Microsoft identity platform, "Access token claims reference" and "Secure applications and APIs by
validating claims"; RFC 7519, section 4.1. Knows nothing of signatures or HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from addin.meetings.model import Principal
from addin.web.staff.auth.errors import NotStaff, TokenExpired, TokenInvalid

Claims = Mapping[str, Any]

_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ADDRESS_CLAIMS: Final = ("preferred_username", "upn", "unique_name")
_MEMBER: Final = 0
_GUEST_MARK: Final = "#ext#"


def text(claims: Claims, name: str) -> str:
    """Return the claim; raises TokenInvalid unless it is a non-empty string."""
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise TokenInvalid(f"{name} is missing or not a string")
    return value


def guid(claims: Claims, name: str) -> str:
    """Return the claim in lower case; raises TokenInvalid unless it is a GUID."""
    value = text(claims, name).lower()
    if _GUID.fullmatch(value) is None:
        raise TokenInvalid(f"{name} is not a GUID")
    return value


def person(claims: Claims, name: str) -> str:
    """Return the claim that names a person; a GUID in lower case, as access tokens' are taken, so that both agree."""
    value = text(claims, name)
    return value.lower() if _GUID.fullmatch(value.lower()) else value


def check_times(claims: Claims, now: float, leeway: timedelta) -> float:
    """Return when the token ends, leeway included, in seconds since 1970; `now` in the same.

    Raises TokenExpired, and TokenInvalid for a token from the future or without an end.
    """
    slack = leeway.total_seconds()
    ends = _seconds(claims, "exp") + slack
    if max(_seconds(claims, "iat"), _seconds(claims, "nbf") if "nbf" in claims else 0) > now + slack:
        raise TokenInvalid("not valid yet")
    if now >= ends:
        raise TokenExpired
    return ends


def _seconds(claims: Claims, name: str) -> float:
    value = claims.get(name)
    # bool is an int to Python, and JSON numbers may be infinite to Python's parser.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1 << 40:
        raise TokenInvalid(f"{name} is not a time")
    return value


def refuse_guests(claims: Claims, home: Collection[str], *, account_type_required: bool = False) -> None:
    """Raise NotStaff for a guest of the tenant; `home` are the identity providers of its own people.

    `acct` is 1 for guests. `idp` is only there, or only differs, when another issuer vouches for the person.
    A guest's user principal name bears `#EXT#`. Entra sends `acct` only where the application asks for it, so
    `account_type_required` refuses a token that leaves it out.
    """
    if claims.get("acct", None if account_type_required else _MEMBER) != _MEMBER:
        raise NotStaff("a guest, or an account of unknown kind")
    if str(claims.get("idp", "")) not in {"", *home}:
        raise NotStaff("vouched for by another issuer")
    if any(_GUEST_MARK in str(claims.get(name, "")).lower() for name in _ADDRESS_CLAIMS):
        raise NotStaff("a guest account")


@dataclass(frozen=True, slots=True)
class SharedMailboxes:
    """Which mailboxes the members of a group share: lower-case addresses by the id of the group (docs/adr/0036)."""

    of_group: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, claims: Claims) -> tuple[str, ...]:
        """Return those that the claim `groups` gives a person, each once.

        Entra sends the object ids of up to 200 groups, or none at all when there are more ("Configuring groups
        optional claims"; group overage): then nothing is shared, and nobody sees what is not hers.
        """
        groups = claims.get("groups")
        named = groups if isinstance(groups, list) else []
        shared = [address for group in named for address in self.of_group.get(str(group).lower(), ())]
        return tuple(dict.fromkeys(shared))


def principal(claims: Claims, tenant: str, object_id: str, shared: SharedMailboxes) -> Principal:
    """Return who that is.

    The mailbox is the user principal name, whose domain the tenant has proved to own; never `email`, which an
    administrator of any tenant may set to anything.
    """
    address = next((claims[name] for name in _ADDRESS_CLAIMS if isinstance(claims.get(name), str)), "")
    return Principal(tenant, object_id, address.lower() if "@" in address else None, shared.of(claims))
