"""Ergast archives for tests: written, read by other code, served, and compared."""
