"""Tests of the personal-data check, in Python and in a browser."""
