"""The kind cluster of the e2e tests and `make cluster-demo`: chart, Seasons, faults, monitoring."""
