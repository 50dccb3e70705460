"""Captures, provenance and corrections."""
