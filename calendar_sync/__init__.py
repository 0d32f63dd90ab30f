"""Calendars: what an item is, and how each system's items are read, tagged and watched; knows nothing of the service."""
