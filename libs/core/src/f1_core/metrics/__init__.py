"""Prometheus metrics that the programs share."""
