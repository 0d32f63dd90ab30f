"""What the start page remembers in the host's own browser: sign-ins under way and who signed in; never a PIN.

The cookie is sealed (encrypted and authenticated) with the service's keys, so that nobody can read or make one, and
each part of it ends by itself. Nothing is kept on the server, so any process can answer. A browser has several tabs:
a sign-in that comes back in one of them leaves those of the others as they were.
"""

from __future__ import annotations

import base64
import hmac
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final, Literal

from werkzeug.wrappers import Request, Response

from addin.meetings.errors import SealBroken, UnknownKey
from addin.meetings.keyring import Keyring
from addin.meetings.model import Principal
from addin.meetings.ports import Clock
from addin.web.staff.auth.openid import Attempt

SIGNING_IN: Final = timedelta(minutes=10)
SIGNED_IN: Final = timedelta(minutes=30)
# What one machine has dated another one reads, whose clock may be behind; the same as for tokens.
CLOCKS_APART: Final = timedelta(seconds=60)
# More tabs than anybody has open at this page.
MOST_UNDER_WAY: Final = 4
# Browsers drop what is over 4096 bytes without a word, and nginx an answer whose headers are over 4 KiB.
LARGEST: Final = 3000
_SEALED_FOR: Final = "start-cookie"

# The pages (endpoints) for which somebody signs in.
LeadsTo = Literal["start.confirm", "start.told"]


@dataclass(frozen=True, slots=True)
class SigningIn:
    """A sign-in under way, the meeting that it is for, and the page (endpoint) that it leads on to."""

    attempt: Attempt
    start_code: str
    leads_to: LeadsTo = "start.confirm"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in; `form_token` is held against every form, so that no other site can send one."""

    who: Principal
    form_token: str

    def sent(self, request: Request) -> bool:
        """Whether the request is a form of ours that was shown to this session."""
        told = request.form.get("form_token", "")
        return hmac.compare_digest(told.encode(), self.form_token.encode())


_Kept = dict[str, Any]  # a session as it stands in the cookie, with the time at which it was put there


class StartCookie:
    """Reads and writes the cookie. `secure` is false only in the sandbox, which speaks plain http."""

    def __init__(self, keyring: Keyring, clock: Clock, *, secure: bool) -> None:
        self._keyring = keyring
        self._clock = clock
        self._secure = secure
        # The prefix makes browsers refuse the cookie unless it is secure, for this host only and for all paths
        # (RFC 6265bis, section 4.1.3.2).
        self.name = "__Host-start" if secure else "start"

    def signing_in(self, request: Request, state: str) -> SigningIn | None:
        """Return the sign-in that this browser began with that `state`, or None."""
        for kept in self._under_way(request):
            if hmac.compare_digest(kept["attempt"]["state"].encode(), state.encode()):
                return SigningIn(Attempt(**kept["attempt"]), kept["start_code"], kept["leads_to"])
        return None

    def signed_in(self, request: Request) -> SignedIn | None:
        """Return who is signed in with this browser, or None."""
        kept = self._who(request)
        return SignedIn(_principal(kept["who"]), kept["form_token"]) if kept else None

    def begin(self, request: Request, response: Response, session: SigningIn) -> None:
        """Have the browser remember one more sign-in under way; of many, the oldest is gone."""
        under_way = [*self._under_way(request), self._dated(session)][-MOST_UNDER_WAY:]
        self._keep(response, under_way, self._who(request))

    def finish(
        self, request: Request, response: Response, ended: SigningIn, who: SignedIn | None = None
    ) -> None:
        """Have the browser forget a sign-in that came back, and remember `who` it was; without, all else stays."""
        under_way = [
            kept for kept in self._under_way(request) if kept["attempt"]["state"] != ended.attempt.state
        ]
        self._keep(response, under_way, self._dated(who) if who else self._who(request))

    def forget(self, response: Response) -> None:
        """Have the browser forget everything."""
        self._set(response, "", timedelta(0))

    def _keep(self, response: Response, under_way: list[_Kept], who: _Kept | None) -> None:
        value = self._sealed(under_way, who)
        if len(value) > LARGEST and who:
            # Hundreds: she is signed in as the employee that she is, and what they share is not hers here.
            value = self._sealed(under_way, {**who, "who": {**who["who"], "shared_mailboxes": ()}})
        self._set(response, value, SIGNED_IN if who else SIGNING_IN)

    def _sealed(self, under_way: list[_Kept], who: _Kept | None) -> str:
        # Made small, since somebody may share a hundred mailboxes; nothing in it is a stranger's to choose.
        packed = zlib.compress(json.dumps({"under_way": under_way, "who": who}).encode())
        return base64.urlsafe_b64encode(self._keyring.seal(packed, _SEALED_FOR)).decode()

    def _set(self, response: Response, value: str, lasts: timedelta) -> None:
        response.set_cookie(
            self.name, value, max_age=lasts, path="/", secure=self._secure, httponly=True, samesite="Lax"
        )

    def _dated(self, session: SigningIn | SignedIn) -> _Kept:
        return {**asdict(session), "at": self._clock.now().timestamp()}

    def _under_way(self, request: Request) -> list[_Kept]:
        """Return the sign-ins under way that still hold, oldest first."""
        return [kept for kept in self._read(request).get("under_way", []) if self._holds(kept, SIGNING_IN)]

    def _who(self, request: Request) -> _Kept | None:
        kept: _Kept | None = self._read(request).get("who")
        return kept if kept and self._holds(kept, SIGNED_IN) else None

    def _holds(self, kept: _Kept, lasts: timedelta) -> bool:
        age: float = self._clock.now().timestamp() - kept["at"]
        return -CLOCKS_APART.total_seconds() <= age < lasts.total_seconds()

    def _read(self, request: Request) -> Mapping[str, Any]:
        try:
            sealed = base64.urlsafe_b64decode(request.cookies.get(self.name, ""))
            said: dict[str, Any] = json.loads(zlib.decompress(self._keyring.unseal(sealed, _SEALED_FOR)))
        except (ValueError, zlib.error, SealBroken, UnknownKey):
            return {}
        return said


def _principal(kept: Mapping[str, Any]) -> Principal:
    # JSON knows no tuples.
    return Principal(**{**kept, "shared_mailboxes": tuple(kept.get("shared_mailboxes", ()))})
