"""The join page and the start page in a real browser."""
