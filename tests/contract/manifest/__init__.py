"""Tests that hold our manifest against Microsoft's own tools."""
