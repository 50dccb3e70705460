"""Made-up seasons as the Ergast archive, and as Jolpica's dump, would have them."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pytest

from f1_core.capture import Capture
from f1_core.durations import parse_duration
from f1_ingest.synthetic import Dataset
from f1_ingest.synthetic.dataset import Lap, Qualifying, Result, Session, Weekend

Files = dict[str, str]
Cell = str | int | float | None


@pytest.fixture(scope="session")
def ergast_files() -> Callable[[Dataset], Files]:
    return _ergast


@pytest.fixture(scope="session")
def dump_files() -> Callable[[Dataset], Files]:
    return _dump


@pytest.fixture(scope="session")
def zipped() -> Callable[[Mapping[str, str | bytes]], bytes]:
    def zipped(files: Mapping[str, str | bytes], folder: str = "") -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(folder + name, content)
        return packed.getvalue()

    return zipped


@pytest.fixture(scope="session")
def folder_capture(make_capture: Callable[..., Capture]) -> Callable[[str, Files], Capture]:
    """Makes the capture of an archive whose files are pages."""

    def capture(source: str, files: Files) -> Capture:
        return make_capture(
            "archive",
            *files.values(),
            source=source,
            names=list(files),
            urls=[f"file:{name}" for name in files],
        )

    return capture


def _csv(header: str, rows: Iterable[Sequence[Cell]], null: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header.split())
    for row in rows:
        writer.writerow([null if cell is None else f"{cell}" for cell in row])
    return out.getvalue()


def _number(points: float) -> str:
    return f"{points:g}"


# --- Ergast --------------------------------------------------------------------------------------


def _ergast(dataset: Dataset) -> Files:
    circuits = {key: n for n, key in enumerate(sorted(dataset.circuits), 1)}
    drivers = {key: n for n, key in enumerate(sorted(dataset.drivers), 1)}
    teams = {key: n for n, key in enumerate(sorted(dataset.constructors), 1)}
    statuses = {text: number for number, text in dataset.statuses.items()}
    races = {id(weekend): 1000 + n for n, weekend in enumerate(dataset.weekends, 1)}

    def table(header: str, rows: Iterable[Sequence[Cell]]) -> str:
        return _csv(header, rows, "\\N")

    def results(weekend: Weekend, rows: Sequence[Result]) -> Iterable[Sequence[Cell]]:
        for row in rows:
            yield (
                *(1, races[id(weekend)], drivers[row.driver_id], teams[row.constructor_id]),
                *(row.number or None, row.grid, row.position, row.position_text, row.position),
                *(_number(row.points), row.laps, row.time, row.race_millis, row.fastest_lap),
                *(row.fastest_rank, row.fastest_time, row.fastest_speed, statuses[row.status]),
            )

    def session(weekend: Weekend, *names: str) -> tuple[Cell, Cell]:
        found = next((s for n, s in weekend.race.sessions.items() if n in names), Session(""))
        return found.date or None, found.time and found.time.rstrip("Z")

    result_columns = (
        "resultId raceId driverId constructorId number grid position positionText positionOrder"
        " points laps time milliseconds fastestLap rank fastestLapTime fastestLapSpeed statusId"
    )
    weekends = dataset.weekends
    return {
        "circuits.csv": table(
            "circuitId circuitRef name location country lat lng alt url",
            (
                (n, key, c.name, c.locality, c.country, c.latitude, c.longitude, 7, c.url)
                for key, n in circuits.items()
                for c in [dataset.circuits[key]]
            ),
        ),
        "constructors.csv": table(
            "constructorId constructorRef name nationality url",
            (
                (n, key, c.name, c.nationality, c.url)
                for key, n in teams.items()
                for c in [dataset.constructors[key]]
            ),
        ),
        "drivers.csv": table(
            "driverId driverRef number code forename surname dob nationality url",
            (
                (
                    *(n, key, d.number, d.code, d.given_name, d.family_name),
                    *(d.date_of_birth, d.nationality, d.url),
                )
                for key, n in drivers.items()
                for d in [dataset.drivers[key]]
            ),
        ),
        "seasons.csv": table("year url", dataset.seasons.items()),
        "status.csv": table("statusId status", dataset.statuses.items()),
        "races.csv": table(
            "raceId year round circuitId name date time url fp1_date fp1_time fp2_date fp2_time"
            " fp3_date fp3_time quali_date quali_time sprint_date sprint_time",
            (
                (
                    *(races[id(w)], r.season, r.round, circuits[r.circuit_id], r.name, r.date),
                    *(r.time and r.time.rstrip("Z"), r.url),
                    *session(w, "FirstPractice"),
                    *session(w, "SecondPractice", "SprintShootout", "SprintQualifying"),
                    *session(w, "ThirdPractice"),
                    *session(w, "Qualifying"),
                    *session(w, "Sprint"),
                )
                for w in weekends
                for r in [w.race]
            ),
        ),
        "results.csv": table(result_columns, (r for w in weekends for r in results(w, w.results))),
        "sprint_results.csv": table(
            result_columns, (r for w in weekends for r in results(w, w.sprint))
        ),
        "qualifying.csv": table(
            "qualifyId raceId driverId constructorId number position q1 q2 q3",
            (
                (
                    *(1, races[id(w)], drivers[q.driver_id], teams[q.constructor_id]),
                    *(q.number, q.position, q.q1, q.q2, q.q3),
                )
                for w in weekends
                for q in w.qualifying
            ),
        ),
        "lap_times.csv": table(
            "raceId driverId lap position time milliseconds",
            (
                (races[id(w)], drivers[lap.driver_id], lap.lap, lap.position, lap.time, lap.millis)
                for w in weekends
                for lap in w.laps
            ),
        ),
        "pit_stops.csv": table(
            "raceId driverId stop lap time duration milliseconds",
            (
                (
                    *(races[id(w)], drivers[stop.driver_id], stop.stop, stop.lap),
                    *(stop.local_time, stop.duration, stop.millis),
                )
                for w in weekends
                for stop in w.pit_stops
            ),
        ),
        "driver_standings.csv": table(
            "driverStandingsId raceId driverId points position positionText wins",
            (
                (
                    *(1, races[id(w)], drivers[s.driver_id], _number(s.points)),
                    *(s.position, s.position_text, s.wins),
                )
                for w in weekends
                for s in w.driver_standings
            ),
        ),
        "constructor_standings.csv": table(
            "constructorStandingsId raceId constructorId points position positionText wins",
            (
                (
                    *(1, races[id(w)], teams[s.constructor_id], _number(s.points)),
                    *(s.position, s.position_text, s.wins),
                )
                for w in weekends
                for s in w.constructor_standings
            ),
        ),
    }


# --- Jolpica's dump ------------------------------------------------------------------------------

_TYPES = {
    "FirstPractice": "FP1",
    "SecondPractice": "FP2",
    "ThirdPractice": "FP3",
    "Qualifying": "Q1",
    "SprintShootout": "SQ1",
    "SprintQualifying": "SQ1",
    "Sprint": "SR",
}
_STATUS = {"D": 20, "W": 30, "F": 40}


def _interval(text: str | int | None) -> str | None:
    """A duration as Postgres writes it: 00:01:31.531, and no fraction for whole seconds."""
    total = text if isinstance(text, int) else parse_duration(text)
    if total is None:
        return None
    seconds, fraction = divmod(total, 1000)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{clock}.{fraction:03}" if fraction else clock


class _Dump:
    """Rows of the dump's tables, each with a number of its own."""

    def __init__(self) -> None:
        self.tables: dict[str, tuple[str, list[Sequence[Cell]]]] = {}

    def add(self, table: str, **cells: Cell) -> int:
        header = " ".join(("id", *sorted({*cells, "api_id"})))
        known, rows = self.tables.setdefault(table, (header, []))
        assert known == header
        cells["api_id"] = f"{table}_{len(rows) + 1}"
        rows.append((len(rows) + 1, *(cells[name] for name in sorted(cells))))
        return len(rows)

    def files(self) -> Files:
        return {
            f"formula_one_{name}.csv": _csv(header, rows, "")
            for name, (header, rows) in self.tables.items()
        }


