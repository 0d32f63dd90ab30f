"""The add-in's face to Outlook: one source, the XML manifest made from it, its icons and its checker.

Stands alone: it knows nothing of the service whose address it writes down, and imports nothing of ours.
"""
