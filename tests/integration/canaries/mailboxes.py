"""Fills the simulated mailboxes with canaries, has the service follow them, and keeps all that it tells of them.

Items are handled at Outlook's own door of the sandbox, so that faults of Graph strike nobody but the service.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

from sqlalchemy import select

from addin.sandbox import people
from addin.sandbox.exchange.graph.subscriptions import KIND
from addin.sandbox.people import Person
from addin.sandbox.shelf import Shelf
from addin.store import tables
from addin.store.ledger import open_engine
from addin.trial_job import PROPERTY, ZONE
from tests.integration.canaries.feeding import HEADERS, Feeding
from tests.integration.canaries.search import Place
from tests.integration.canaries.words import Canaries
from tests.region import Json, booking
from tests.zygote import zygote

SECONDS: Final = 120
HOOKS: Final = ("/hooks/graph/notifications", "/hooks/graph/lifecycle")
# What Graph answers with canaries; two of 401, since the service gets itself a new token after the first.
STATUSES: Final = (400, 401, 401, 403, 404, 412, 429, 500, 200)


class Mailboxes:
    """Feeds the calendars of one region. The meetings that it books are Anna's, as is the mailbox they stand in."""

    def __init__(self, fed: Feeding) -> None:
        self._fed, self._region = fed, fed.region
        self._meetings: list[Json] = []

    def everything(self) -> None:
        """Feed all that following calendars reads."""
        self.items()
        self.notifications()
        self.errors()
        self.told()

    # --- items ------------------------------------------------------------------------------------------------

    def items(self) -> None:
        """Save items, ours and foreign ones; drag, copy and delete them, each until the service has followed."""
        canaries = self._fed.gives("mailboxes")
        for person in (people.ANNA, people.BO, people.DAVID):
            self._saves(_event(canaries, booking()), person)
        for invited in (False, True):
            kept, deleted = self._item(canaries, invited=invited), self._item(canaries, invited=invited)
            self._drags(*kept)
            self._copies(*kept)
            self._deletes(*deleted)
        self._repeats(*self._item(canaries, invited=True))

    def followed(self) -> None:
        """Have one item followed, and keep what is told of it."""
        self.bound()
        # Her click has found it; which calendar it is followed in is known when the mailbox is subscribed to.
        self._subscription()
        self.told()

    def bound(self) -> None:
        """Save one item, and wait until the service has found it."""
        self._item(self._fed.gives("mailboxes"), invited=False)

    def _item(self, canaries: Canaries, *, invited: bool) -> tuple[Json, str]:
        """Book a meeting, save an item that holds it, and return both when the service has found it."""
        meeting = self._region.books()
        self._meetings.append(meeting)
        event = _event(canaries, meeting) | {
            "singleValueExtendedProperties": [
                {"id": PROPERTY, "value": json.dumps({"meeting": meeting["id"], "note": canaries.together()})}
            ]
        }
        event["body"]["content"] += meeting["item_block"]["html"]
        if not invited:
            del event["attendees"]
        item = self._saves(event)
        # The pane's click, in which the item is read with her own rights.
        self._region.api("POST", f"/meetings/{meeting['id']}/item", json={"item_id": item})
        self._until(lambda: not self._region.meeting(meeting["id"])["unbound"], "the item is bound")
        return meeting, item

    def _drags(self, meeting: Json, item: str) -> None:
        start = datetime.fromisoformat(meeting["start"]) + timedelta(hours=2)
        self._outlook("PATCH", f"/{item}", json=_times(start))

        def has_followed() -> bool:
            return datetime.fromisoformat(self._region.meeting(meeting["id"])["start"]) == start

        self._until(has_followed, "the meeting has followed its item")

    def _copies(self, meeting: Json, item: str) -> None:
        start = datetime.fromisoformat(meeting["start"]) + timedelta(days=1)
        self._outlook("POST", f"/{item}/copy", json={"start": _times(start)["start"]})
        copies = tables.copies.c
        query = select(copies.outcome).where(copies.meeting_id == meeting["id"])
        self._until(lambda: self._recorded(query), "the copy is dealt with")

    def _deletes(self, meeting: Json, item: str) -> None:
        self._outlook("DELETE", f"/{item}")
        bindings = tables.bindings.c
        query = select(bindings.gone_since).where(bindings.meeting_id == meeting["id"])
        self._until(lambda: any(self._recorded(query)), "the item is missed")

    def _repeats(self, meeting: Json, item: str) -> None:
        """Make a series of the item, and move one time of it."""
        start = datetime.fromisoformat(meeting["start"])
        pattern = {
            "type": "weekly",
            "interval": 1,
            "daysOfWeek": [f"{start:%A}".lower()],
            "firstDayOfWeek": "monday",
        }
        span = {"type": "numbered", "startDate": f"{start:%Y-%m-%d}", "numberOfOccurrences": 3}
        repeated = {"recurrence": {"pattern": pattern, "range": span | {"recurrenceTimeZone": ZONE}}}
        self._outlook("PATCH", f"/{item}", json=repeated)
        occurrences = tables.occurrences.c
        query = select(occurrences.starts_at).where(occurrences.meeting_id == meeting["id"])
        self._until(lambda: len(self._recorded(query)) == 3, "the series is followed")

    def _saves(self, event: Json, person: Person = people.ANNA) -> str:
        return str(self._outlook("POST", "", person, json=event)["id"])

    # --- what Graph says --------------------------------------------------------------------------------------

    def errors(self) -> None:
        """Let Graph and its token endpoint answer with canaries while service and operator look."""
        self.refusals(*STATUSES)
        body = self._refusal()
        for path, status in (("/v1.0", 400), (f"/{people.TENANT}/oauth2/", 401)):
            self._region.fault("status", path, status=status, body=body, times=20)
            assert self._explains(self._meetings[-1]) == 0
            self._region.heal()

    def refusals(self, *statuses: int) -> None:
        """Let Graph answer so while the service looks at an item, one after the other."""
        _, item = self._item(self._fed.gives("mailboxes"), invited=False)
        body = self._refusal()
        for status in statuses:
            self._region.fault("status", "/v1.0", status=status, body=body)

        def are_said() -> bool:
            """Whether all has been answered; as long as it has not, there is something new to look at."""
            self._tells(item)
            return not self._region.sandbox("GET", "/sandbox/faults").json()["faults"]

        self._until(are_said, "Graph has said it all")

    def _refusal(self) -> str:
        text = self._fed.gives("Graph's errors").together()
        said = {
            "error": {"code": text, "message": text, "innerError": {text: text}},
            "error_description": text,
        }
        return json.dumps(said | {"id": text, "subject": text, "value": [{"id": text, "subject": text}]})

    def _tells(self, item: str) -> None:
        """Notify of the item as Graph does, with the right secret."""
        subscription, secret = self._subscription()
        told = _notification(subscription, secret, item)
        assert self._fed.sends("POST", HOOKS[0], json={"value": [told]}).status_code == 202

    def _subscription(self) -> tuple[str, str]:
        """Return the subscription to Anna's mailbox and its secret, which only Graph knows: read where it keeps it."""
        box = next(one for one in people.MAILBOXES if one.address == people.ANNA.address)

        def found() -> list[Json]:
            kept = Shelf(self._region.folder / "region.db").documents(KIND).values()
            return [one for one in kept if one["mailbox"] == box.object_id]

        # An item can be found before its mailbox is subscribed to.
        self._until(found, "Anna's mailbox is subscribed to")
        one = found()[0]
        return one["subscription_id"], one["secret"]

    # --- notifications ----------------------------------------------------------------------------------------

    def notifications(self) -> None:
        """Post what Graph does, and what it never would: by field, body, header and query, to both addresses."""
        self.bound()
        subscription, secret = self._subscription()
        for text in self._fed.texts("notifications"):
            for hook in HOOKS:
                for told in _spoilt(subscription, secret, text):
                    self._fed.sends("POST", hook, json=told)
                for raw in (f'{{"value": [{text}', text, f'{{"value": "{text}"}}', "[" * 20_000 + text):
                    self._fed.sends("POST", hook, data=raw.encode())
                good = {"value": [_notification(subscription, secret, text)]}
                for sent in (text.encode(), quote(text).encode()):
                    self._fed.sends("POST", hook, json=good, headers=dict.fromkeys(HEADERS, sent))
                for query in ({text: text}, {"validationToken": text}, {"validationToken": text + "\n"}):
                    self._fed.sends("POST", hook, json=good, params=query)
                self._fed.sends("POST", f"{hook}/{quote(text, safe='')}", json=good)
        self._until(self._all_taken_up, "every hint is taken up")

    def _all_taken_up(self) -> bool:
        return "vardmote_hints_waiting 0.0" in self._fed.sends("GET", "/metrics").text

    # --- what is told of it -----------------------------------------------------------------------------------

    def told(self) -> None:
        """Keep the metrics, and what an operator is told of an item that was moved and of a deleted one."""
        metrics = self._fed.sends("GET", "/metrics")
        assert metrics.status_code == 200
        self._fed.keeps(metrics)
        for meeting in self._meetings[:2]:
            assert self._explains(meeting) == 0

    def _explains(self, meeting: Json) -> int:
        served = self._region.command(self._region.settings)
        command = ["follow" if part == "serve" else part for part in served]
        command += ["--explain", meeting["id"]]
        done = zygote().runs(command)
        self._fed.answers.append(Place("vardmote follow --explain", (done.stdout + done.stderr).encode()))
        return done.returncode

    # --- parts ------------------------------------------------------------------------------------------------

    def _outlook(self, method: str, below: str, person: Person = people.ANNA, **more: Any) -> Json:
        wish = {"object_id": person.object_id, "audience": people.GRAPH_AUDIENCE}
        token = self._region.sandbox("POST", "/sandbox/token", json=wish).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = self._region.sandbox(method, f"/outlook/me/events{below}", headers=headers, **more)
        found: Json = answer.json() if answer.content else {}
        return found

    def _recorded(self, query: Any) -> list[Any]:
        engine = open_engine(self._region.ledger_url)
        try:
            with engine.connect() as connection:
                return list(connection.execute(query).scalars())
        finally:
            engine.dispose()

    def _until(self, holds: Any, what: str) -> None:
        self._region.waits_until(holds, what, SECONDS)


