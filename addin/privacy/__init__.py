"""Finds personal data in Swedish text: personal numbers, private mail addresses, telephone numbers.

A leaf: it knows no calendar, no HTTP and nothing else of ours, keeps no state and writes no log. The rules are
data (`rules.json`) and shared with `personal_data.js`, so that the pane finds a personal number without sending
it anywhere. Names, addresses and birth dates are not looked for here.
"""

from addin.privacy.allow import AllowList, is_telephone_number
from addin.privacy.detection import find_personal_data
from addin.privacy.findings import Finding, Kind, Tier

__all__ = ["AllowList", "Finding", "Kind", "Tier", "find_personal_data", "is_telephone_number"]
