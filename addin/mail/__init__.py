"""Mail to staff by way of the organisation's own mail server; it knows neither meetings' rows nor any request."""
