"""Holds the house to its plan: walls, documents, schema, content, and what must never be committed."""
