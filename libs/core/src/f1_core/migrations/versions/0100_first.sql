CREATE SEQUENCE capture_order AS bigint;

CREATE TABLE api_keys (
    key_id text NOT NULL,
    name text NOT NULL,
    secret_sha256 bytea NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (key_id)
);
COMMENT ON COLUMN api_keys.key_id IS 'public half, shown in listings';

CREATE TABLE budget_claims (
    claim_id text NOT NULL,
    source text NOT NULL,
    claimant text NOT NULL,
    reserved integer NOT NULL,
    since timestamptz NOT NULL,
    alive_until timestamptz NOT NULL,
    PRIMARY KEY (claim_id)
);
COMMENT ON COLUMN budget_claims.claimant IS 'poll, or the season taking turns';
COMMENT ON COLUMN budget_claims.reserved IS 'pages of a half-read capture';

CREATE TABLE budget_requests (
    request_id bigint GENERATED ALWAYS AS IDENTITY,
    source text NOT NULL,
    claimant text NOT NULL,
    granted_at timestamptz NOT NULL,
    counts_until timestamptz NOT NULL,
    burst_until timestamptz NOT NULL,
    PRIMARY KEY (request_id)
);
COMMENT ON COLUMN budget_requests.counts_until IS 'end of its sliding hour';
COMMENT ON COLUMN budget_requests.burst_until IS 'end of its sliding second';

CREATE INDEX budget_requests_source_counts_until_idx ON budget_requests (source, counts_until);

CREATE TABLE budgets (
    source text NOT NULL,
    opens_at timestamptz NOT NULL,
    PRIMARY KEY (source)
);
COMMENT ON COLUMN budgets.opens_at IS 'no request before this';

CREATE TABLE captures (
    capture_key text COLLATE "C" NOT NULL,
    source text NOT NULL,
    resource text NOT NULL,
    season integer,
    round integer,
    capture_order bigint NOT NULL,
    fetched_at timestamptz NOT NULL,
    state text DEFAULT 'pending' NOT NULL,
    reason text,
    attempts integer DEFAULT '0' NOT NULL,
    not_before timestamptz,
    lease_owner text,
    lease_expires_at timestamptz,
    parser_version integer,
    rows integer,
    expected integer,
    requests integer,
    announced_at timestamptz DEFAULT now() NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (capture_key),
    CHECK (state IN (
        'pending', 'processing', 'processed', 'unchanged', 'superseded', 'held', 'quarantined'
    ))
);
COMMENT ON COLUMN captures.capture_key IS 'the S3 key';
COMMENT ON COLUMN captures.season IS 'null: an archive of many seasons';
COMMENT ON COLUMN captures.round IS 'as the source numbered it then; null: a whole season';
COMMENT ON COLUMN captures.reason IS 'why held, quarantined or waiting, for a person';
COMMENT ON COLUMN captures.not_before IS 'back-off after a failed attempt';
COMMENT ON COLUMN captures.parser_version IS 'of the parser that read it last';
COMMENT ON COLUMN captures.expected IS 'the total that the source promised';
COMMENT ON COLUMN captures.requests IS 'that the fetch cost, retries included';

CREATE INDEX captures_open_idx
    ON captures ((resource <> 'schedule'), (resource <> 'archive'), capture_order)
 WHERE state IN ('pending', 'processing');

CREATE INDEX captures_season_round_resource_idx ON captures (season, round, resource);

CREATE TABLE circuits (
    circuit_id text COLLATE "C" NOT NULL,
    name text,
    locality text,
    country text,
    latitude float,
    longitude float,
    url text,
    precedence bigint DEFAULT '0' NOT NULL,
    PRIMARY KEY (circuit_id)
);

CREATE TABLE constructors (
    constructor_id text COLLATE "C" NOT NULL,
    name text,
    nationality text,
    url text,
    precedence bigint DEFAULT '0' NOT NULL,
    PRIMARY KEY (constructor_id)
);

