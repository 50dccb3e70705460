r"""The Ergast archive: races.csv, lap_times.csv, results.csv, ...; null is ``\N``.

Integer keys refer to text ids (`driverRef`), which are Jolpica's ids. Values have Jolpica's format,
so that a race gives the same lines from both.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter

from f1_core.capture import Capture
from f1_core.errors import BadCapture
from f1_worker.parse import cells, crosscheck, lines, reference
from f1_worker.parse.archive import Archive, Where
from f1_worker.parse.cells import LAP_NUMBERS, LAP_TIMES, NULL, POSITIONS, Unreadable
from f1_worker.parse.csvfiles import Cells, Files
from f1_worker.parse.lines import Made
from f1_worker.parse.schedule import scheduled_race, season_number
from f1_worker.parse.slices import Parsed, ScheduledRace


def parse(capture: Capture) -> Parsed:
    """Read an archive: a folder's files, or a zip.

    Raises:
        BadCapture: it has no races, or is not an archive of this format.
    """
    reader = _Reader(Files(capture))
    reader.read_reference()
    reader.read_races()
    reader.read_results("results.csv", "results", "race")
    reader.read_results("sprint_results.csv", "sprint", "sprint")
    reader.read("qualifying.csv", "qualifying", "qualifying", reader.qualified)
    reader.read_laps()
    reader.read("pit_stops.csv", "pitstops", "race", reader.pit_stop)
    reader.read("driver_standings.csv", "driverstandings", "race", reader.driver_standing)
    reader.read(
        "constructor_standings.csv", "constructorstandings", "race", reader.constructor_standing
    )
    reader.archive.settle()
    crosscheck.check(reader.archive)
    return reader.archive.parsed()


class _Reader:
    """Reads the files in order; later ones need the ids of earlier ones."""

    def __init__(self, files: Files) -> None:
        self.archive = Archive(files)
        self._files = files
        self._circuits: dict[str, str] = {}
        self._drivers: dict[str, str] = {}
        self._constructors: dict[str, str] = {}
        self._statuses: dict[str, str] = {}
        self._empty_is_null = True
        self._winners: dict[str, str] = {}
        # By season and driver, the constructors of each round.
        self._driven: defaultdict[tuple[int, str], list[tuple[int, str]]] = defaultdict(list)

    def read_reference(self) -> None:
        """Circuits, drivers, constructors, seasons, and names of statuses."""
        archive = self.archive
        known = archive.reference
        for name, ids, columns, rows in (
            ("circuit", self._circuits, reference.circuit, known.circuits),
            ("driver", self._drivers, reference.driver, known.drivers),
            ("constructor", self._constructors, reference.constructor, known.constructors),
        ):
            number, text = f"{name}Id", f"{name}Ref"
            check = cells.circuit_id if name == "circuit" else cells.identifier
            for table, row in archive.reference_rows(f"{name}s.csv", number, text):
                with archive.noting(table, row):
                    ref = ids[row[number]] = check(row[text], text)
                    rows[ref] = columns(reference.Named(row, _NAMES))
        for table, row in archive.reference_rows("seasons.csv", "year", "url"):
            with archive.noting(table, row):
                known.seasons[season_number(row["year"])] = (cells.url(row["url"]),)
        for _, row in archive.reference_rows("status.csv", "statusId", "status"):
            self._statuses[row["statusId"]] = row["status"]

    def read_races(self) -> None:
        """The schedules of all seasons."""
        archive = self.archive
        table = archive.open("races.csv", "schedule")
        if table is None:
            raise BadCapture("the archive has no races.csv")
        for row in table.rows("raceId", "year", "round", "circuitId", "date"):
            season = None
            try:
                season = season_number(row["year"])
                circuit_id = _known(self._circuits, row, "circuitId", "circuits.csv")
                archive.add_race(row["raceId"], season, _scheduled(season, circuit_id, row))
            except Unreadable as error:
                archive.refuse_race(row["raceId"], table.problem(error, row), season)
        for bad in table.bad:
            archive.refuse_race(bad.cells.get("raceId"), bad.problem)
        archive.close(table, "schedule")

    def read(self, file: str, resource: str, session: str, make: Callable[[Cells], Made]) -> None:
        """A file with rows of races."""
        table = self.archive.open(file, resource)
        if table is None:
            return
        rows = table.rows("raceId", *_REQUIRED[resource])
        if resource == "qualifying":
            rows = self._with_nulls_found(rows)
        for row in rows:
            where = self.archive.last[resource] = Where(row["raceId"], resource, session)
            self.archive.read_row(table, row, where, make)
        self.archive.refuse(table, resource, session)
        self.archive.close(table, resource)

    def _with_nulls_found(self, rows: Iterator[Cells]) -> Iterator[Cells]:
        """The rows of a file; if none has a written null, empty cells are null."""
        kept = list(rows)
        self._empty_is_null = not any(
            row.get(part) != "" and cells.present(row.get(part)) is None
            for row in kept
            for part in ("q1", "q2", "q3")
        )
        return iter(kept)

    def read_results(self, file: str, resource: str, session: str) -> None:
        """Results of races or of sprints.

        If the winner's time is a gap to a disqualified driver, times are computed from the rows'
        milliseconds. All others are checked against them (f1_worker.parse.crosscheck).
        """
        names = ("raceId", "positionText", "time", "milliseconds")
        self._winners = {}
        if file in self._files:
            for race, place, time, milliseconds in self._files.table(file).columns(*names):
                if place == "1" and time.startswith("+"):
                    self._winners[race] = milliseconds
        self.read(file, resource, session, self.result)

    def read_laps(self) -> None:
        """Laps: half a million, so consecutive rows of a driver or a race are added together."""
        table = self.archive.open("lap_times.csv", "laps")
        if table is None:
            return
        rows = table.columns(*_LAP_COLUMNS)
        for race, run in groupby(rows, key=itemgetter(0)):
            where = Where(race, "laps", "race")
            new: list[str] = []
            drivers: set[str] = set()
            different = 0
            row: tuple[str, ...] = ()
            try:
                for row in run:
                    _, driver, lap, position, time, milliseconds = row
                    ref = self._drivers.get(driver) or _unknown(driver)
                    drivers.add(ref)
                    time_ms = LAP_TIMES[time]
                    if time_ms != milliseconds:
                        given = _milliseconds(milliseconds)
                        different += NULL not in (given, time_ms)
                        time_ms = given if time_ms == NULL else time_ms
                    new.append(f"{ref}\t{LAP_NUMBERS[lap]}\t{POSITIONS[position]}\t{time_ms}")
            except Unreadable as error:
                problem = table.problem(error, dict(zip(_LAP_COLUMNS, row, strict=True)))
                self.archive.leave_out(where, problem)
                self.archive.last["laps"] = where
            else:
                self.archive.add_lines(where, new, drivers)
                if different:
                    problem = f"time and milliseconds of {different} laps are not the same"
                    large = different >= crosscheck.LARGE * len(new)
                    pack = self.archive.pack(where)
                    (pack.problems if large else pack.remarks).append(problem)
        self.archive.refuse(table, "laps", "race")
        self.archive.close(table, "laps")

    # --- one row of each file --------------------------------------------------------------------

    def result(self, row: Cells) -> Made:
        """A result of a race or of a sprint."""
        driver_id, constructor_id = self._who(row)
        race = self.archive.race(row["raceId"])
        if race is not None and race.round is not None:
            self._driven[race.season, driver_id].append((race.round, constructor_id))
        status = _known(self._statuses, row, "statusId", "status.csv")
        # The service has no times of drivers who are not classified.
        classified = lines.is_classified(row.get("positionText"))
        time_ms = row.get("milliseconds") if classified else None
        winner_ms = self._winners.get(row["raceId"])
        time = lines.finish_time(time_ms, winner_ms, row.get("time")) if classified else None
        made = lines.result(
            driver_id,
            constructor_id,
            number=row.get("number"),
            position=row.get("positionOrder"),
            position_text=row.get("positionText"),
            points=row.get("points"),
            grid=row.get("grid"),
            laps=row.get("laps"),
            status=status,
            time_ms=time_ms,
            time=time,
            fastest_lap_rank=row.get("rank"),
            fastest_lap=row.get("fastestLap"),
            fastest_lap_time_ms=cells.milliseconds(row.get("fastestLapTime"), "fastestLapTime"),
            fastest_lap_speed_kph=row.get("fastestLapSpeed"),
        )
        return Made(made, driver_id, (constructor_id,))

    def qualified(self, row: Cells) -> Made:
        """A driver's qualifying."""
        driver_id, constructor_id = self._who(row)
        times = {part: row.get(part) for part in ("q1", "q2", "q3")}
        q1, q2, q3 = (cells.milliseconds(time, part) for part, time in times.items())
        made = lines.qualified(
            driver_id,
            constructor_id,
            number=row.get("number"),
            position=row.get("position"),
            times_ms=(q1, q2, q3),
            parts=0 if self._empty_is_null else lines.parts_without_time(*times.values()),
        )
        return Made(made, driver_id, (constructor_id,))

    def pit_stop(self, row: Cells) -> Made:
        """A pit stop."""
        driver_id = _known(self._drivers, row, "driverId", "drivers.csv")
        duration = row.get("duration")
        duration_ms = _milliseconds(row.get("milliseconds"))
        if duration_ms == NULL:
            duration_ms = cells.milliseconds(duration, "duration")
        made = lines.pit_stop(
            driver_id,
            stop=row.get("stop"),
            lap=row.get("lap"),
            time=row.get("time"),
            duration_ms=duration_ms,
            duration=duration,
        )
        return Made(made, driver_id)

    def driver_standing(self, row: Cells) -> Made:
        """A driver's place. The constructors are those of the results so far."""
        driver_id = _known(self._drivers, row, "driverId", "drivers.csv")
        race = self.archive.race(row["raceId"])
        rounds = self._driven.get((race.season, driver_id), []) if race else []
        until = race.round if race and race.round else 0
        constructor_ids = tuple(
            dict.fromkeys(one for number, one in sorted(rounds) if number <= until)
        )
        made = _standing(driver_id, row, constructor_ids)
        return Made(made, driver_id, constructor_ids)

    def constructor_standing(self, row: Cells) -> Made:
        """A constructor's place."""
        constructor_id = _known(self._constructors, row, "constructorId", "constructors.csv")
        return Made(_standing(constructor_id, row, None), None, (constructor_id,))

    def _who(self, row: Cells) -> tuple[str, str]:
        driver_id = _known(self._drivers, row, "driverId", "drivers.csv")
        return driver_id, _known(self._constructors, row, "constructorId", "constructors.csv")


