ALTER TABLE budgets ADD COLUMN limited_since timestamptz;
COMMENT ON COLUMN budgets.limited_since IS
    'since when each answer is HTTP 429; null: the last one was not';
COMMENT ON COLUMN ingest_runs.outcome IS
    'succeeded, failed, source_unavailable, store_unavailable, stopped';
