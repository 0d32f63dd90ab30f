"""The ledger on SQLite or PostgreSQL: implements `meetings.ports.Ledger`; decides nothing about meetings."""
