"""Faults of a game day, and what they come to; see tests/e2e/test_gameday.py."""
