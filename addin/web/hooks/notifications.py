"""What Microsoft Graph posts, as hints: what is not understood is dropped, and the rest of the batch is kept.

A notification is believed in nothing but that there may be something to look at (docs/adr/0018). Nothing of a body is
logged; how many were dropped is all that is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from addin.meetings.ports import HintKind, ReceivedHint

# Of a change notification and of a lifecycle notification (Graph v1.0, `changeType` and `lifecycleEventType`).
_CHANGES: Final = {
    "created": HintKind.CREATED,
    "updated": HintKind.UPDATED,
    "deleted": HintKind.DELETED,
}
_LIFECYCLE: Final = {
    "reauthorizationRequired": HintKind.REAUTHORIZATION_REQUIRED,
    "subscriptionRemoved": HintKind.SUBSCRIPTION_REMOVED,
    "missed": HintKind.MISSED,
}
# No id of Exchange's is near it; more would only be there to fill memory.
_LONGEST: Final = 1024
# Graph's own take half a kilobyte each, so that a post holds some five hundred. Anybody may send tiny ones, each of
# which costs as much to refuse as a real one to read.
_MOST: Final = 1000
# Ids, tags and secrets hold nothing else, while JSON can tell what cannot be stored, such as half a surrogate pair.
_PRINTABLE: Final = validate.Regexp(r"[\x20-\x7e]*\Z")


class Malformed(ValueError):
    """The body is no collection of notifications at all."""


class _Resource(Schema):
    id = fields.String(
        load_default=None, allow_none=True, validate=[validate.Length(1, _LONGEST), _PRINTABLE]
    )
    etag = fields.String(
        load_default=None,
        allow_none=True,
        data_key="@odata.etag",
        validate=[validate.Length(max=_LONGEST), _PRINTABLE],
    )


class _Notification(Schema):
    subscription = fields.String(
        required=True, data_key="subscriptionId", validate=[validate.Length(1, _LONGEST), _PRINTABLE]
    )
    # One without a secret is not told apart from one with a wrong one.
    secret = fields.String(
        load_default="",
        allow_none=True,
        data_key="clientState",
        validate=[validate.Length(max=_LONGEST), _PRINTABLE],
    )
    change = fields.String(load_default=None, data_key="changeType", validate=validate.OneOf(_CHANGES))
    lifecycle = fields.String(
        load_default=None,
        allow_none=True,
        data_key="lifecycleEvent",
        validate=validate.OneOf(_LIFECYCLE),
    )
    resource = fields.Nested(
        _Resource, load_default=None, allow_none=True, data_key="resourceData", unknown=EXCLUDE
    )


_NOTIFICATION: Final = _Notification(unknown=EXCLUDE)


def hints_in(body: bytes) -> tuple[Sequence[ReceivedHint], int]:
    """Return the hints in a body, and how many of its items were dropped; raises Malformed."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed from None
    items = told.get("value") if isinstance(told, dict) else None
    if not isinstance(items, list):
        raise Malformed
    hints = list(_understood(items[:_MOST]))
    return hints, len(items) - len(hints)


def _understood(items: Sequence[Any]) -> Iterator[ReceivedHint]:
    for item in items:
        try:
            hint = _hint(_NOTIFICATION.load(item))
        except ValidationError:
            continue
        if hint:
            yield hint


def _hint(told: Mapping[str, Any]) -> ReceivedHint | None:
    subscription, secret = told["subscription"], told["secret"] or ""
    if told["lifecycle"]:
        return ReceivedHint(subscription, secret, _LIFECYCLE[told["lifecycle"]])
    if not told["change"]:
        return None
    resource = told["resource"] or {}
    return ReceivedHint(
        subscription, secret, _CHANGES[told["change"]], resource.get("id"), resource.get("etag")
    )
