"""A simulated Pexip Infinity: management API, client API and web app (as of November 2026)."""
