"""Endpoints: an answer declares its rows and is written as JSON, CSV or HTML in one place."""
