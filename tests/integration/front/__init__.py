"""Sign-in, and the pages behind a meeting's two links: over real sockets, against the simulated region."""
