"""Exchange on premises: mailboxes read, tagged and watched through Exchange Web Services.

Reads only what `Snapshot` holds, of items that are ours: the fields asked for are listed in `ews_items`, and a body is
fetched by `replace_block` alone. Item ids change when an item is moved to another folder, so a moved item is *gone*
under its id and found by its tag or UID. Importing this module imports exchangelib.

Outside rules: the operations of Exchange Web Services as Microsoft Learn tells them (*FindItem operation* and so on).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from exchangelib import Body, CalendarItem, HTMLBody, Q, errors
from exchangelib.fields import FieldPath
from exchangelib.folders import Calendar, DeletedItems, Folder, MsgFolderRoot, Root
from exchangelib.items import ID_ONLY
from exchangelib.properties import ItemId
from exchangelib.restriction import Restriction
from exchangelib.services import (
    FindFolder,
    FindItem,
    GetEvents,
    GetFolder,
    GetItem,
    SubscribeToPull,
    Unsubscribe,
    UpdateItem,
)
from lxml.etree import _Element

from calendar_sync import marks
from calendar_sync.block import rewritten
from calendar_sync.block_lines import Format
from calendar_sync.calendar import (
    CalendarError,
    CalendarUnreadable,
    Capabilities,
    Conflict,
    NotUnderstood,
    Pulled,
    Watch,
    WatchWish,
    refusal,
)
from calendar_sync.ews_connection import EwsConnection, EwsSettings, failure_of
from calendar_sync.ews_items import BODY_FIELD, OBJECT_ID_FIELD, TAG_FIELD, ItemReader, global_object_id
from calendar_sync.ews_series import TYPES
from calendar_sync.ews_shared import SharedCalendars
from calendar_sync.items import Block, Found, Gone, ItemRef, Lookup, Snapshot, Tag, Unread, Unreadable

__all__ = ["EwsCalendar", "EwsSettings"]

# Nothing can lie under such an id; it came from another system, or the item has gone.
_NOT_THERE: Final = (errors.ErrorItemNotFound, errors.ErrorInvalidIdMalformed, errors.ErrorInvalidId)
_LOST: Final = (
    errors.ErrorExpiredSubscription,
    errors.ErrorInvalidPullSubscriptionId,
    errors.ErrorInvalidSubscription,
    errors.ErrorInvalidWatermark,
    errors.ErrorReadEventsFailed,
    errors.ErrorSubscriptionNotFound,
    errors.ErrorSubscriptionUnsubsribed,
)
_EVENTS: Final = ("CopiedEvent", "CreatedEvent", "DeletedEvent", "ModifiedEvent", "MovedEvent")
_CALENDARS: Final = "IPF.Appointment"
# A mailbox in which more has happened than so many calls tell must not hold up the next one.
_MOST_PULLS: Final = 20
_FOLDER_CLASS: Final = FieldPath(field=Folder.get_field_by_fieldname("folder_class"))


class EwsCalendar:
    """The mailboxes of one Exchange on premises; each method promises what `Calendar` says."""

    name = "ews"

    def __init__(self, settings: EwsSettings) -> None:
        self._settings = settings
        self._connection = EwsConnection(settings)
        self._shared = SharedCalendars(self._connection)
        self._reader = ItemReader(settings.instance, settings.add_in_id, settings.home_zone)
        # The id of each mailbox's own calendar, which nobody can delete.
        self._own_calendars: dict[str, str] = {}
        # Which calendars each mailbox had when they were listed last, as a digest.
        self._listed: dict[str, str] = {}

    def close(self) -> None:
        """Close what is open."""
        self._connection.close()

    def probe(self, mailbox: str) -> Capabilities:
        """Say whether this Exchange serves the mailbox; raises MailboxMissing when it does not.

        A mailbox that was moved to Exchange Online is as missing here as one that never was.
        """
        self._open(mailbox)
        return Capabilities(pushes=False, pulls=True, writes=self._settings.writes)

    def look(self, refs: Sequence[ItemRef]) -> Mapping[ItemRef, Lookup]:
        """Read items by their ids: one call for each hundred of a mailbox, a few more when something is not as usual.

        An item that lies in a deleted calendar keeps its id there; it is gone all the same.
        """
        by_mailbox: dict[str, list[ItemRef]] = defaultdict(list)
        for ref in dict.fromkeys(refs):
            by_mailbox[ref.mailbox].append(ref)
        told: dict[ItemRef, Lookup] = {}
        for mailbox, some in by_mailbox.items():
            try:
                told |= self._look(mailbox, some)
            except CalendarUnreadable as failure:
                told |= dict.fromkeys(some, _unreadable(failure))
        return told

    def find_tagged(self, mailbox: str, meeting: str | None = None) -> Sequence[Snapshot]:
        """Return the living items with a tag of ours, or that meeting's, in all calendars outside Deleted Items."""
        instance, pane = self._settings.instance, self._reader.pane_field
        if meeting is None:
            wanted = Q(**{f"{TAG_FIELD}__startswith": f"{instance}/"}) | Q(**{f"{pane}__exists": True})
        else:
            wanted = Q(**{TAG_FIELD: str(Tag(instance, meeting))}) | Q(**{f"{pane}__contains": meeting})
        # The restriction is coarse: the pane's property is a text with more in it.
        every = self._find(mailbox, wanted, skips=meeting is None)
        found = [one for one in every if one.tag and one.tag.instance == instance]
        return [one for one in found if one.tag and meeting in {None, one.tag.meeting}]

    def find_uid(self, mailbox: str, uid: str) -> Sequence[Snapshot]:
        """Return the living items with that UID; asked by the property behind it, since a UID cannot be searched."""
        wanted = Q(**{OBJECT_ID_FIELD: global_object_id(uid)})
        # The UID of a series' occurrence may hold its day, which the property searched for does not.
        return [
            one for one in self._find(mailbox, wanted) if global_object_id(one.uid) == global_object_id(uid)
        ]

    def shared_with(self, mailbox: str) -> Collection[str]:
        """Return whose calendars the mailbox's owner has opened in Outlook and may write in."""
        return self._shared.of(mailbox)

    def write_tag(self, ref: ItemRef, tag: Tag | None, version: str) -> str:
        """Write or take away our tag; sends nothing to anybody. Returns the new change key; raises Conflict."""
        changes: dict[str, Any] = {TAG_FIELD: None if tag is None else str(tag)}
        if tag is None:
            # The pane's mark would go on claiming the item.
            changes |= self._pane_changes(self._marked(ref, version, with_body=False), None)
        return self._update(ref, version, changes)

    def replace_block(
        self,
        ref: ItemRef,
        block: Block | None,
        tag: Tag | None,
        version: str,
        service_url: str,
        known: Sequence[Block] = (),
        *,
        adding: bool = False,
    ) -> str:
        """Put a block in the place of ours in the body of a proven copy, and set both marks; raises Conflict."""
        item = self._marked(ref, version, with_body=True)
        told = item.find(f"{TYPES}Body")
        body = (told.text or "") if told is not None else ""
        kind = Format.TEXT if told is not None and told.get("BodyType") == "Text" else Format.HTML
        fresh = rewritten(body, kind, block, known, service_url, adding=adding)
        changes: dict[str, Any] = {
            TAG_FIELD: None if tag is None else str(tag),
            **self._pane_changes(item, tag),
        }
        if fresh != body:
            changes[BODY_FIELD] = Body(fresh) if kind is Format.TEXT else HTMLBody(fresh)
        return self._update(ref, version, changes)

    def watch(self, mailbox: str, wish: WatchWish) -> Watch:  # noqa: ARG002 - nobody calls us, we pull
        """Subscribe to what happens in the mailbox's calendars; Exchange keeps what happened until it is pulled."""
        minutes = self._settings.watch_minutes
        wishes = {"event_types": _EVENTS, "watermark": None, "timeout": minutes}
        calendars = self._calendars(mailbox)
        subscription, watermark = self._one(mailbox, SubscribeToPull, folders=calendars, **wishes)
        until = datetime.now(UTC) + timedelta(minutes=minutes)
        return Watch(subscription, until, f"{watermark} {_digest(calendars)}")

    def renew(self, mailbox: str, watch_id: str) -> Watch | None:
        """End the subscription and return None, so that it is made anew.

        A subscription is prolonged by being pulled and by nothing else. One that is made anew takes in the calendars
        that have come since, and the sweep that follows whatever happened meanwhile.
        """
        self.unwatch(mailbox, watch_id)
        return None

    def unwatch(self, mailbox: str, watch_id: str) -> None:
        """End a subscription."""
        self._connection.call(mailbox, Unsubscribe, returned=_LOST, subscription_id=watch_id)

    def pull(self, mailbox: str, watch: Watch) -> Pulled | None:
        """Return the ids of items that something happened to; of one that was moved or copied, both.

        A subscription to other calendars than the mailbox has by now is ended, and told as lost: of one that came since
        it tells nothing, and people move items into those that they make.
        """
        watermark, _, calendars = (watch.watermark or "").partition(" ")
        item_ids = set[str]()
        if calendars and self._listed.get(mailbox, calendars) != calendars:
            self.unwatch(mailbox, watch.id)
            return None
        for _ in range(_MOST_PULLS):
            if not watermark:
                return None
            wishes = {"subscription_id": watch.id, "watermark": watermark}
            told = self._one(mailbox, GetEvents, returned=_LOST, **wishes)
            if isinstance(told, _LOST):
                return None
            for event in told.events:
                watermark = event.watermark or watermark
                ids = (getattr(event, name, None) for name in ("item_id", "old_item_id"))
                item_ids |= {one.id for one in ids if one is not None}
            # Told that there is more and given nothing, we would ask the same again.
            if not (told.more_events and told.events):
                break
        # What is still to come is pulled next time, from this watermark on.
        return Pulled(frozenset(item_ids), f"{watermark} {calendars}".rstrip())

    def _look(
        self, mailbox: str, refs: Sequence[ItemRef], living: frozenset[str] | None = None
    ) -> dict[ItemRef, Lookup]:
        """Read items by their ids; `living` are the folders in which they live, when that is known."""
        answers = self._connection.call(
            mailbox,
            _GetElement,
            items=[ItemId(ref.item_id) for ref in refs],
            additional_fields=self._reader.fields,
            shape=ID_ONLY,
        )
        if len(answers) != len(refs):
            # Errors bear no id, so it is not known which of the items were left out.
            raise NotUnderstood
        if any(isinstance(answer, _NOT_THERE) for answer in answers):
            # That an item is gone is only believed of a mailbox whose calendar can be read.
            self._open(mailbox)
        living = self._living(mailbox, answers) if living is None else living
        return {ref: self._answered(ref, answer, living) for ref, answer in zip(refs, answers, strict=True)}

    def _living(self, mailbox: str, answers: Sequence[Any]) -> frozenset[str]:
        """Return the folders in which what was answered lives: nearly always the mailbox's own calendar alone."""
        holding = {self._reader.folder_of(one) for one in answers if not isinstance(one, Exception)}
        if holding and mailbox not in self._own_calendars:
            self._open(mailbox)
        if holding <= {self._own_calendars.get(mailbox)}:
            return frozenset(one for one in holding if one)
        return frozenset(one.id for one in self._calendars(mailbox))

    def _answered(self, ref: ItemRef, answer: _Element | Exception, living: frozenset[str]) -> Lookup:
        if isinstance(answer, _NOT_THERE):
            return Gone()
        if isinstance(answer, Exception):
            return _unreadable(failure_of(answer))
        folder = self._reader.folder_of(answer)
        if folder is None:
            return Unreadable(Unread.NOT_UNDERSTOOD)
        if folder not in living:
            return Gone()
        try:
            return Found(self._reader.snapshot(ref.mailbox, answer, ref))
        except ValueError:
            return Unreadable(Unread.NOT_UNDERSTOOD)

    def _find(self, mailbox: str, wanted: Q, *, skips: bool = False) -> list[Snapshot]:
        """Return what a restriction finds in all living calendars: two calls for these, one to find, one to read.

        `skips`: what is not understood is left out.
        """
        calendars = self._calendars(mailbox)
        found = self._connection.call(
            mailbox,
            FindItem,
            folders=calendars,
            restriction=Restriction(
                wanted, folders=[_well_known(Calendar, self._root(mailbox))], applies_to="items"
            ),
            additional_fields=None,
            order_fields=None,
            shape=ID_ONLY,
            query_string=None,
            depth="Shallow",
            calendar_view=None,
            max_items=None,
            offset=0,
        )
        _refuse_failures(found)
        refs = list(dict.fromkeys(ItemRef(mailbox, item_id) for item_id, _ in found))
        told = self._look(mailbox, refs, frozenset(one.id for one in calendars)) if refs else {}
        for lookup in told.values():
            if isinstance(lookup, Unreadable) and not (skips and lookup.reason is Unread.NOT_UNDERSTOOD):
                raise refusal(lookup)
        return [lookup.snapshot for lookup in told.values() if isinstance(lookup, Found)]

    def _calendars(self, mailbox: str) -> list[Folder]:
        """Return every calendar that does not lie in Deleted Items."""
        root = self._root(mailbox)
        every = self._calendars_below(mailbox, _well_known(MsgFolderRoot, root))
        deleted = {one.id for one in self._calendars_below(mailbox, _well_known(DeletedItems, root))}
        living = [one for one in every if one.id not in deleted]
        if not living:
            # Every mailbox has one; an empty answer must not read as an empty mailbox.
            raise NotUnderstood
        self._listed[mailbox] = _digest(living)
        return living

    def _calendars_below(self, mailbox: str, folder: Folder) -> list[Folder]:
        found = self._connection.call(
            mailbox,
            FindFolder,
            folders=[folder],
            restriction=Restriction(Q(folder_class=_CALENDARS), folders=[folder], applies_to="folders"),
            additional_fields=[_FOLDER_CLASS],
            shape=ID_ONLY,
            depth="Deep",
            max_items=None,
            offset=0,
        )
        _refuse_failures(found)
        return found

    def _marked(self, ref: ItemRef, version: str, *, with_body: bool) -> _Element:
        """Return an item with the pane's mark, as it is in that version; raises Conflict for any other."""
        fields = self._reader.marked_fields(with_body=with_body)
        wish = {"items": [ItemId(ref.item_id)], "additional_fields": fields, "shape": ID_ONLY}
        # What has vanished cannot be written to.
        found = self._one(ref.mailbox, _GetElement, writes=True, **wish)
        item: _Element = found
        identity = item.find(f"{TYPES}ItemId")
        if identity is None:
            raise NotUnderstood
        if identity.get("ChangeKey") != version:
            raise Conflict
        return item

    def _pane_changes(self, item: _Element, tag: Tag | None) -> dict[str, str]:
        pane = self._reader.pane_of(item)
        changed = marks.pane_with(pane, tag)
        return {} if changed is None or changed == pane else {self._reader.pane_field: changed}

    def _update(self, ref: ItemRef, version: str, told: Mapping[str, Any]) -> str:
        account = self._connection.account(ref.mailbox)
        item = CalendarItem(account=account, id=ref.item_id, changekey=version, **told)
        _, change_key = self._one(
            ref.mailbox,
            UpdateItem,
            writes=True,
            items=[(item, list(told))],
            # With AutoResolve Exchange would merge our write into whatever somebody else has written meanwhile.
            conflict_resolution="NeverOverwrite",
            message_disposition="SaveOnly",
            send_meeting_invitations_or_cancellations="SendToNone",
            suppress_read_receipts=True,
        )
        return str(change_key)

    def _open(self, mailbox: str) -> None:
        """Read the mailbox's own calendar folder, and of it only its kind; raises CalendarUnreadable."""
        folder = _well_known(Calendar, self._root(mailbox))
        found = self._one(
            mailbox, GetFolder, folders=[folder], additional_fields=[_FOLDER_CLASS], shape=ID_ONLY
        )
        self._own_calendars[mailbox] = found.id

    def _one(self, mailbox: str, service: type[Any], **wish: Any) -> Any:
        """Call a service that answers with one thing."""
        found = self._connection.call(mailbox, service, **wish)
        if len(found) != 1:
            raise NotUnderstood
        if not isinstance(found[0], wish.get("returned", ())):
            _refuse_failures(found, writes=wish.get("writes", False))
        return found[0]

    def _root(self, mailbox: str) -> Root:
        """Return the root of a mailbox's folders by its well-known name; asks nobody."""
        return Root(account=self._connection.account(mailbox))


class _GetElement(GetItem):
    """GetItem whose answer is read by us: exchangelib would make more of a time than it says."""

    def _elem_to_obj(self, elem: _Element) -> _Element:
        return elem


def _well_known(kind: type[Folder], root: Root) -> Folder:
    """Return a folder by the name that every mailbox has for it; asks nobody."""
    folder = kind(root=root)
    # It is a key in exchangelib's books, and must not change its hash when it is first sent.
    folder.to_id()
    return folder


def _digest(folders: Iterable[Folder]) -> str:
    """Return a short text that is the same exactly as long as the folders are."""
    return hashlib.sha256("\n".join(sorted(one.id for one in folders)).encode()).hexdigest()[:16]


def _refuse_failures(found: Sequence[Any], *, writes: bool = False) -> None:
    """Raise the first failure among what a service gave; raises CalendarError."""
    for one in found:
        if isinstance(one, Exception):
            raise failure_of(one, writes=writes) from None


def _unreadable(failure: CalendarError) -> Unreadable:
    if isinstance(failure, CalendarUnreadable):
        return Unreadable(failure.reason, failure.retry_after)
    return Unreadable(Unread.UNREACHABLE)