CREATE TABLE decisions (
    capture_order bigint NOT NULL,
    kind text NOT NULL,
    capture_key text COLLATE "C",
    season integer,
    decided_by text NOT NULL,
    decided_at timestamptz NOT NULL,
    why text,
    PRIMARY KEY (capture_order)
);
COMMENT ON COLUMN decisions.kind IS 'confirm, release or purge';
COMMENT ON COLUMN decisions.capture_key IS 'of a confirm or release';
COMMENT ON COLUMN decisions.season IS 'of a purge';

CREATE TABLE drivers (
    driver_id text COLLATE "C" NOT NULL,
    number integer,
    code text,
    given_name text,
    family_name text,
    date_of_birth date,
    nationality text,
    url text,
    precedence bigint DEFAULT '0' NOT NULL,
    PRIMARY KEY (driver_id)
);
COMMENT ON COLUMN drivers.number IS 'permanent number';

CREATE TABLE expectations (
    owner text NOT NULL,
    generation bigint NOT NULL,
    season integer NOT NULL,
    race_id text COLLATE "C" NOT NULL,
    resource text NOT NULL,
    source text NOT NULL,
    round integer,
    planned_at timestamptz DEFAULT now() NOT NULL,
    PRIMARY KEY (owner, generation, season, race_id, resource)
);
COMMENT ON COLUMN expectations.owner IS 'a Season''s uid, or cli';
COMMENT ON COLUMN expectations.race_id IS 'empty: of the whole season';

CREATE TABLE fetch_leases (
    source text NOT NULL,
    season integer NOT NULL,
    round integer NOT NULL,
    resource text NOT NULL,
    owner text NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (source, season, round, resource)
);
COMMENT ON COLUMN fetch_leases.round IS '0: the season';

CREATE TABLE ingest_runs (
    run_id text NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    season integer,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    outcome text,
    captures integer DEFAULT '0' NOT NULL,
    requests integer DEFAULT '0' NOT NULL,
    detail text,
    PRIMARY KEY (run_id)
);
COMMENT ON COLUMN ingest_runs.kind IS 'poll, backfill, round, import, plan';
COMMENT ON COLUMN ingest_runs.outcome IS 'succeeded, failed, source_unavailable, stopped';

CREATE INDEX ingest_runs_started_at_idx ON ingest_runs (started_at);

CREATE TABLE installation (
    singleton boolean DEFAULT true NOT NULL,
    synthetic boolean,
    swept_at timestamptz,
    PRIMARY KEY (singleton),
    CHECK (singleton)
);
COMMENT ON COLUMN installation.synthetic IS 'null until the first capture';
COMMENT ON COLUMN installation.swept_at IS 'end of the last full sweep over S3';

CREATE TABLE seasons (
    season integer NOT NULL,
    url text,
    precedence bigint DEFAULT '0' NOT NULL,
    PRIMARY KEY (season)
);

CREATE TABLE races (
    race_id text COLLATE "C" NOT NULL,
    season integer NOT NULL,
    round integer NOT NULL,
    name text NOT NULL,
    circuit_id text COLLATE "C" NOT NULL,
    date date NOT NULL,
    time text,
    url text,
    sessions jsonb DEFAULT '{}'::jsonb NOT NULL,
    PRIMARY KEY (race_id),
    FOREIGN KEY (circuit_id) REFERENCES circuits (circuit_id),
    FOREIGN KEY (season) REFERENCES seasons (season),
    UNIQUE (season, round) DEFERRABLE INITIALLY DEFERRED
);
COMMENT ON COLUMN races.time IS 'UTC start as the source gives it, 13:00:00Z';
COMMENT ON COLUMN races.sessions IS
    'the weekend: {"Qualifying": {"date": "2024-05-25", "time": "14:00:00Z"}, ...}';

CREATE TABLE slice_captures (
    season integer NOT NULL,
    race_id text COLLATE "C" NOT NULL,
    session text NOT NULL,
    resource text NOT NULL,
    capture_key text COLLATE "C" NOT NULL,
    source text NOT NULL,
    capture_order bigint NOT NULL,
    fetched_at timestamptz NOT NULL,
    rows integer NOT NULL,
    content_hash bytea NOT NULL,
    races text[],
    state text NOT NULL,
    reason text,
    PRIMARY KEY (season, race_id, session, resource, capture_key),
    FOREIGN KEY (capture_key) REFERENCES captures (capture_key) ON DELETE CASCADE
);
COMMENT ON COLUMN slice_captures.race_id IS 'empty: of the whole season';
COMMENT ON COLUMN slice_captures.content_hash IS 'of canonical sorted rows';
COMMENT ON COLUMN slice_captures.races IS 'a schedule''s: monaco 2024-05-26, sorted';

