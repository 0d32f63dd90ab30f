"""The HTTP edge: three surfaces that can be bound apart; parses, calls a use case, dumps."""
