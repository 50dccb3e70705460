"""Drivers and their figures."""