CREATE INDEX slice_captures_capture_key_idx ON slice_captures (capture_key);

CREATE TABLE slices (
    season integer NOT NULL,
    race_id text COLLATE "C" NOT NULL,
    session text NOT NULL,
    resource text NOT NULL,
    capture_key text COLLATE "C" NOT NULL,
    source text NOT NULL,
    capture_order bigint NOT NULL,
    fetched_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    rows integer NOT NULL,
    expected integer,
    content_hash bytea NOT NULL,
    parser_version integer NOT NULL,
    PRIMARY KEY (season, race_id, session, resource),
    FOREIGN KEY (capture_key) REFERENCES captures (capture_key)
);
COMMENT ON COLUMN slices.race_id IS 'empty: of the whole season';
COMMENT ON COLUMN slices.capture_key IS 'the rows are made of this one';
COMMENT ON COLUMN slices.seen_at IS 'newest capture with these rows';
COMMENT ON COLUMN slices.expected IS 'the total that the source promised';

CREATE TABLE aggregations (
    race_id text COLLATE "C" NOT NULL,
    session text NOT NULL,
    driver_id text COLLATE "C" NOT NULL,
    laps integer,
    timed_laps integer,
    total_ms bigint,
    average_lap_ms float,
    fastest_lap_ms integer,
    fastest_lap integer,
    pit_stops integer,
    pit_time_ms bigint,
    PRIMARY KEY (race_id, session, driver_id),
    FOREIGN KEY (driver_id) REFERENCES drivers (driver_id),
    FOREIGN KEY (race_id) REFERENCES races (race_id) ON DELETE CASCADE
);
COMMENT ON COLUMN aggregations.laps IS 'laps with a row';
COMMENT ON COLUMN aggregations.timed_laps IS 'laps with a time; the average is over these';
COMMENT ON COLUMN aggregations.average_lap_ms IS 'total_ms / timed_laps';
COMMENT ON COLUMN aggregations.fastest_lap IS 'the first lap that was this fast';

CREATE INDEX aggregations_driver_id_idx ON aggregations (driver_id);

CREATE TABLE constructor_standings (
    race_id text COLLATE "C" NOT NULL,
    constructor_id text COLLATE "C" NOT NULL,
    position integer,
    position_text text,
    points numeric NOT NULL,
    wins integer NOT NULL,
    PRIMARY KEY (race_id, constructor_id),
    FOREIGN KEY (constructor_id) REFERENCES constructors (constructor_id),
    FOREIGN KEY (race_id) REFERENCES races (race_id) ON DELETE CASCADE
);

CREATE TABLE driver_standings (
    race_id text COLLATE "C" NOT NULL,
    driver_id text COLLATE "C" NOT NULL,
    position integer,
    position_text text,
    points numeric NOT NULL,
    wins integer NOT NULL,
    constructor_ids text[] NOT NULL,
    PRIMARY KEY (race_id, driver_id),
    FOREIGN KEY (driver_id) REFERENCES drivers (driver_id),
    FOREIGN KEY (race_id) REFERENCES races (race_id) ON DELETE CASCADE
);

CREATE TABLE lap_times (
    race_id text COLLATE "C" NOT NULL,
    session text NOT NULL,
    driver_id text COLLATE "C" NOT NULL,
    lap integer NOT NULL,
    position integer,
    time_ms integer,
    PRIMARY KEY (race_id, session, driver_id, lap),
    FOREIGN KEY (driver_id) REFERENCES drivers (driver_id),
    FOREIGN KEY (race_id) REFERENCES races (race_id) ON DELETE CASCADE
);
COMMENT ON COLUMN lap_times.session IS 'race or sprint';
COMMENT ON COLUMN lap_times.time_ms IS 'null when the source has no time for the lap';

CREATE INDEX lap_times_race_id_driver_id_idx ON lap_times (race_id, driver_id);