_NAMES = {
    "given_name": "forename",
    "family_name": "surname",
    "date_of_birth": "dob",
    "locality": "location",
    "latitude": "lat",
    "longitude": "lng",
}
"""The archive's names of columns that have other names here."""
_LAP_COLUMNS = ("raceId", "driverId", "lap", "position", "time", "milliseconds")
_REQUIRED = {
    "results": ("driverId", "constructorId", "positionOrder", "laps", "statusId"),
    "sprint": ("driverId", "constructorId", "positionOrder", "laps", "statusId"),
    "qualifying": ("driverId", "constructorId", "position"),
    "pitstops": ("driverId", "stop", "lap"),
    "driverstandings": ("driverId", "points", "position"),
    "constructorstandings": ("constructorId", "points", "position"),
}
"""Required columns of a row; a row may lack the last ones of the others."""


def _known(ids: dict[str, str], row: Cells, column: str, file: str) -> str:
    found = ids.get(row.get(column, ""))
    if found is None:
        raise Unreadable(column, row.get(column), f"which {file} does not list")
    return found


def _unknown(driver: str) -> str:
    raise Unreadable("driverId", driver, "which drivers.csv does not list")


def _milliseconds(value: str | None) -> str:
    return cells.integer(value, "milliseconds", 1, cells.DAY_MS - 1)


