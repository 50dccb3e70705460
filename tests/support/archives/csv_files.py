r"""An Ergast archive as plain rows, read by `csv` only, for comparison with answers."""

import csv
from collections.abc import Iterator
from pathlib import Path

Row = dict[str, str | None]
r"""A row by column name; `\\N` and missing cells of a short row are None."""

REFS = {
    "drivers": ("driverId", "driverRef"),
    "constructors": ("constructorId", "constructorRef"),
    "circuits": ("circuitId", "circuitRef"),
    "status": ("statusId", "status"),
}


class CsvFiles:
    """The files of an archive, with text ids such as `driverRef` instead of the integer keys.

    A row of a race also has `season` and `round`, as numbers in text.

    Attributes:
        tables: rows by the file's name: results, races, ...
    """

    def __init__(self, folder: Path) -> None:
        self.tables = {file.stem: _read(file) for file in folder.glob("*.csv")}
        names = {key: _names(self.tables[table], key, ref) for table, (key, ref) in REFS.items()}
        races = {row["raceId"]: (row["year"], row["round"]) for row in self.tables["races"]}
        for row in (row for table in self.tables.values() for row in table):
            row.update({key: names[key][row[key]] for key in names.keys() & row.keys()})
            if "raceId" in row:
                row["season"], row["round"] = races[row["raceId"]]

    def rows(self, table: str, **values: object) -> Iterator[Row]:
        """Rows of a file that have these values: `rows("results", season=1983, round=1)`."""
        texts = {name: None if value is None else str(value) for name, value in values.items()}
        for row in self.tables[table]:
            if all(row[name] == text for name, text in texts.items()):
                yield row


def _read(file: Path) -> list[Row]:
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            {key: None if value == "\\N" else value for key, value in row.items()}
            for row in csv.DictReader(lines)
        ]


def _names(rows: list[Row], key: str, ref: str) -> dict[str | None, str | None]:
    return {row[key]: row[ref] for row in rows}
