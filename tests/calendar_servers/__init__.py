"""Real calendar servers that others wrote, each in a process of its own, for whoever proves something against them."""
