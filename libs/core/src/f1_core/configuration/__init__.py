"""Validation of settings: their names, and certificate files."""
