"""What every ledger promises (`meetings.ledger_port.Ledger`), held against SQLite and PostgreSQL alike."""
