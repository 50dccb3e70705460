"""What the four programs share: captures, schema, raw store, ledger, settings, logs, metrics."""
