"""What every ledger promises (`meetings.ports.Ledger`), held against SQLite and PostgreSQL alike."""
