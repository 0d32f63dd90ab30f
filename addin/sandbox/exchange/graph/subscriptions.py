"""Subscriptions to the events of a mailbox: who wants to be told of what, where, and until when.

One belongs to the application that made it. An expired one is not there any more. Source: Graph's `subscription`, and
the delivery and lifecycle documentation of change notifications, as of November 2026.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from addin.sandbox.exchange.graph.faults import GraphFault, bad_request
from addin.sandbox.exchange.graph.times import moment_of, stamp
from addin.sandbox.exchange.settings import ExchangeSettings
from addin.sandbox.people import Mailbox
from addin.sandbox.shelf import Json, Shelf

KIND: Final = "graph-subscription"
CHANGES: Final = frozenset({"created", "updated", "deleted"})
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
LONGEST_SECRET: Final = 128
LEAST: Final = timedelta(minutes=45)
WRITABLE: Final = frozenset(
    {
        *("changeType", "notificationUrl", "lifecycleNotificationUrl", "resource", "expirationDateTime"),
        *("clientState", "latestSupportedTlsVersion", "includeResourceData"),
    }
)
RESOURCE: Final = re.compile(r"/?(?:(me)|users/([^/]+))/events/?", re.IGNORECASE)
MISSING: Final = GraphFault(404, "ResourceNotFound", "The object was not found.")


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription. `mailbox` is an object id; `immutable` which kind of ids its notifications bear."""

    subscription_id: str
    application: str
    mailbox: str
    resource: str
    changes: str
    url: str
    expires: str
    immutable: bool
    lifecycle_url: str | None = None
    secret: str | None = field(default=None, repr=False)
    tls: str = "v1_2"

    @property
    def expires_at(self) -> datetime:
        """Return when it ends, in UTC."""
        return moment_of(self.expires, "expirationDateTime")

    def wants(self, change: str) -> bool:
        """Whether it is told of changes of a kind."""
        return change in self.changes.split(",")


class Subscriptions:
    """Every subscription; they survive a restart."""

    def __init__(self, shelf: Shelf, settings: ExchangeSettings) -> None:
        self._lock = threading.RLock()
        self._shelf, self._settings = shelf, settings
        self._kept = {key: Subscription(**told) for key, told in shelf.documents(KIND).items()}

    def of(self, application: str) -> list[Subscription]:
        """Return the living subscriptions of an application."""
        return [one for one in self.all() if one.application == application]

    def all(self) -> list[Subscription]:
        """Return every living subscription."""
        now = datetime.now(UTC)
        with self._lock:
            return [one for one in self._kept.values() if one.expires_at > now]

    def find(self, application: str, subscription_id: str) -> Subscription:
        """Return a living subscription of the application's; raises GraphFault."""
        found = (one for one in self.of(application) if one.subscription_id == subscription_id)
        subscription = next(found, None)
        if subscription is None:
            raise MISSING
        return subscription

    def make(
        self,
        told: Json,
        application: str,
        mailbox: Mailbox,
        check: Callable[[str], None],
        *,
        immutable: bool,
    ) -> Subscription:
        """Make a subscription once `check` has found both its addresses to answer; raises GraphFault."""
        subscription = Subscription(
            subscription_id=str(uuid.uuid4()),
            application=application,
            mailbox=mailbox.object_id,
            resource=str(told["resource"]),
            changes=_changes(told.get("changeType")),
            url=_url(told.get("notificationUrl"), "notificationUrl"),
            lifecycle_url=_lifecycle_url(told),
            expires=self._expiry(told.get("expirationDateTime")),
            secret=_secret(told.get("clientState")),
            tls=str(told.get("latestSupportedTlsVersion") or "v1_2"),
            immutable=immutable,
        )
        for url in {subscription.url: None, subscription.lifecycle_url: None}:
            if url:
                check(url)
        return self._keep(subscription)

    def renew(self, subscription: Subscription, told: Json) -> Subscription:
        """Give a subscription another end; nothing else can be changed; raises GraphFault."""
        if set(told) - {"expirationDateTime", "notificationUrl"}:
            raise bad_request("Only expirationDateTime and notificationUrl can be updated.", "InvalidRequest")
        expires = self._expiry(told.get("expirationDateTime", subscription.expires))
        url = _url(told.get("notificationUrl", subscription.url), "notificationUrl")
        return self._keep(replace(subscription, expires=expires, url=url))

    def remove(self, subscription: Subscription) -> None:
        """End a subscription."""
        with self._lock:
            self._kept.pop(subscription.subscription_id, None)
            self._shelf.remove(KIND, subscription.subscription_id)

    def expire(self, subscription: Subscription) -> None:
        """Let a subscription's time run out now."""
        self._keep(replace(subscription, expires=stamp(datetime.now(UTC))))

    def clear(self) -> None:
        """Forget every subscription."""
        with self._lock:
            self._kept.clear()
            self._shelf.clear(KIND)

    def _keep(self, subscription: Subscription) -> Subscription:
        with self._lock:
            self._kept[subscription.subscription_id] = subscription
            self._shelf.put(KIND, subscription.subscription_id, asdict(subscription))
        return subscription

    def _expiry(self, told: Any) -> str:
        now = datetime.now(UTC)
        wanted = moment_of(told if isinstance(told, str) else None, "expirationDateTime")
        if not now < wanted <= now + timedelta(minutes=self._settings.subscription_minutes):
            message = (
                "Subscription expiration can only be "
                f"{self._settings.subscription_minutes} minutes in the future."
            )
            raise bad_request(message, "ValidationError")
        return stamp(max(wanted, now + LEAST))


