"""A simulated Pexip Infinity: management API, client API and web app (facts of November 2026, section 1.1)."""
