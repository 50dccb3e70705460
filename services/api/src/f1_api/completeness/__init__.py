"""Completeness of answers: captured and missing resources, coverage, licence."""
