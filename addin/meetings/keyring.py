"""The service's own keys: what is derived from them (PINs, tags, look-up hashes) and what is sealed with them.

A key has an id that stands beside everything made with it, so that keys can be rotated: the current one makes,
every known one verifies. PINs are derived and never stored; a tag proves that a room at a provider is ours even
when the ledger was lost.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from addin.meetings.errors import SealBroken, UnknownKey

PIN_DIGITS = 6
_NONCE_BYTES = 12
_TAG_MAC_BYTES = 15


@dataclass(frozen=True, slots=True)
class Tag:
    """What the tag at a provider says: which installation, which room, which key."""

    instance: str
    room_id: str
    key_id: str


class Keyring:
    """Keys by id; `current` is the id of the one that makes new things. A key is at least 32 random bytes."""

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        self.current = current
        # Readied once for each key and copied for each message, which costs a third of beginning anew.
        self._macs = {key_id: HMAC(key, SHA256()) for key_id, key in keys.items()}
        self._ciphers = {key_id: AESGCM(self._derive(key_id, "seal")) for key_id in keys}
        self._lookup = {key_id: HMAC(self._derive(key_id, "look-up"), SHA256()) for key_id in keys}

    def _derive(self, key_id: str, *purpose: str) -> bytes:
        try:
            mac = self._macs[key_id]
        except KeyError:
            raise UnknownKey(key_id) from None
        # The separator cannot occur in a purpose, so two purposes never meet in one message.
        return _of_message(mac, "\x1f".join(purpose))

    def pin(self, key_id: str, room_id: str, generation: int, role: str) -> str:
        """Return the PIN of `role` (`host` or `guest`) in a room: six digits, the two roles never alike."""
        number = int.from_bytes(self._derive(key_id, "pin", room_id, str(generation)))
        host, offset = divmod(number, 10**PIN_DIGITS - 1)
        host %= 10**PIN_DIGITS
        guest = (host + 1 + offset) % 10**PIN_DIGITS
        return f"{host if role == 'host' else guest:0{PIN_DIGITS}d}"

    def tag(self, instance: str, room_id: str, key_id: str) -> str:
        """Return the tag that proves a room ours: `v1.<instance>.<room>.<key>.<mac>`, ASCII."""
        mac = self._derive(key_id, "tag", instance, room_id)[:_TAG_MAC_BYTES]
        return f"v1.{instance}.{room_id}.{key_id}.{base64.urlsafe_b64encode(mac).decode()}"

    def read_tag(self, tag: str) -> Tag | None:
        """Return what a tag says, or None when it is not one that our keys made."""
        parts = tag.split(".")
        if len(parts) != 5 or parts[0] != "v1" or parts[3] not in self._macs:
            return None
        said = Tag(parts[1], parts[2], parts[3])
        proven = hmac.compare_digest(
            self.tag(said.instance, said.room_id, said.key_id).encode(), tag.encode()
        )
        return said if proven else None

    def lookup_hash(self, purpose: str, value: str) -> bytes:
        """Return the hash under which the current key stores `value` for look-up."""
        return self._lookup_hash(self.current, purpose, value)

    def lookup_hashes(self, purpose: str, value: str) -> list[bytes]:
        """Return the hashes of `value` under every known key, the current one first."""
        others = [key_id for key_id in self._macs if key_id != self.current]
        return [self._lookup_hash(key_id, purpose, value) for key_id in [self.current, *others]]

    def _lookup_hash(self, key_id: str, purpose: str, value: str) -> bytes:
        return _of_message(self._lookup[key_id], f"{purpose}\x1f{value}")

    def seal(self, plain: bytes, row: str) -> bytes:
        """Encrypt `plain` so that it can only be opened for the same `row`: key id, a zero byte, nonce, ciphertext."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return (
            self.current.encode()
            + b"\0"
            + nonce
            + self._ciphers[self.current].encrypt(nonce, plain, row.encode())
        )

    def unseal(self, sealed: bytes, row: str) -> bytes:
        """Return what was sealed; raises UnknownKey and SealBroken."""
        key_id, _, rest = sealed.partition(b"\0")
        cipher = self._ciphers.get(key_id.decode("ascii", "replace"))
        if cipher is None:
            raise UnknownKey("a sealed row was made with a key that is not in the settings")
        try:
            return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], row.encode())
        except (InvalidTag, ValueError):  # ValueError: so much is missing that no nonce is left
            raise SealBroken("a sealed row does not open") from None


def _of_message(mac: HMAC, message: str) -> bytes:
    """Return the HMAC of a message under the key that `mac` was made with, which stays as it is."""
    begun = mac.copy()
    begun.update(message.encode())
    return begun.finalize()
