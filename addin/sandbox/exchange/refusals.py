"""Why Exchange does not do what it is asked; each protocol has its own words for these.

Refusal
+-- MailboxMissing      no such mailbox
+-- AccessDenied        the caller may not open it
+-- ItemMissing         no such item, or no such folder
+-- Stale               the change key is not the item's any more
+-- NotOrganiser        only who organises a meeting may cancel it
+-- EndsBeforeItStarts
+-- CrossesNeighbour    an occurrence would pass the one before or after it, or lie on its day
+-- NotChangeable       the transaction id of an item, the rule of an occurrence
+-- NoOccurrence        a rule that gives no occurrence at all
"""


class Refusal(Exception):
    """Nothing was changed."""


class MailboxMissing(Refusal):
    """There is no such mailbox."""


class AccessDenied(Refusal):
    """The caller may not open the mailbox."""


class ItemMissing(Refusal):
    """There is no such item or folder."""


class Stale(Refusal):
    """The item has another change key."""


class NotOrganiser(Refusal):
    """Only the organiser may do it."""


class EndsBeforeItStarts(Refusal):
    """The end lies before the start."""


class CrossesNeighbour(Refusal):
    """An occurrence would pass its neighbour, or lie on its day."""


class NotChangeable(Refusal):
    """The field cannot be changed on this item."""


class NoOccurrence(Refusal):
    """The rule never takes place."""
