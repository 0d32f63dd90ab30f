"""Reads our items in Exchange Online: by their ids, by our marks, by UID; of them only what `graph_items` names.

Whether an item lives is told by the lists of the mailbox's calendars, which leave Deleted Items out: Graph does not
promise that an item there is not found by its immutable id. And Graph says "not found" of what it may not show, too.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from calendar_sync.calendar import (
    AccessDenied,
    CalendarUnavailable,
    CalendarUnreadable,
    Conflict,
    NotUnderstood,
)
from calendar_sync.graph_items import (
    OWN_MARK,
    SELECTED,
    SELECTED_OF_SERIES,
    ItemReader,
    Seen,
    expansion,
    items_in,
    outlook_id,
    quoted,
)
from calendar_sync.items import Gone, ItemRef, Kind, Snapshot, Tag
from calendar_sync.microsoft.graph_http import Graph, GraphAnswer, GraphRequest, Outcome

MOST_PAGES: Final = 40
# An item as it was read, or why it was not; failures are values here, since one must not hide the others.
Sight = Seen | Gone | CalendarUnreadable


class ItemReading:
    """Finds and reads items for one installation (`instance`); `page_size` is how many a page of a list holds."""

    def __init__(self, graph: Graph, reader: ItemReader, instance: str, page_size: int) -> None:
        self._graph, self._reader = graph, reader
        self._instance, self._page_size = instance, page_size
        self._folders = LivingFolders()

    def through(self, graph: Graph) -> ItemReading:
        """Return the same reading with somebody else's rights; which folders are calendars stays known."""
        other = copy.copy(self)
        other._graph = graph  # noqa: SLF001 - a copy of our own
        return other

    def look(self, refs: Sequence[ItemRef]) -> list[Sight]:
        """Return a sight for each id; one that is gone or found has been proven to be."""
        requests = [GraphRequest("GET", item_path(ref), ref.mailbox, self._query()) for ref in refs]
        outcomes = self._graph.ask_all(requests)
        first = [self._first_sight(ref, outcome) for ref, outcome in zip(refs, outcomes, strict=True)]
        sights = self._with_series(first)
        return [self._proven(ref, sight) for ref, sight in zip(refs, sights, strict=True)]

    def tagged(self, mailbox: str, meeting: str | None) -> list[Snapshot]:
        """Return what bears a tag of this installation, or of that meeting; raises CalendarUnreadable."""
        skips = meeting is None
        found = self._with_all_series(self._listed(mailbox, self._filters(meeting), skips=skips), skips=skips)
        return [one for one in found if one.tag and self._is_wanted(one.tag, meeting)]

    def with_uid(self, mailbox: str, uid: str) -> list[Snapshot]:
        """Return what has that UID; raises CalendarUnreadable."""
        return self._with_all_series(self._listed(mailbox, [f"iCalUId eq {quoted(uid)}"]))

    def check(self, mailbox: str) -> None:
        """Prove that the mailbox's calendar can be read; raises CalendarUnreadable."""
        query = {"$select": "id"}
        answer = self._graph.ask(GraphRequest("GET", f"{mailbox_path(mailbox)}/calendar", mailbox, query))
        _body_of_mailbox(answer)

    def shared_with(self, mailbox: str) -> frozenset[str]:
        """Return the addresses of others whose calendars may be written in from the mailbox; raises CalendarUnreadable.

        The list holds none that were never opened, and one without an owner's address is left out.
        """
        listed = self._calendars(mailbox)
        own = _own_owners(listed)
        return frozenset(
            owner for one in listed if one["writable"] and (owner := _owner(one)) not in own and owner
        )

    # --- by id ------------------------------------------------------------------------------------------------

    def _first_sight(self, ref: ItemRef, outcome: Outcome) -> Sight:
        try:
            answer = understood(outcome)
            return Gone() if answer.is_missing_item else self._reader.seen(ref.mailbox, body_of(answer))
        except CalendarUnreadable as failure:
            return failure

    def _proven(self, ref: ItemRef, sight: Sight) -> Sight:
        try:
            if isinstance(sight, Gone):
                self.check(ref.mailbox)
            elif isinstance(sight, Seen) and not self._lives(sight):
                return Gone()
        except CalendarUnreadable as failure:
            return failure
        return sight

    def _lives(self, seen: Seen) -> bool:
        snapshot = seen.snapshot
        if snapshot.kind is Kind.OCCURRENCE or self._folders.is_living(snapshot.ref.mailbox, seen.folder):
            return True  # occurrences are never listed: they live where their series does
        listed = self._listed(snapshot.ref.mailbox, [f"iCalUId eq {quoted(snapshot.uid)}"])
        return any(one.snapshot.ref == snapshot.ref for one in listed)

    # --- by lists ---------------------------------------------------------------------------------------------

    def _filters(self, meeting: str | None) -> list[str]:
        """Return the filters for the two marks; Graph compares their values without regard to case."""
        if meeting is None:
            beginning = quoted(f"{self._instance}/")
            own, pane = f"startswith(ep/value,{beginning})", "ep/value ne null"
        else:
            own = f"ep/value eq {quoted(str(Tag(self._instance, meeting)))}"
            pane = f"contains(ep/value,{quoted(meeting)})"
        return [_having(OWN_MARK, own), _having(self._reader.pane, pane)]

    def _is_wanted(self, tag: Tag, meeting: str | None) -> bool:
        return tag.instance == self._instance and meeting in {None, tag.meeting}

    def _listed(self, mailbox: str, filters: Sequence[str], *, skips: bool = False) -> list[Seen]:
        """Return what the filters find in every calendar of the mailbox, each item once; raises CalendarUnreadable.

        `skips`: what is not understood is left out.
        """
        root, query = mailbox_path(mailbox), self._query() | {"$top": str(self._page_size)}
        requests = [
            GraphRequest(
                "GET",
                f"{root}/calendars/{quote(calendar, safe='')}/events",
                mailbox,
                {**query, "$filter": one},
            )
            for calendar in self._own_calendars(mailbox)
            for one in filters
        ]
        found: dict[str, Seen] = {}
        for request, outcome in zip(requests, self._graph.ask_all(requests), strict=True):
            for event in self._pages(request, outcome):
                seen = self._one(mailbox, event, skips=skips)
                if seen:
                    found[seen.snapshot.ref.item_id] = seen
                    self._folders.note(mailbox, seen.folder)
        return list(found.values())

    def _one(self, mailbox: str, event: Any, *, skips: bool) -> Seen | None:
        try:
            return self._reader.seen(mailbox, event)
        except NotUnderstood:
            if skips:
                return None
            raise

    def _own_calendars(self, mailbox: str) -> list[str]:
        """Return the ids of the mailbox's own calendars; one that is shared with it lies in another mailbox."""
        listed = self._calendars(mailbox)
        own = _own_owners(listed)
        return [one["id"] for one in listed if _owner(one) in own]

    def _calendars(self, mailbox: str) -> list[Mapping[str, Any]]:
        """Return the calendars that the mailbox lists (`_Calendar`), its own and those of others."""
        query = {"$select": "id,owner,isDefaultCalendar,canEdit", "$top": "100"}
        request = GraphRequest("GET", f"{mailbox_path(mailbox)}/calendars", mailbox, query)
        try:
            listed = [_CALENDAR.load(one) for one in self._pages(request, self._graph.ask(request))]
        except ValidationError:
            raise NotUnderstood from None
        if not any(one["default"] for one in listed):
            # Every mailbox has one; without it all that lives in the mailbox would read as gone.
            raise NotUnderstood
        return listed

    def _pages(self, request: GraphRequest, outcome: Outcome) -> Iterable[Any]:
        """Yield what a list holds, page by page; raises CalendarUnreadable."""
        for _ in range(MOST_PAGES):
            page = _body_of_mailbox(outcome)
            yield from items_in(page)
            link = page.get("@odata.nextLink")
            if link is None:
                return
            request = self._graph.following(request, str(link))
            outcome = self._graph.ask(request)
        raise NotUnderstood

    # --- series -----------------------------------------------------------------------------------------------

    def _with_all_series(self, seen: Sequence[Seen], *, skips: bool = False) -> list[Snapshot]:
        """Return the snapshots; raises CalendarUnreadable when the series of one cannot be read.

        `skips`: one that is not understood is left out.
        """
        snapshots: list[Snapshot] = []
        for sight in self._with_series(seen):
            if isinstance(sight, NotUnderstood) and skips:
                continue
            if isinstance(sight, CalendarUnreadable):
                raise sight
            if isinstance(sight, Seen):
                snapshots.append(sight.snapshot)
        return snapshots

    def _with_series(self, sights: Sequence[Sight]) -> list[Sight]:
        """Return the sights with the series of masters, of whose exceptions Graph tells one master at a time."""
        masters = [one for one in sights if isinstance(one, Seen) and one.snapshot.kind is Kind.MASTER]
        query = {"$select": SELECTED_OF_SERIES, "$expand": "exceptionOccurrences"}
        refs = [one.snapshot.ref for one in masters]
        outcomes = self._graph.ask_all(
            [GraphRequest("GET", item_path(ref), ref.mailbox, query) for ref in refs]
        )
        told = {
            one.snapshot.ref: self._with_its_series(one, outcome)
            for one, outcome in zip(masters, outcomes, strict=True)
        }
        return [told.get(one.snapshot.ref, one) if isinstance(one, Seen) else one for one in sights]

    def _with_its_series(self, seen: Seen, outcome: Outcome) -> Sight:
        try:
            answer = understood(outcome)
            if answer.is_missing_item:
                return Gone()
            series = self._reader.series(seen, body_of(answer))
        except CalendarUnreadable as failure:
            return failure
        return replace(seen, snapshot=replace(seen.snapshot, series=series))

    def _query(self) -> dict[str, str]:
        return {"$select": SELECTED, "$expand": expansion(*self._reader.properties)}