def _dump(dataset: Dataset) -> Files:
    dump = _Dump()
    seasons = {
        year: dump.add("season", year=year, wikipedia=url) for year, url in dataset.seasons.items()
    }
    circuits = {
        key: dump.add(
            "circuit",
            reference=key,
            name=c.name,
            locality=c.locality,
            country=c.country,
            latitude=c.latitude,
            longitude=c.longitude,
            wikipedia=c.url,
        )
        for key, c in dataset.circuits.items()
    }
    drivers = {
        key: dump.add(
            "driver",
            reference=key,
            permanent_car_number=d.number,
            abbreviation=d.code,
            forename=d.given_name,
            surname=d.family_name,
            date_of_birth=d.date_of_birth,
            nationality=d.nationality,
            wikipedia=d.url,
        )
        for key, d in dataset.drivers.items()
    }
    teams = {
        key: dump.add(
            "team", reference=key, name=c.name, nationality=c.nationality, wikipedia=c.url
        )
        for key, c in dataset.constructors.items()
    }
    for weekend in dataset.weekends:
        race = weekend.race
        round_id = dump.add(
            "round",
            season_id=seasons[race.season],
            circuit_id=circuits[race.circuit_id],
            number=race.round,
            name=race.name,
            date=race.date,
            is_cancelled="f",
            wikipedia=race.url,
        )
        _WeekendDump(dump, weekend, round_id, drivers, teams).add()
    return dump.files()


