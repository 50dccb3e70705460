"""The commands of f1-ingest: backfill, poll, import and plan, and what they print."""
