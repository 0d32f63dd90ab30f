"""The JSON interface under `/api/v1`, described by the OpenAPI document that it serves."""
