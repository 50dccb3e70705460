ALTER TABLE captures ADD COLUMN notes text;
COMMENT ON COLUMN captures.notes IS 'what is wrong with an archive, and costs no slice';

ALTER TABLE slice_captures ADD COLUMN refused text;
COMMENT ON COLUMN slice_captures.refused IS 'why its rows are no candidate, also after that ended';

ALTER TABLE slice_captures ADD COLUMN remark text;
COMMENT ON COLUMN slice_captures.remark IS 'what does not agree in rows that are believed';
