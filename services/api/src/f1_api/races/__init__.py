"""Races: calendar, results, laps, pit stops and figures."""
