"""Microsoft Graph v1.0 over the region's calendars, as far as calendars go: translates, and decides nothing itself."""
