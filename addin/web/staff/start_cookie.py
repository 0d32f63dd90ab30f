"""What the start page remembers in the host's own browser: a sign-in under way, then who signed in; never a PIN.

The cookie is sealed (encrypted and authenticated) with the service's keys, so that nobody can read or make one, and
it ends by itself. Nothing is kept on the server, so any process can answer.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from addin.meetings.keyring import Keyring, SealBroken, UnknownKey
from addin.meetings.model import Principal
from addin.meetings.ports import Clock
from addin.web.staff.auth.openid import Attempt

SIGNING_IN: Final = timedelta(minutes=10)
SIGNED_IN: Final = timedelta(minutes=30)
_SEALED_FOR: Final = "start-cookie"


@dataclass(frozen=True, slots=True)
class SigningIn:
    """A sign-in under way, and the meeting that it is for."""

    attempt: Attempt
    start_code: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in; `form_token` is held against every form, so that no other site can send one."""

    who: Principal
    form_token: str


class StartCookie:
    """Reads and writes the cookie. `secure` is false only in the sandbox, which speaks plain http."""

    def __init__(self, keyring: Keyring, clock: Clock, *, secure: bool) -> None:
        self._keyring = keyring
        self._clock = clock
        self._secure = secure
        # The prefix makes browsers refuse the cookie unless it is secure, for this host only and for all paths
        # (RFC 6265bis, section 4.1.3.2).
        self.name = "__Host-start" if secure else "start"

    def signing_in(self, request: Request) -> SigningIn | None:
        """Return the sign-in that this browser began, or None."""
        kept = self._read(request, "signing_in", SIGNING_IN)
        return SigningIn(Attempt(**kept["attempt"]), kept["start_code"]) if kept else None

    def signed_in(self, request: Request) -> SignedIn | None:
        """Return who is signed in with this browser, or None."""
        kept = self._read(request, "signed_in", SIGNED_IN)
        return SignedIn(Principal(**kept["who"]), kept["form_token"]) if kept else None

    def keep(self, response: Response, session: SigningIn | SignedIn) -> None:
        """Have the browser remember; what it remembered before is gone."""
        is_signed_in = isinstance(session, SignedIn)
        kept = {
            "kind": "signed_in" if is_signed_in else "signing_in",
            "at": self._clock.now().timestamp(),
            "kept": asdict(session),
        }
        sealed = self._keyring.seal(json.dumps(kept).encode(), _SEALED_FOR)
        self._set(
            response, base64.urlsafe_b64encode(sealed).decode(), SIGNED_IN if is_signed_in else SIGNING_IN
        )

    def forget(self, response: Response) -> None:
        """Have the browser forget."""
        self._set(response, "", timedelta(0))

    def _set(self, response: Response, value: str, lasts: timedelta) -> None:
        response.set_cookie(
            self.name, value, max_age=lasts, path="/", secure=self._secure, httponly=True, samesite="Lax"
        )

    def _read(self, request: Request, kind: str, lasts: timedelta) -> dict[str, Any] | None:
        try:
            sealed = base64.urlsafe_b64decode(request.cookies.get(self.name, ""))
            said = json.loads(self._keyring.unseal(sealed, _SEALED_FOR))
        except (ValueError, SealBroken, UnknownKey):
            return None
        age = self._clock.now().timestamp() - said["at"]
        kept: dict[str, Any] = said["kept"]
        return kept if said["kind"] == kind and 0 <= age < lasts.total_seconds() else None
