"""Tests of the texts: each check red for its fault, each rendering true to its values."""
