CREATE TABLE unreadable_objects (
    object_key text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    found_at timestamptz DEFAULT now() NOT NULL,
    seen_at timestamptz DEFAULT now() NOT NULL,
    PRIMARY KEY (object_key)
);
COMMENT ON COLUMN unreadable_objects.object_key IS 'the S3 key';
COMMENT ON COLUMN unreadable_objects.seen_at IS 'by the last sweep that met it';

ALTER TABLE captures ADD COLUMN changed text;
COMMENT ON COLUMN captures.changed IS
    'why the raw object is not the one that was read first; null: it is';
