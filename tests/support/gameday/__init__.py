"""Faults of a game day, and their outcomes; see tests/e2e/faults/test_gameday.py."""