CREATE TABLE pit_stops (
    race_id text COLLATE "C" NOT NULL,
    session text NOT NULL,
    driver_id text COLLATE "C" NOT NULL,
    stop integer NOT NULL,
    lap integer NOT NULL,
    local_time text,
    duration_ms integer,
    duration text,
    PRIMARY KEY (race_id, session, driver_id, stop),
    FOREIGN KEY (driver_id) REFERENCES drivers (driver_id),
    FOREIGN KEY (race_id) REFERENCES races (race_id) ON DELETE CASCADE
);
COMMENT ON COLUMN pit_stops.local_time IS 'time of day at the circuit, 14:19:22';
COMMENT ON COLUMN pit_stops.duration_ms IS 'null when the source has no duration';
COMMENT ON COLUMN pit_stops.duration IS 'as the source wrote it: 25.636, 40:55.302, or empty';

CREATE TABLE qualifying (
    race_id text COLLATE "C" NOT NULL,
    driver_id text COLLATE "C" NOT NULL,
    number text NOT NULL,
    constructor_id text COLLATE "C" NOT NULL,
    position integer,
    q1_ms integer,
    q2_ms integer,
    q3_ms integer,
    PRIMARY KEY (race_id, driver_id, number),
    FOREIGN KEY (constructor_id) REFERENCES constructors (constructor_id),
    FOREIGN KEY (driver_id) REFERENCES drivers (driver_id),
    FOREIGN KEY (race_id) REFERENCES races (race_id) ON DELETE CASCADE
);

CREATE TABLE results (
    race_id text COLLATE "C" NOT NULL,
    driver_id text COLLATE "C" NOT NULL,
    number text NOT NULL,
    position_text text NOT NULL,
    constructor_id text COLLATE "C" NOT NULL,
    position integer,
    points numeric NOT NULL,
    grid integer,
    laps integer,
    status text,
    time_ms bigint,
    time text,
    fastest_lap_rank integer,
    fastest_lap integer,
    fastest_lap_time_ms integer,
    fastest_lap_speed_kph numeric,
    PRIMARY KEY (race_id, driver_id, number, position_text),
    FOREIGN KEY (constructor_id) REFERENCES constructors (constructor_id),
    FOREIGN KEY (driver_id) REFERENCES drivers (driver_id),
    FOREIGN KEY (race_id) REFERENCES races (race_id) ON DELETE CASCADE
);
COMMENT ON COLUMN results.number IS 'the car''s; empty if unknown';
COMMENT ON COLUMN results.position_text IS '1, R, D, W, F, E, N';
COMMENT ON COLUMN results.position IS 'order of classification';
COMMENT ON COLUMN results.time IS '1:32:03.897 or the gap, +0.745';

CREATE INDEX results_driver_id_idx ON results (driver_id);

CREATE TABLE sprint_results (
    race_id text COLLATE "C" NOT NULL,
    driver_id text COLLATE "C" NOT NULL,
    number text NOT NULL,
    position_text text NOT NULL,
    constructor_id text COLLATE "C" NOT NULL,
    position integer,
    points numeric NOT NULL,
    grid integer,
    laps integer,
    status text,
    time_ms bigint,
    time text,
    fastest_lap_rank integer,
    fastest_lap integer,
    fastest_lap_time_ms integer,
    fastest_lap_speed_kph numeric,
    PRIMARY KEY (race_id, driver_id, number, position_text),
    FOREIGN KEY (constructor_id) REFERENCES constructors (constructor_id),
    FOREIGN KEY (driver_id) REFERENCES drivers (driver_id),
    FOREIGN KEY (race_id) REFERENCES races (race_id) ON DELETE CASCADE
);
COMMENT ON COLUMN sprint_results.number IS 'the car''s; empty if unknown';
COMMENT ON COLUMN sprint_results.position_text IS '1, R, D, W, F, E, N';
COMMENT ON COLUMN sprint_results.position IS 'order of classification';
COMMENT ON COLUMN sprint_results.time IS '1:32:03.897 or the gap, +0.745';

CREATE INDEX sprint_results_driver_id_idx ON sprint_results (driver_id);