def _event(canaries: Canaries, meeting: Json) -> Json:
    """Return an item at the meeting's time, all of whose words and people are canaries."""
    return {
        "subject": f"{canaries.subject} {canaries.personal_number}",
        "location": {"displayName": f"{canaries.name} {canaries.telephone}"},
        "body": {"contentType": "html", "content": f"<p>{canaries.body} {canaries.personal_number}</p>"},
        "attendees": [
            {"type": "required", "emailAddress": {"address": canaries.mail, "name": canaries.name}}
        ],
        **_times(datetime.fromisoformat(meeting["start"])),
    }


def _times(start: datetime) -> Json:
    return {
        name: {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%S}", "timeZone": ZONE}
        for name, moment in (("start", start), ("end", start + timedelta(minutes=30)))
    }


def _notification(subscription: str, secret: str, item: str) -> Json:
    return {
        "subscriptionId": subscription,
        "clientState": secret,
        "changeType": "updated",
        "resource": f"Users/{item}/Events/{item}",
        # Another version each time, or it is one that was told before.
        "resourceData": {"id": item, "@odata.etag": f'W/"{uuid4().hex}"', "@odata.id": item},
    }


def _spoilt(subscription: str, secret: str, text: str) -> Iterator[Any]:
    """Yield bodies with the text in each field, in unknown ones, and with a wrong secret or subscription."""
    good = _notification(subscription, secret, text)
    yield {"value": [good | {text: text, "encryptedContent": {"data": text}, "tenantId": text}], text: text}
    yield {"value": [good | {"resourceData": {"id": text, "@odata.etag": text, "subject": text, text: text}}]}
    for name in good:
        for value in (text, [text], {text: text}):
            yield {"value": [good | {name: value}]}
    for event in ("missed", "reauthorizationRequired", text):
        yield {"value": [good | {"lifecycleEvent": event}]}
    yield {"value": [text, [text], {text: text}]}
    yield [text]