class LivingFolders:
    """Which folders have been seen to be calendars, since only those are listed.

    What was seen is believed for two hours: a calendar that is deleted takes its items with it, and they keep their
    folder. A mailbox that is followed is searched every hour, so that its calendars are seen anew.
    """

    _MOST: Final = 10_000
    _BELIEVED_SECONDS: Final = 7200.0

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._changing = threading.Lock()
        self._seen_at: dict[tuple[str, str], float] = {}

    def is_living(self, mailbox: str, folder: str) -> bool:
        """Whether an item of that folder was listed of late; "" is no folder."""
        seen_at = self._seen_at.get((mailbox, folder))
        return seen_at is not None and self._now() - seen_at < self._BELIEVED_SECONDS

    def note(self, mailbox: str, folder: str) -> None:
        """Remember that an item of that folder was listed."""
        if not folder:
            return
        with self._changing:
            # The one that was seen longest ago comes first.
            self._seen_at.pop((mailbox, folder), None)
            self._seen_at[mailbox, folder] = self._now()
            if len(self._seen_at) > self._MOST:
                del self._seen_at[next(iter(self._seen_at))]


class _Owner(Schema):
    address = fields.String(load_default=None, allow_none=True)


class _Calendar(Schema):
    id = fields.String(required=True, validate=validate.Length(min=1))
    owner = fields.Nested(_Owner, load_default=None, allow_none=True, unknown=EXCLUDE)
    default = fields.Boolean(load_default=False, allow_none=True, data_key="isDefaultCalendar")
    writable = fields.Boolean(load_default=False, allow_none=True, data_key="canEdit")


