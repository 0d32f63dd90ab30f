"""The service as processes, sockets and databases."""
