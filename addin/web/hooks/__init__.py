"""For systems that call us: calendar notifications, with credentials and limits of their own."""
