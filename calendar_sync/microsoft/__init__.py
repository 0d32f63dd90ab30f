"""Microsoft's cloud as an application reaches it: tokens from Entra, and Graph's HTTP. Knows nothing of calendar items.

Whatever goes wrong becomes an error of `calendar_sync.calendar` here, without Microsoft's words: they may hold what
stands in an item. Nothing waits for a `Retry-After`; it is handed on as `Throttled`.
"""
