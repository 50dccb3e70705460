ALTER TABLE api_keys ADD COLUMN limit_requests integer;
COMMENT ON COLUMN api_keys.limit_requests IS 'null: as many as it likes';

ALTER TABLE api_keys ADD COLUMN limit_window_s integer;

CREATE TABLE api_quotas (
    subject text NOT NULL,
    ends_at timestamptz NOT NULL,
    taken integer NOT NULL,
    PRIMARY KEY (subject)
);
COMMENT ON COLUMN api_quotas.subject IS 'key/ID, or address/IP without a key';
COMMENT ON COLUMN api_quotas.ends_at IS 'of the window that is counted';
COMMENT ON COLUMN api_quotas.taken IS 'requests leased to the API''s processes';
