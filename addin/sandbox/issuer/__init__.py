"""A simulated Entra ID: signs people in (OpenID Connect) and gives out tokens (OAuth 2.0)."""