def owner_of(resource: Any) -> str | None:
    """Return whose events a resource names: an address or object id, None for the caller; raises GraphFault."""
    told = RESOURCE.fullmatch(resource) if isinstance(resource, str) else None
    if told is None:
        message = "The resource must be /users/{id}/events or /me/events here."
        raise bad_request(message, "ExtensionError")
    return told[2]


def shown(subscription: Subscription) -> Json:
    """Return Graph's `subscription`; the secret is told to nobody, not even to its owner."""
    return {
        "id": subscription.subscription_id,
        "resource": subscription.resource,
        "applicationId": subscription.application,
        "changeType": subscription.changes,
        "clientState": None,
        "notificationUrl": subscription.url,
        "lifecycleNotificationUrl": subscription.lifecycle_url,
        "expirationDateTime": subscription.expires,
        "latestSupportedTlsVersion": subscription.tls,
        "includeResourceData": False,
        "creatorId": subscription.application,
        "notificationQueryOptions": None,
        "encryptionCertificate": None,
        "encryptionCertificateId": None,
        "notificationUrlAppId": None,
    }


def check_names(told: Json) -> None:
    """Refuse a body with what a subscription does not have, or with content in notifications; raises GraphFault."""
    unknown = set(told) - WRITABLE
    if unknown:
        raise bad_request(f"Unsupported property: {min(unknown)}.", "InvalidRequest")
    if told.get("includeResourceData"):
        raise bad_request("encryptionCertificate is required with includeResourceData.", "ValidationError")


def _changes(told: Any) -> str:
    kinds = [one.strip() for one in told.split(",")] if isinstance(told, str) else []
    if not kinds or set(kinds) - CHANGES:
        raise bad_request("The value of changeType is invalid.", "InvalidRequest")
    return ",".join(kinds)


def _url(told: Any, name: str) -> str:
    parts = urlsplit(told) if isinstance(told, str) else None
    # The real one wants https; nothing of a sandbox leaves the machine.
    if parts is None or parts.scheme not in {"http", "https"} or parts.hostname not in LOOPBACK:
        raise bad_request(f"{name} must be an address on this machine.", "InvalidRequest")
    return str(told)


def _lifecycle_url(told: Json) -> str | None:
    value = told.get("lifecycleNotificationUrl")
    return None if value is None else _url(value, "lifecycleNotificationUrl")


def _secret(told: Any) -> str | None:
    if told is not None and (not isinstance(told, str) or len(told) > LONGEST_SECRET):
        raise bad_request(f"clientState has at most {LONGEST_SECRET} characters.", "ValidationError")
    return told
