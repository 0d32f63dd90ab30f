"""The task pane, in a real browser: its modules alone, and the whole pane in the sandbox's Outlook window."""
