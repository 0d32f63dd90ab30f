"""The service behind the Skyddat vårdmöte button; `docs/architecture.md` is the map."""
