"""Unit tests of the manifest package."""
