"""The CalDAV adapter on real servers, and on one that misbehaves."""
