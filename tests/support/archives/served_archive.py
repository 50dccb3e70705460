"""An archive, and an API that answers from it, for tests/system/corners."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from served import Served

from archives.csv_files import CsvFiles
from f1_devkit.servers.jolpica import ergast_csv
from f1_ingest.synthetic import Dataset


@dataclass
class ServedArchive:
    """An archive that was imported by the real programs.

    Attributes:
        folder: the folder with its files.
        files: the same files, read by `csv`.
        api: the server.
    """

    folder: Path
    files: CsvFiles
    api: Served

    @cached_property
    def dataset(self) -> Dataset:
        """The archive as the stand-in source reads it."""
        return ergast_csv.load(self.folder)

    def races(self, path: str) -> list[tuple[str, str]]:
        """Season and round of the races that a path below `/ergast/f1` lists."""
        found = self.api.mrdata(f"/{path}.json", limit=5000)["RaceTable"]["Races"]
        return [(race["season"], race["round"]) for race in found]

    def results(self, path: str) -> list[dict[str, Any]]:
        """Rows of results or of a sprint, of all races together."""
        races = self.api.mrdata(f"/{path}.json", limit=5000)["RaceTable"]["Races"]
        return [row for race in races for row in race.get("Results", race.get("SprintResults"))]

    def who(self, path: str) -> list[str]:
        """The drivers of those rows."""
        return [row["Driver"]["driverId"] for row in self.results(path)]

    def driver_standing(self, path: str) -> list[str]:
        """The drivers of a championship, in order."""
        data = self.api.mrdata(f"/{path}/driverStandings.json", limit=100)
        (table,) = data["StandingsTable"]["StandingsLists"]
        return [row["Driver"]["driverId"] for row in table["DriverStandings"]]

    def times_of(self, race: str) -> list[str | None]:
        """Finishing times in `/races/{race}/results`; the page must show the same."""
        rows = self.api.json(f"/races/{race}/results")["results"]
        page = self.api.page(f"/races/{race}")
        times = [row["time"] for row in rows]
        assert all(time in page for time in times if time), race
        return times

    def season_of(self, driver: str, year: int) -> tuple[dict[str, Any], str]:
        """A driver's season in `/drivers/{driver}`, and its row on the page."""
        seasons = self.api.json(f"/drivers/{driver}")["seasons"]
        (season,) = (season for season in seasons if season["season"] == year)
        page = self.api.page(f"/drivers/{driver}")
        line = page[page.index(f'<th scope="row"><a href="/seasons/{year}"') :]
        return season, line[: line.index("</tr>")]
