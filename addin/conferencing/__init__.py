"""Providers of rooms: each adapter keeps the promises of `addin.meetings.ports.ConferencingProvider`.

Nothing here knows Flask, the ledger or the calendar; `addin.wiring` hands an adapter its settings.
"""
