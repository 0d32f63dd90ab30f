"""What `kill -9`, a stopped process and a full disk do to a running service."""
