"""What the architecture tests share: a PostgreSQL server (see `tests/postgres.py`)."""

from tests.postgres import new_postgres_database

__all__ = ["new_postgres_database"]
