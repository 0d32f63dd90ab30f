"""The fields of a Pexip `conference` (a virtual meeting room): defaults, limits and the PIN truth table.

Source: the schema of Pexip Infinity's management API, November 2026. What Pexip does with a field name that it
does not know is not told there; the sandbox refuses it, so that a misspelt name cannot pass unseen.
"""

import re
from typing import Any, Final

from addin.sandbox.shelf import Json

Errors = dict[str, list[str]]

READ_ONLY: Final = frozenset(
    {"id", "resource_uri", "creation_time", "sync_tag", "scheduled_conferences_count"}
)
CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "service_type": ("conference", "lecture", "two_stage_dialing", "test_call", "media_playback"),
    "call_type": ("video", "video-only", "audio"),
    "crypto_mode": ("", "besteffort", "on", "off"),
    "enable_chat": ("default", "yes", "no"),
    "non_idp_participants": ("disallow_all", "allow_if_trusted"),
    "live_captions_enabled": ("default", "yes", "no"),
}
TEXTS: Final = {
    "name": 250,
    "description": 250,
    "tag": 250,
    "primary_owner_email_address": 100,
    "host_view": 64,
    "guest_view": 64,
    "host_identity_provider_group": 250,
    "guest_identity_provider_group": 250,
}
SWITCHES: Final = ("allow_guests", "mute_all_guests", "guests_can_present", "enable_overlay_text")
PIN: Final = re.compile(r"[0-9]{3,19}#|[0-9]{4,20}")
ALIAS_LENGTH: Final = 250
MOST_PARTICIPANTS: Final = 1_000_000

DEFAULTS: Final[Json] = {
    "name": "",
    "service_type": "conference",
    "aliases": [],
    "pin": "",
    "guest_pin": "",
    "allow_guests": False,
    "participant_limit": None,
    "tag": "",
    "description": "",
    "primary_owner_email_address": "",
    "host_view": "one_main_seven_pips",
    "guest_view": None,
    "mute_all_guests": False,
    "guests_can_present": True,
    "enable_chat": "default",
    "enable_overlay_text": False,
    "crypto_mode": "",
    "call_type": "video",
    "host_identity_provider_group": None,
    "guest_identity_provider_group": None,
    "non_idp_participants": "disallow_all",
    "live_captions_enabled": "default",
    "automatic_participants": [],
}
NULLABLE: Final = frozenset(name for name, value in DEFAULTS.items() if value is None)


def faults_of(room: Json, min_pin_length: int) -> Errors:
    """Say, by field, what Pexip would refuse in a room as it would stand after the change."""
    errors: Errors = {}
    for name, value in room.items():
        if name in READ_ONLY:
            continue
        fault = _fault_of_field(name, value)
        if fault:
            errors.setdefault(name, []).append(fault)
    if not room.get("name"):
        errors["name"] = ["This field is required."]
    return errors or _pin_faults(room, min_pin_length)


def _fault_of_field(name: str, value: Any) -> str | None:
    if name not in DEFAULTS:
        return "Unknown field."
    if value is None:
        return None if name in NULLABLE or name in {"pin", "guest_pin"} else "This field cannot be null."
    if name in CHOICES:
        return None if value in CHOICES[name] else f"Value {value!r} is not a valid choice."
    if name in SWITCHES:
        return None if isinstance(value, bool) else "Enter a boolean."
    if name in TEXTS:
        return _text_fault(value, TEXTS[name])
    return _FIELD_RULES[name](value)


def _text_fault(value: Any, longest: int) -> str | None:
    if not isinstance(value, str):
        return "Enter a string."
    return None if len(value) <= longest else f"Ensure this value has at most {longest} characters."


def _pin_fault(value: Any) -> str | None:
    if value == "" or (isinstance(value, str) and PIN.fullmatch(value)):
        return None
    return "PINs must be 4-20 digits in length, including any terminating #."


def _limit_fault(value: Any) -> str | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return (
        None if is_number and 0 <= value <= MOST_PARTICIPANTS else "Enter a whole number from 0 to 1000000."
    )


def _aliases_fault(value: Any) -> str | None:
    if not isinstance(value, list) or not all(isinstance(alias, dict) for alias in value):
        return "Enter a list of aliases."
    if not all(is_alias(alias.get("alias")) for alias in value):
        return f"An alias has 1-{ALIAS_LENGTH} characters."
    return None


def _uris_fault(value: Any) -> str | None:
    is_list = isinstance(value, list) and all(isinstance(uri, str) for uri in value)
    return None if is_list else "Enter a list of resource URIs."


_FIELD_RULES: Final = {
    "pin": _pin_fault,
    "guest_pin": _pin_fault,
    "participant_limit": _limit_fault,
    "aliases": _aliases_fault,
    "automatic_participants": _uris_fault,
}


def is_alias(value: Any) -> bool:
    """Whether Pexip would take this as an alias."""
    return isinstance(value, str) and 0 < len(value) <= ALIAS_LENGTH


def _pin_faults(room: Json, min_pin_length: int) -> Errors:
    """Enforce the PIN truth table: guests need a host PIN, the two differ, and have equal length or both end in #."""
    host, guest = room.get("pin") or "", room.get("guest_pin") or ""
    if room.get("allow_guests") and not host:
        return {"pin": ["A host PIN is required when guests are allowed."]}
    if guest and not room.get("allow_guests"):
        return {"guest_pin": ["A guest PIN may only be set when guests are allowed."]}
    if guest and host == guest:
        return {"guest_pin": ["The host PIN and guest PIN must be different."]}
    if guest and host.endswith("#") != guest.endswith("#"):
        return {"guest_pin": ["If one PIN ends with #, both must."]}
    if guest and not host.endswith("#") and len(host) != len(guest):
        return {"guest_pin": ["The PINs must have the same length, or both end with #."]}
    short = [pin for pin in (host, guest) if pin and len(pin) < min_pin_length]
    return {"pin": [f"PINs must have at least {min_pin_length} digits."]} if short else {}