_CALENDAR: Final = _Calendar(unknown=EXCLUDE)


def _owner(calendar: Mapping[str, Any]) -> str | None:
    address = (calendar["owner"] or {}).get("address")
    return address.casefold() if address else None


def _own_owners(listed: Sequence[Mapping[str, Any]]) -> set[str | None]:
    """Return who owns the mailbox's own calendars: whoever owns the one it begins with, or nobody who is named."""
    return {_owner(one) for one in listed if one["default"]} | {None}


def _having(mark: str, value: str) -> str:
    return f"singleValueExtendedProperties/Any(ep: ep/id eq {quoted(mark)} and {value})"


def mailbox_path(mailbox: str) -> str:
    """Return the path of a mailbox."""
    return f"/users/{quote(mailbox, safe='@')}"


def item_path(ref: ItemRef) -> str:
    """Return the path of an item; an id from Office.js is taken, too."""
    return f"{mailbox_path(ref.mailbox)}/events/{quote(outlook_id(ref.item_id), safe='')}"


def understood(outcome: Outcome) -> GraphAnswer:
    """Return an answer that succeeded or says that the item is missing; raises CalendarUnreadable."""
    if isinstance(outcome, CalendarUnreadable):
        raise outcome
    failure = None if outcome.is_missing_item else outcome.failure()
    if failure is None:
        return outcome
    # Graph has been seen to answer a mere read with a conflict; there is nothing to be in conflict with.
    raise CalendarUnavailable if isinstance(failure, Conflict) else failure


def body_of(answer: GraphAnswer) -> Mapping[str, Any]:
    """Return the object of a success; raises NotUnderstood."""
    if answer.body is None or not answer.is_success:
        raise NotUnderstood
    return answer.body


def _body_of_mailbox(outcome: Outcome) -> Mapping[str, Any]:
    """Return the answer about a mailbox as a whole, which says "not found" when it may not be opened."""
    answer = understood(outcome)
    if answer.is_missing_item:
        raise AccessDenied
    return body_of(answer)
