"""Marked data for every input of the service, and the search for it in all that the service writes."""
