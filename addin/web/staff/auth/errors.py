"""What can be wrong with somebody's identity, as types; statuses and sentences stand with the surfaces.

    CareMeetingError
    └── IdentityError
        ├── TokenMissing            no bearer token at all
        ├── TokenInvalid            not a token that this service may accept
        ├── TokenExpired            it was one, until it ended
        ├── NotStaff                genuine, but a guest, an application or another organisation
        ├── SignInFailed            the sign-in was abandoned, refused or tampered with; begin again
        └── IdentityUnavailable     the identity provider does not answer; may be repeated

No error carries a token, a claim's value or a provider's answer.
"""

from __future__ import annotations

from addin.meetings.errors import CareMeetingError


class IdentityError(CareMeetingError):
    """The caller's identity is not established."""


class TokenMissing(IdentityError):
    """The request has no `Authorization: Bearer` header."""


class TokenInvalid(IdentityError):
    """The token is malformed, forged, for somebody else, or of the wrong kind."""


class TokenExpired(IdentityError):
    """The token was good until it ended."""


class NotStaff(IdentityError):
    """The token is genuine, but it does not belong to an employee of a trusted organisation."""


class SignInFailed(IdentityError):
    """The sign-in did not come back as it was sent out; nothing but a new beginning helps."""


class IdentityUnavailable(IdentityError):
    """The identity provider's keys or metadata cannot be had just now; the request may be repeated."""
