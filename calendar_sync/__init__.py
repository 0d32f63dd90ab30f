"""Calendars: what an item is, and how each system is read, tagged and watched; knows nothing of the service."""
