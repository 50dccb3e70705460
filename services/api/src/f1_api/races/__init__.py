"""Races: calendar, results, laps, stops and figures; routes, models, pages."""
