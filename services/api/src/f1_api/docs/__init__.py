"""The page and the OpenAPI document at /docs and /openapi.json."""
