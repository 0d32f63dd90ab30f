"""What the architecture tests share: a PostgreSQL server, and the application with every surface."""

from tests.postgres import postgres, requires_postgres
from tests.whole_application import whole_application

__all__ = ["postgres", "requires_postgres", "whole_application"]
