"""Drivers and their figures: routes, models, pages."""
