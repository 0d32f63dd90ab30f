"""The rules of meetings."""
