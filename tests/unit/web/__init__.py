"""The parts of the pages that are rules of their own."""
