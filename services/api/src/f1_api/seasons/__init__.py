"""Seasons: calendar, championship, progress."""
