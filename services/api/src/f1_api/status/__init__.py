"""For operators: the ledger, objectives, probes and the status page."""
