"""The ledger on SQLite or PostgreSQL: implements `meetings.ledger_port.Ledger`; decides nothing about meetings."""
