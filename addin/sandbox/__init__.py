"""A whole region in one process: simulated Pexip, Exchange Online and sign-in, and an Outlook window.

It imports nothing of ours, so that a simulator cannot share a misunderstanding with the adapter that it tests.
"""
