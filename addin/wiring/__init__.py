"""The only place that chooses concrete adapters: from settings to a service that can be served or worked.

Everything below gets what it needs as arguments; nothing here decides anything about meetings.
"""
