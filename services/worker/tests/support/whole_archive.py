"""A season of the generator as the files of an Ergast archive."""

import csv
import io
from collections.abc import Iterable, Sequence

from f1_ingest.synthetic import Dataset
from f1_ingest.synthetic.dataset import Result, Session, Weekend

Cell = str | int | float | None


def _csv(header: str, rows: Iterable[Sequence[Cell]], null: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header.split())
    for row in rows:
        writer.writerow([null if cell is None else f"{cell}" for cell in row])
    return out.getvalue()


def _number(points: float) -> str:
    return f"{points:g}"


def whole_ergast_archive(dataset: Dataset) -> dict[str, str]:
    """All files of the archive, by their names."""
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
