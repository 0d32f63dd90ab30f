"""What every operation needs: the call, its answer for each thing that was asked, pages, and refusals in EWS' words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from lxml.etree import _Element

from addin.sandbox.exchange.ews.folders import Tree
from addin.sandbox.exchange.ews.soap import Failure, Fault, M, failure, local_name, response, text
from addin.sandbox.exchange.items import Folder
from addin.sandbox.exchange.refusals import (
    CrossesNeighbour,
    EndsBeforeItStarts,
    ItemMissing,
    NoOccurrence,
    NotChangeable,
    NotOrganiser,
    Refusal,
    Stale,
)
from addin.sandbox.exchange.store import Store
from addin.sandbox.people import Mailbox

LARGEST_PAGE: Final = 1000
STALE: Final = Failure(
    "ErrorIrresolvableConflict",
    "The send or update operation could not be performed because the change key passed in the request does not match "
    "the current change key for the item.",
)
_NOT_FOUND: Final = Failure("ErrorItemNotFound", "The specified object was not found in the store.")
_REFUSALS: Final[tuple[tuple[type[Refusal], Failure], ...]] = (
    (ItemMissing, _NOT_FOUND),
    (Stale, STALE),
    (
        EndsBeforeItStarts,
        Failure("ErrorCalendarEndDateIsEarlierThanStartDate", "EndDate is earlier than StartDate."),
    ),
    (
        CrossesNeighbour,
        Failure(
            "ErrorOccurrenceCrossingBoundary",
            "Modified occurrence is crossing or overlapping adjacent occurrence.",
        ),
    ),
    (
        NotOrganiser,
        Failure("ErrorCalendarIsNotOrganizer", "You must be the organizer to perform this action."),
    ),
    (NotChangeable, Failure("ErrorInvalidPropertySet", "Set action is invalid for property.")),
    (NoOccurrence, Failure("ErrorRecurrenceHasNoOccurrence", "The recurrence has no occurrences.")),
)


Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Call:
    """One request: what is asked, in whose mailbox, and the zone that counts where none is told."""

    told: _Element
    mailbox: Mailbox
    zone: str

    @property
    def name(self) -> str:
        """Return the operation's name."""
        return local_name(self.told)

    def part(self, name: str) -> _Element:
        """Return a part of the request; raises Fault."""
        found = self.told.find(f"{M}{name}")
        if found is None:
            raise Fault("ErrorSchemaValidation", "The request failed schema validation.")
        return found


def told_failure(refusal: Refusal) -> Failure:
    """Return a refusal of the store in the words of Exchange Web Services."""
    found = (told for kind, told in _REFUSALS if isinstance(refusal, kind))
    return next(found, Failure("ErrorInternalServerError", "An internal server error occurred."))


Handlers = dict[str, Callable[[Call], _Element]]


def each(
    call: Call,
    asked: _Element,
    do: Callable[[_Element], _Element],
    *wanted: Callable[[], _Element],
) -> _Element:
    """Return the answer to a list of things: a response message for each; `wanted` parts a failure must have, too."""
    return response(call.name, [answered(call, partial(do, one), *wanted) for one in asked])


def answered(call: Call, do: Callable[[], _Element], *wanted: Callable[[], _Element]) -> _Element:
    """Return the response message for one thing, also when it is refused."""
    try:
        return do()
    except Refusal as refusal:
        return failure(call.name, told_failure(refusal), *(part() for part in wanted))
    except Failure as refused:
        return failure(call.name, refused, *(part() for part in wanted))


def paged(found: list[Thing], view: _Element | None) -> tuple[list[Thing], dict[str, str]]:
    """Return the part of a list that a view wants, and what `m:RootFolder` says of it."""
    offset = int(view.get("Offset", "0")) if view is not None else 0
    most = int(view.get("MaxEntriesReturned", LARGEST_PAGE)) if view is not None else LARGEST_PAGE
    page = found[offset : offset + most]
    following = offset + len(page)
    attributes = {
        "TotalItemsInView": str(len(found)),
        "IncludesLastItemInRange": text(following >= len(found)),
    }
    if view is not None:
        attributes["IndexedPagingOffset"] = str(following)
    return page, attributes


def folder_of(store: Store, mailbox: Mailbox, told: _Element) -> Folder:
    """Return the store's folder that an id names; raises Failure for one that holds nothing here."""
    shelf = Tree(store, mailbox).asked(told)
    if shelf.held is None:
        text = "Only calendars and Deleted Items hold anything here."
        raise Failure("ErrorInvalidFolderTypeForOperation", text)
    return shelf.held
