"""The issuer's signing keys: RSA, the newest signs, all that are published verify."""

import threading
from typing import Final

from joserfc import jwt
from joserfc.jwk import RSAKey

from addin.sandbox.shelf import Json, Shelf

KIND: Final = "issuer-key"


class SigningKeys:
    """Keys that survive a restart; there is always one."""

    def __init__(self, shelf: Shelf) -> None:
        self._lock = threading.Lock()
        self._shelf = shelf
        self._keys = [RSAKey.import_key(document) for document in shelf.documents(KIND).values()]
        self._stranger: RSAKey | None = None
        if not self._keys:
            self.rotate(keep_old=True)

    def rotate(self, *, keep_old: bool) -> str:
        """Make a new key, sign with it from now on, and return its id; the old ones go on verifying if kept."""
        key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        kid = key.kid or ""
        with self._lock:
            if not keep_old:
                self._shelf.clear(KIND)
                self._keys = []
            self._keys.append(key)
            self._shelf.put(KIND, kid, dict(key.as_dict(private=True)))
        return kid

    def published(self) -> Json:
        """Return the JWK set: public halves only."""
        with self._lock:
            return {"keys": [key.as_dict(private=False) for key in self._keys]}

    def sign(self, claims: Json, header: Json | None = None, *, as_stranger: bool = False) -> str:
        """Return a JWT signed with the newest key, or, as a stranger, with one that nobody publishes under its id."""
        with self._lock:
            newest = self._keys[-1]
            if as_stranger and self._stranger is None:
                self._stranger = RSAKey.generate_key(2048)
            key = self._stranger if as_stranger and self._stranger else newest
        return jwt.encode({"alg": "RS256", "typ": "JWT", "kid": newest.kid, **(header or {})}, claims, key)