class _WeekendDump:
    """A weekend's sessions, entries, laps and standings."""

    def __init__(
        self,
        dump: _Dump,
        weekend: Weekend,
        round_id: int,
        drivers: Mapping[str, int],
        teams: Mapping[str, int],
    ) -> None:
        self._dump, self._weekend, self._round = dump, weekend, round_id
        self._drivers, self._teams = drivers, teams
        self._sessions: dict[str, int] = {}
        self._entries: dict[tuple[str, str, str], int] = {}
        self._raced: dict[str, int] = {}
        self._laps: dict[tuple[str, int], int] = {}

    def add(self) -> None:
        """All of it."""
        race = self._weekend.race
        for name, when in race.sessions.items():
            self._add_session(_TYPES[name], when)
        self._add_session("R", Session(race.date, race.time))
        for part in ("Q1", "Q2", "Q3"):
            if part not in self._sessions:
                self._add_session(part, race.sessions.get("Qualifying"))
        for result in self._weekend.results:
            self._add_result(result)
        for result in self._weekend.sprint:
            entry = self._add_entry("SR", result)
            if result.fastest_lap is not None:
                self._add_lap(entry, Lap("", result.fastest_lap, None, result.fastest_time), "t")
        self._add_pit_stops()
        self._add_qualifying()
        # After the sprint, the standings are others; only those of the round's end count.
        if "SR" in self._sessions:
            self._add_standings(self._sessions["SR"], 1, points=-1)
        self._add_standings(self._sessions["R"], 2)

    def _add_session(self, kind: str, when: Session | None) -> None:
        timestamp = None
        if when is not None:
            timestamp = f"{when.date} {(when.time or '00:00:00').rstrip('Z')}+00"
        self._sessions[kind] = self._dump.add(
            "session",
            round_id=self._round,
            type=kind,
            number=len(self._sessions),
            is_cancelled="f",
            timestamp=timestamp,
            has_time_data="t" if when is not None and when.time else "f",
        )

    def _enter(self, row: Result | Qualifying) -> int:
        key = (row.driver_id, row.constructor_id, row.number)
        if key not in self._entries:
            team_driver = self._dump.add(
                "teamdriver",
                driver_id=self._drivers[row.driver_id],
                team_id=self._teams[row.constructor_id],
            )
            self._entries[key] = self._dump.add(
                "roundentry",
                round_id=self._round,
                team_driver_id=team_driver,
                car_number=row.number,
            )
        return self._entries[key]

    def _add_session_entry(self, kind: str, entry: int, **cells: Cell) -> int:
        empty: dict[str, Cell] = dict.fromkeys(
            (
                *("is_classified", "position", "points", "grid", "laps_completed"),
                *("detail", "status", "time", "fastest_lap_rank"),
            )
        )
        return self._dump.add(
            "sessionentry",
            session_id=self._sessions[kind],
            round_entry_id=entry,
            **{**empty, **cells},
        )

    def _add_entry(self, kind: str, row: Result) -> int:
        classified = row.position_text.isdecimal()
        return self._add_session_entry(
            kind,
            self._enter(row),
            position=row.position,
            is_classified="t" if classified else "f",
            status=0 if classified else _STATUS.get(row.position_text, 11),
            detail=row.status,
            points=float(row.points),
            grid=row.grid,
            laps_completed=row.laps,
            time=_interval(row.race_millis),
            fastest_lap_rank=row.fastest_rank,
        )

    def _add_result(self, row: Result) -> None:
        entry = self._raced[row.driver_id] = self._add_entry("R", row)
        for lap in self._weekend.laps:
            if lap.driver_id == row.driver_id:
                is_best = lap.lap == row.fastest_lap
                # As a float in Postgres: 231.970 is 231.97.
                speed = f"{float(row.fastest_speed):g}" if is_best and row.fastest_speed else None
                number = self._add_lap(entry, lap, "t" if is_best else "f", speed)
                self._laps[lap.driver_id, lap.lap] = number

    def _add_lap(self, entry: int, lap: Lap, is_best: str, speed: str | None = None) -> int:
        return self._dump.add(
            "lap",
            session_entry_id=entry,
            number=lap.lap or None,
            position=lap.position,
            time=_interval(lap.time),
            is_entry_fastest_lap=is_best,
            is_deleted="f",
            average_speed=speed,
        )

    def _add_pit_stops(self) -> None:
        for stop in self._weekend.pit_stops:
            self._dump.add(
                "pitstop",
                session_entry_id=self._raced[stop.driver_id],
                lap_id=self._laps[stop.driver_id, stop.lap],
                number=stop.stop,
                local_timestamp=stop.local_time,
                duration=_interval(stop.duration),
            )

    def _add_qualifying(self) -> None:
        for row in self._weekend.qualifying:
            for part, time in (("Q1", row.q1), ("Q2", row.q2), ("Q3", row.q3)):
                if time is not None:
                    entry = self._add_session_entry(part, self._enter(row), position=row.position)
                    if time:
                        self._add_lap(entry, Lap("", 0, None, time), "t")

    def _add_standings(self, session: int, number: int, points: float = 0) -> None:
        championships: tuple[tuple[str, str, Any, Mapping[str, int]], ...] = (
            ("driver", "driver_id", self._weekend.driver_standings, self._drivers),
            ("team", "constructor_id", self._weekend.constructor_standings, self._teams),
        )
        for name, key, standings, ids in championships:
            for place in standings:
                whose = {f"{name}_id": ids[getattr(place, key)]}
                self._dump.add(
                    f"{name}championship",
                    round_id=self._round,
                    session_id=session,
                    session_number=number,
                    position=place.position,
                    points=float(place.points) + points,
                    win_count=place.wins,
                    is_eligible="f" if place.position_text == "-" else "t",
                    adjustment_type={"D": 101, "E": 102}.get(place.position_text, 0),
                    **whose,
                )
