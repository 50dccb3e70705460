"""The rows of Jolpica's CSV dump."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from f1_ingest.synthetic.dataset import Dataset, Qualifying, Result, Session, Weekend, millis

_TYPES = {
    "FirstPractice": "FP1",
    "SecondPractice": "FP2",
    "ThirdPractice": "FP3",
    "SprintShootout": "SQ1",
    "SprintQualifying": "SQ1",
}
_ENTRY_COLUMNS = (
    *("detail", "fastest_lap_rank", "grid", "is_classified", "laps_completed", "points"),
    *("position", "status", "time"),
)
_FINISHED, _LAPPED, _RETIRED, _DISQUALIFIED, _DID_NOT_START = 0, 1, 11, 20, 30


def duration(total: int | None) -> str | None:
    """Milliseconds in the format of the dump.

    >>> duration(91531)
    '00:01:31.531'
    """
    if total is None:
        return None
    seconds, fraction = divmod(total, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{fraction:03}"


class Tables:
    """Rows by table, with ids in the order in which they were added."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self.rows: dict[str, list[dict[str, Any]]] = {
            name: []
            for name in (
                *("season", "circuit", "driver", "baseteam", "team", "teamdriver", "round"),
                *("session", "roundentry", "sessionentry", "lap", "pitstop"),
                *("driverchampionship", "teamchampionship"),
            )
        }
        self._ids: dict[tuple[object, ...], int] = {}
        self._reference()
        for weekend in dataset.weekends:
            self._weekend(weekend)

    def _add(self, table: str, key: tuple[object, ...] = (), **values: Any) -> int:
        """Add a row, or find the one with the same key; return its id."""
        known = self._ids.get((table, *key)) if key else None
        if known is not None:
            return known
        number = len(self.rows[table]) + 1
        # Championships have no public id.
        public = {} if table.endswith("championship") else {"api_id": f"{table}_{number:08x}"}
        self.rows[table].append({"id": number, **public, **values})
        if key:
            self._ids[(table, *key)] = number
        return number

    def _reference(self) -> None:
        for year, url in sorted(self._dataset.seasons.items()):
            self._add("season", (year,), championship_system_id=1, wikipedia=url, year=year)
        for key, circuit in self._dataset.circuits.items():
            self._add(
                "circuit",
                (key,),
                altitude=None,
                country=circuit.country,
                country_code=None,
                latitude=circuit.latitude,
                locality=circuit.locality,
                longitude=circuit.longitude,
                name=circuit.name,
                reference=key,
                wikipedia=circuit.url,
            )
        for key, driver in self._dataset.drivers.items():
            self._add(
                "driver",
                (key,),
                abbreviation=driver.code,
                country_code=None,
                date_of_birth=driver.date_of_birth,
                forename=driver.given_name,
                nationality=driver.nationality,
                permanent_car_number=driver.number,
                reference=key,
                surname=driver.family_name,
                wikipedia=driver.url,
            )
        for key, team in self._dataset.constructors.items():
            self._add(
                "team",
                (key,),
                base_team_id=self._add("baseteam", (key,), name=team.name),
                country_code=None,
                name=team.name,
                nationality=team.nationality,
                primary_color=None,
                reference=key,
                wikipedia=team.url,
            )

    def _weekend(self, weekend: Weekend) -> None:
        race = weekend.race
        place = (race.season, race.round)
        round_id = self._add(
            "round",
            place,
            circuit_id=self._ids["circuit", race.circuit_id],
            date=race.date,
            is_cancelled=False,
            name=race.name,
            number=race.round,
            race_number=race.round,
            season_id=self._ids["season", race.season],
            wikipedia=race.url,
        )
        number = 0
        sessions: dict[str, int] = {}
        for type_, session in _sessions(weekend):
            number += 1
            sessions[type_] = self._add(
                "session",
                has_time_data=session.time is not None,
                is_cancelled=False,
                number=number,
                point_system_id=1,
                round_id=round_id,
                scheduled_laps=None,
                timestamp=_timestamp(session),
                timezone="UTC",
                type=type_,
            )
        self._qualifying(weekend, sessions)
        for result in weekend.sprint:
            entry = self._result(weekend, result, sessions["SR"], weekend.sprint[0])
            self._lap(entry, result, result.fastest_lap, None, millis(result.fastest_time))
        self._race(weekend, sessions["R"])
        self._standings(weekend, round_id, sessions["R"], number)

    def _race(self, weekend: Weekend, session_id: int) -> None:
        entries: dict[str, tuple[int, Result]] = {}
        for result in weekend.results:
            entry = self._result(weekend, result, session_id, weekend.results[0])
            entries[result.driver_id] = entry, result
        lap_ids: dict[tuple[str, int], int] = {}
        for lap in weekend.laps:
            entry, result = entries[lap.driver_id]
            lap_ids[lap.driver_id, lap.lap] = self._lap(
                entry, result, lap.lap, lap.position, lap.millis
            )
        for stop in weekend.pit_stops:
            self._add(
                "pitstop",
                duration=duration(stop.millis),
                lap_id=lap_ids.get((stop.driver_id, stop.lap)),
                local_timestamp=stop.local_time,
                number=stop.stop,
                session_entry_id=entries[stop.driver_id][0],
            )

    def _lap(
        self, entry: int, result: Result, number: int | None, position: int | None, time: int | None
    ) -> int:
        fastest = number is not None and number == result.fastest_lap
        return self._add(
            "lap",
            average_speed=result.fastest_speed if fastest else None,
            is_deleted=False,
            is_entry_fastest_lap=fastest,
            number=number,
            position=position,
            session_entry_id=entry,
            time=duration(time),
        )

    def _result(self, weekend: Weekend, row: Result, session_id: int, winner: Result) -> int:
        return self._entry(
            weekend,
            row,
            session_id,
            detail=row.status,
            fastest_lap_rank=row.fastest_rank,
            grid=row.grid,
            is_classified=row.position_text.isdecimal(),
            laps_completed=row.laps,
            points=row.points,
            position=row.position,
            status=_status(row, winner),
            time=duration(row.race_millis),
        )

    def _qualifying(self, weekend: Weekend, sessions: dict[str, int]) -> None:
        parts = ("q1", "q2", "q3", "")
        for part, after, type_ in zip(parts, parts[1:], ("Q1", "Q2", "Q3"), strict=False):
            took_part = [row for row in weekend.qualifying if getattr(row, part) is not None]
            took_part.sort(key=lambda row: millis(getattr(row, part)) or 10**9)
            for position, row in enumerate(took_part, 1):
                advanced = bool(after) and getattr(row, after) is not None
                entry = self._entry(
                    weekend,
                    row,
                    sessions[type_],
                    position=position if advanced else row.position,
                    is_classified=True,
                )
                time = millis(getattr(row, part))
                if time is not None:
                    self._add(
                        "lap",
                        average_speed=None,
                        is_deleted=False,
                        is_entry_fastest_lap=True,
                        number=None,
                        position=None,
                        session_entry_id=entry,
                        time=duration(time),
                    )

    def _entry(
        self, weekend: Weekend, row: Result | Qualifying, session_id: int, **values: Any
    ) -> int:
        race = weekend.race
        team_driver = self._add(
            "teamdriver",
            (race.season, row.constructor_id, row.driver_id),
            driver_id=self._ids["driver", row.driver_id],
            role=None,
            season_id=self._ids["season", race.season],
            team_id=self._ids["team", row.constructor_id],
        )
        round_entry = self._add(
            "roundentry",
            (race.season, race.round, row.constructor_id, row.driver_id, row.number),
            car_number=row.number,
            round_id=self._ids["round", race.season, race.round],
            team_driver_id=team_driver,
        )
        empty = dict.fromkeys(_ENTRY_COLUMNS)
        return self._add(
            "sessionentry",
            **{**empty, **values},
            is_eligible_for_points=True,
            round_entry_id=round_entry,
            session_id=session_id,
        )

    def _standings(self, weekend: Weekend, round_id: int, session_id: int, number: int) -> None:
        race = weekend.race
        known: dict[str, Any] = {
            "adjustment_type": 0,
            "highest_finish": None,
            "is_eligible": True,
            "round_id": round_id,
            "round_number": race.round,
            "season_id": self._ids["season", race.season],
            "session_id": session_id,
            "session_number": number,
            "year": race.season,
        }
        for driver in weekend.driver_standings:
            self._add(
                "driverchampionship",
                **known,
                driver_id=self._ids["driver", driver.driver_id],
                points=driver.points,
                position=driver.position,
                win_count=driver.wins,
            )
        for team in weekend.constructor_standings:
            self._add(
                "teamchampionship",
                **known,
                team_id=self._ids["team", team.constructor_id],
                points=team.points,
                position=team.position,
                win_count=team.wins,
            )


def _sessions(weekend: Weekend) -> Iterator[tuple[str, Session]]:
    """The weekend's sessions in order, qualifying as its three parts."""
    race = weekend.race
    known = dict(race.sessions)
    if weekend.sprint:
        known.setdefault("Sprint", Session(race.date))
    if weekend.qualifying:
        known.setdefault("Qualifying", Session(race.date))
    for name, session in sorted(known.items(), key=lambda item: _timestamp(item[1])):
        if name == "Qualifying":
            for type_ in ("Q1", "Q2", "Q3"):
                yield type_, session
        elif name == "Sprint":
            yield "SR", session
        else:
            yield _TYPES[name], session
    yield "R", Session(race.date, race.time)


def _timestamp(session: Session) -> str:
    moment = datetime.fromisoformat(f"{session.date}T{session.time or '00:00:00Z'}")
    return f"{moment:%Y-%m-%d %H:%M:%S}+00"


def _status(row: Result, winner: Result) -> int:
    if row.position_text == "D":
        return _DISQUALIFIED
    if row.position_text == "W":
        return _DID_NOT_START
    if row.position_text.isdecimal():
        return _FINISHED if row.laps == winner.laps else _LAPPED
    return _RETIRED
