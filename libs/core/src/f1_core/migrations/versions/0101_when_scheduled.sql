ALTER TABLE ingest_runs ADD COLUMN scheduled_at timestamptz;
COMMENT ON COLUMN ingest_runs.scheduled_at IS 'by a CronJob; null: run by hand or a Season';

ALTER TABLE budgets ADD COLUMN per_window integer;
COMMENT ON COLUMN budgets.per_window IS 'requests, as the last process was set';

ALTER TABLE budgets ADD COLUMN window_s float;
COMMENT ON COLUMN budgets.window_s IS 'how long that window is: an hour';
