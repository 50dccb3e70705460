"""Rules, dashboards, Prometheus and Alertmanager for tests: read, started and drawn."""
