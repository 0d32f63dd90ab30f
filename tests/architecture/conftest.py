"""What the architecture tests share: a PostgreSQL server, and the application with every surface."""

from tests.postgres import new_postgres_database
from tests.whole_application import whole_application

__all__ = ["new_postgres_database", "whole_application"]
