"""Who is asking: tokens of every bad kind, keys that rotate, and an identity provider that goes away."""