def _standing(competitor_id: str, row: Cells, constructor_ids: tuple[str, ...] | None) -> lines.Row:
    return lines.standing(
        competitor_id,
        position=row.get("position"),
        position_text=row.get("positionText"),
        points=row.get("points"),
        wins=row.get("wins"),
        constructor_ids=constructor_ids,
    )


def _scheduled(season: int, circuit_id: str, row: Cells) -> ScheduledRace:
    sessions: dict[str, dict[str, str]] = {}
    for prefix, name in _sessions(season, row).items():
        date = cells.present(row.get(f"{prefix}_date"))
        time = _utc(row.get(f"{prefix}_time"))
        if date is not None:
            sessions[name] = {"date": date} if time is None else {"date": date, "time": time}
    return scheduled_race(
        season=season,
        round_text=row["round"],
        name=row.get("name"),
        circuit_id=circuit_id,
        date=row["date"],
        time=_utc(row.get("time")),
        url=row.get("url"),
        sessions=sessions,
    )


def _sessions(season: int, row: Cells) -> dict[str, str]:
    """Columns to Jolpica's names.

    The archive has no column for a sprint's qualifying and uses fp2; Jolpica names it
    SprintShootout in 2023 and SprintQualifying later. Earlier sprints had none.
    """
    second = "SecondPractice"
    if season >= 2023 and cells.present(row.get("sprint_date")):
        second = "SprintShootout" if season == 2023 else "SprintQualifying"
    return {
        "fp1": "FirstPractice",
        "fp2": second,
        "fp3": "ThirdPractice",
        "quali": "Qualifying",
        "sprint": "Sprint",
    }


def _utc(time: str | None) -> str | None:
    time = cells.present(time)
    return None if time is None else f"{time}Z"
