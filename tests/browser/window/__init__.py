"""The sandbox's Outlook window, in a real browser."""
