"""Captures, provenance, corrections: where numbers are from, and what changed."""
