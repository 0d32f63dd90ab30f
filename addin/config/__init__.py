"""The settings: one TOML file, secrets from the environment or from files, and every fault named at once.

A secret is never written in the file itself: it is `{ env = "NAME" }` or `{ file = "path" }`. Relative paths are
taken from the folder of the settings file. Nothing has a silent stand-in: what the service cannot run without must
be there. `docs/operations.md` describes every setting; a test holds the two equal.
"""
