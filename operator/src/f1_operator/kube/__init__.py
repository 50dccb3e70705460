"""Kubernetes: connection, requests, watches, what they showed, the queue and the Lease."""
