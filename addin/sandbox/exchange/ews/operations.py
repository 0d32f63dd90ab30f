"""What can be asked of Exchange Web Services here, by name."""

from __future__ import annotations

from lxml.etree import _Element

from addin.sandbox.exchange.ews.calls import Call, Handlers
from addin.sandbox.exchange.ews.directory_operations import DirectoryOperations
from addin.sandbox.exchange.ews.event_operations import EventOperations
from addin.sandbox.exchange.ews.events import Events
from addin.sandbox.exchange.ews.folder_operations import FolderOperations
from addin.sandbox.exchange.ews.item_operations import ItemOperations
from addin.sandbox.exchange.ews.soap import Fault
from addin.sandbox.exchange.mailboxes import Mailboxes
from addin.sandbox.exchange.store import Store


class Operations:
    """Every operation; each returns the body of the answer."""

    def __init__(self, store: Store, mailboxes: Mailboxes, events: Events) -> None:
        self._named: Handlers = {
            **FolderOperations(store, mailboxes).named(),
            **ItemOperations(store, mailboxes).named(),
            **EventOperations(store, events).named(),
            **DirectoryOperations().named(),
        }

    def answer(self, call: Call) -> _Element:
        """Return the body of the answer; raises Fault."""
        if call.name not in self._named:
            raise Fault("ErrorInvalidRequest", "The request is invalid.")
        return self._named[call.name](call)
