ALTER TABLE captures ADD COLUMN refused text;
COMMENT ON COLUMN captures.refused IS 'why it failed validation, also after that was settled';

UPDATE captures SET refused = reason WHERE state = 'quarantined';
COMMENT ON COLUMN decisions.kind IS 'confirm, release, dismiss or purge';
COMMENT ON COLUMN decisions.capture_key IS 'of all but a purge';
