"""The ledger's schema through time; `versions/` holds one step a file."""

# The newest step; a test holds it equal to what the files say. It spares the service from loading Alembic.
HEAD = "0019"
