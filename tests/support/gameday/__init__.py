"""Faults of a game day, and what they come to; see tests/e2e/faults/test_gameday.py."""
