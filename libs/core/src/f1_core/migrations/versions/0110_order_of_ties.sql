ALTER TABLE driver_standings ADD COLUMN tie_order integer;
COMMENT ON COLUMN driver_standings.tie_order IS
    'among rows that share a position or have none, as the source lists them';

ALTER TABLE constructor_standings ADD COLUMN tie_order integer;
COMMENT ON COLUMN constructor_standings.tie_order IS
    'among rows that share a position or have none, as the source lists them';
