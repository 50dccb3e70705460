"""Our own API: what the ledger and the tables know of a season."""
