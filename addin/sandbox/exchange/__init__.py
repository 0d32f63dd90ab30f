"""A simulated Exchange Online: calendars as Microsoft Graph v1.0 shows them (facts of November 2026, calendars.md 1.1).

Not here: series (a recurrence is refused with 501), delivery to attendees' calendars, subscriptions, delta.
"""
