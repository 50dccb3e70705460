ALTER TABLE results ADD COLUMN started boolean GENERATED ALWAYS AS (CASE
    WHEN laps > 0 THEN true
    WHEN position_text IN ('W', 'F', 'E') THEN false
    WHEN lower(status) IN (
        'did not start', 'did not qualify', 'did not prequalify', '107% rule'
    ) THEN false
    ELSE true
END) STORED NOT NULL;
COMMENT ON COLUMN results.started IS 'derived: false for an entry that did not take the start';

ALTER TABLE sprint_results ADD COLUMN started boolean GENERATED ALWAYS AS (CASE
    WHEN laps > 0 THEN true
    WHEN position_text IN ('W', 'F', 'E') THEN false
    WHEN lower(status) IN (
        'did not start', 'did not qualify', 'did not prequalify', '107% rule'
    ) THEN false
    ELSE true
END) STORED NOT NULL;
COMMENT ON COLUMN sprint_results.started IS
    'derived: false for an entry that did not take the start';
