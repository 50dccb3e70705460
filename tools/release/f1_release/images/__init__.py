"""Images without Docker: the base, and on it the locked wheels of each architecture."""
