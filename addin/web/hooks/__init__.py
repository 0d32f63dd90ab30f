"""For systems that call us: calendar notifications and provider events, with credentials and limits of their own.

No such system is connected yet; the surface answers its health checks and nothing else.
"""
