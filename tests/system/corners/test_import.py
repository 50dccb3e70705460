"""Every row of every file of the archive is in the tables."""

import sqlalchemy as sa
from archives.served_archive import ServedArchive

from f1_devkit.programs.tables import count

TABLES = {
    "races": "races",
    "results": "results",
    "sprint_results": "sprint_results",
    "qualifying": "qualifying",
    "lap_times": "lap_times",
    "pit_stops": "pit_stops",
    "driver_standings": "driver_standings",
    "constructor_standings": "constructor_standings",
}


def test_each_file_has_as_many_rows_as_its_table(corners: ServedArchive) -> None:
    engine = corners.api.installation.engine()
    rows = {table: count(engine, table) for table in TABLES}
    assert rows == {table: len(corners.files.tables[file]) for table, file in TABLES.items()}


def test_the_archive_is_processed_and_needs_no_attention(corners: ServedArchive) -> None:
    with corners.api.installation.engine().connect() as connection:
        states = connection.scalars(sa.text("SELECT state FROM captures")).all()
    assert states == ["processed"]
