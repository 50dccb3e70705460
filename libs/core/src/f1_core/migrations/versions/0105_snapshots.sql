CREATE TABLE snapshots (
    season integer NOT NULL,
    fingerprint text,
    files jsonb NOT NULL,
    written_at timestamptz NOT NULL,
    PRIMARY KEY (season)
);
COMMENT ON COLUMN snapshots.fingerprint IS
    'of what the files are made of; null: there was nothing, and there are none';
COMMENT ON COLUMN snapshots.files IS
    '{"lap_times": {"rows": 24497, "bytes": 81234, "sha256": "..."}, ...}';
