"""HTTP to the outside, bounded in time and size; knows no vendor and nothing of the service."""
