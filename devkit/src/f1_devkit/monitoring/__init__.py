"""Prometheus, Alertmanager and their tools for tests and the demo: the real programs."""
