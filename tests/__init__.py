"""The proofs; `./test` runs them all."""
