"""What Graph answers when it refuses: a status, a code and a sentence."""


class GraphFault(Exception):
    """Becomes `{"error": {"code", "message", "innerError"}}`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


def bad_request(message: str, code: str = "ErrorInvalidRequest") -> GraphFault:
    """Return the fault of a request that says something wrong."""
    return GraphFault(400, code, message)


def unknown_property(name: str, kind: str = "event") -> GraphFault:
    """Return the fault of a body or query that names what Graph's type does not have."""
    message = f"The property '{name}' does not exist on type 'microsoft.graph.{kind}'."
    return GraphFault(400, "RequestBodyRead", message)


NOT_FOUND = GraphFault(404, "ErrorItemNotFound", "The specified object was not found in the store.")
STALE = GraphFault(
    412,
    "ErrorIrresolvableConflict",
    "The send or update operation could not be performed because the change key passed in the request does not match "
    "the current change key for the item.",
)
DENIED = GraphFault(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
NO_MAILBOX = GraphFault(404, "ErrorInvalidUser", "The requested user is invalid.")
SERIES = GraphFault(501, "NotImplemented", "Sandlådan kan inte serier.")
