"""The engine that follows items, whole, on calendars that are not ours: people act, and meetings follow."""
