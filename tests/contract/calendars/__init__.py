"""Every adapter of the port `calendar_sync.calendar.Calendar`, over sockets, against a calendar that is not ours."""
