"""For staff: the JSON interface, the task pane, the start page, and who may use them."""
