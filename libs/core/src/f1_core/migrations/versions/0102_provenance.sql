ALTER TABLE captures ADD COLUMN header jsonb;
COMMENT ON COLUMN captures.header IS 'of the raw object, as it is there; null: unreadable';

ALTER TABLE captures ADD COLUMN pages jsonb;
COMMENT ON COLUMN captures.pages IS 'url, sha256, bytes, ... of each page; null: unreadable';

ALTER TABLE slice_captures ADD COLUMN lines text;
COMMENT ON COLUMN slice_captures.lines IS 'canonical rows; null: of a time when they were not kept';

ALTER TABLE slice_captures ADD COLUMN applied text COLLATE "C";
COMMENT ON COLUMN slice_captures.applied IS
    'with this capture the rows became those of that one, ...';

ALTER TABLE slice_captures ADD COLUMN replaced text COLLATE "C";
COMMENT ON COLUMN slice_captures.replaced IS '... and had been those of that one; null: of none';

ALTER TABLE installation ADD COLUMN bucket text;
COMMENT ON COLUMN installation.bucket IS 'that was swept: where the raw objects are';
