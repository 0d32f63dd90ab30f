"""What Graph answers when it refuses: a status, a code and a sentence."""

from typing import Final

from addin.sandbox.exchange import refusals


class GraphFault(Exception):
    """Becomes `{"error": {"code", "message", "innerError"}}`; `retry_after` in seconds becomes a header."""

    def __init__(self, status: int, code: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.retry_after = status, code, message, retry_after


def bad_request(message: str, code: str = "ErrorInvalidRequest") -> GraphFault:
    """Return the fault of a request that says something wrong."""
    return GraphFault(400, code, message)


def unknown_property(name: str, kind: str = "event") -> GraphFault:
    """Return the fault of a body or query that names what Graph's type does not have."""
    message = f"The property '{name}' does not exist on type 'microsoft.graph.{kind}'."
    return GraphFault(400, "RequestBodyRead", message)


STALE: Final = (
    "ErrorIrresolvableConflict",
    (
        "The send or update operation could not be performed because the change key passed in the request does not "
        "match the current change key for the item."
    ),
)
NOT_FOUND: Final = GraphFault(404, "ErrorItemNotFound", "The specified object was not found in the store.")
DENIED: Final = GraphFault(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
OUT_OF_SCOPE: Final = GraphFault(403, "ErrorAccessDenied", "Access to OData is disabled.")
NO_MAILBOX: Final = GraphFault(404, "ErrorInvalidUser", "The requested user is invalid.")
ELSEWHERE: Final = GraphFault(
    404,
    "MailboxNotEnabledForRESTAPI",
    "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
)


def too_many(retry_after: float) -> GraphFault:
    """Return the fault of one call more than an application may have running on a mailbox."""
    message = "Application is over its MailboxConcurrency limit."
    return GraphFault(429, "ApplicationThrottled", message, retry_after)


FAULTS: Final = {
    refusals.MailboxMissing: NO_MAILBOX,
    refusals.AccessDenied: DENIED,
    refusals.ItemMissing: NOT_FOUND,
    refusals.NotOrganiser: bad_request(
        "You need to be an organizer to cancel a meeting.", "ErrorInvalidRequest"
    ),
    refusals.EndsBeforeItStarts: bad_request(
        "End date is earlier than start date.", "ErrorCalendarEndDateIsEarlierThanStartDate"
    ),
    refusals.CrossesNeighbour: bad_request(
        "Modified occurrence is crossing or overlapping adjacent occurrence.",
        "ErrorOccurrenceCrossingBoundary",
    ),
    refusals.NotChangeable: bad_request("The property cannot be changed.", "ErrorPropertyUpdate"),
    refusals.NoOccurrence: bad_request(
        "The recurrence pattern has no instances.", "ErrorRecurrenceHasNoOccurrence"
    ),
}


def fault_of(refusal: refusals.Refusal, stale_status: int) -> GraphFault:
    """Return Graph's words for a refusal of Exchange's; one change key too old is 412 or, at times, 409."""
    if isinstance(refusal, refusals.Stale):
        return GraphFault(stale_status, *STALE)
    return FAULTS[type(refusal)]
