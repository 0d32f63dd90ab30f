"""A simulated Exchange: one store of calendars, and the protocols that show it (as of November 2026).

`store` holds every rule of Exchange's own and knows no protocol; `graph` translates it to and from Microsoft Graph.
Not here: delta queries, mail, notifications with content.
"""
