"""Plots of a race: laps and stints."""
