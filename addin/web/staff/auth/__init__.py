"""Who is asking: access tokens for the API, and OpenID Connect for the start page; every claim is verified."""
