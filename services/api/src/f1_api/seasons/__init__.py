"""Seasons: championship, progress, coverage; routes, models, pages."""
