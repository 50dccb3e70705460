"""A dataset in OpenF1's format: sessions, drivers, laps and pit of race weekends."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from f1_ingest.synthetic.dataset import Dataset, Weekend
from f1_ingest.synthetic.responses import Response

Row = dict[str, Any]

LIVE: Response = (
    401,
    {"Content-Type": "application/json"},
    b'{"detail":"Live F1 session in progress. Access is restricted to authenticated users."}',
)
"""The response to all but paying users during a live session, also for old data."""

_NAMES = {
    "FirstPractice": "Practice 1",
    "SecondPractice": "Practice 2",
    "ThirdPractice": "Practice 3",
    "SprintShootout": "Sprint Shootout",
    "SprintQualifying": "Sprint Qualifying",
    "Qualifying": "Qualifying",
    "Sprint": "Sprint",
}


def respond(dataset: Dataset, path: str, query: Mapping[str, str]) -> Response:
    """Respond to `/v1/sessions`, `drivers`, `laps` or `pit`; the query filters by equality."""
    headers = {"Content-Type": "application/json"}
    table = _TABLES.get(path.removeprefix("/v1/").strip("/"))
    if table is None:
        return 404, headers, b'{"detail":"Not Found"}'
    key = query.get("session_key")
    rows = [
        row
        for row in table(dataset, int(key) if key and key.isdecimal() else None)
        if all(str(row.get(name)) == value for name, value in query.items())
    ]
    return 200, headers, msgspec.json.encode(rows)


def session_key(weekend: Weekend, name: str = "Race") -> int:
    """The key of a weekend's session."""
    names = ("Race", *_NAMES.values())
    return (weekend.race.season * 100 + weekend.race.round) * 10 + names.index(name)


def _sessions(dataset: Dataset, _: int | None) -> Iterable[Row]:
    for weekend in dataset.weekends:
        race = weekend.race
        circuit = dataset.circuits[race.circuit_id]
        held = [
            (_NAMES[name], session.date, session.time) for name, session in race.sessions.items()
        ]
        for name, date, time in [*held, ("Race", race.date, race.time)]:
            start = _moment(date, time)
            yield {
                "meeting_key": race.season * 100 + race.round,
                "session_key": session_key(weekend, name),
                "location": circuit.locality,
                "date_start": start.isoformat(),
                "date_end": (start + timedelta(hours=2)).isoformat(),
                "session_type": "Race" if name in ("Race", "Sprint") else name.split()[0],
                "session_name": name,
                "country_name": circuit.country,
                "circuit_short_name": circuit.name,
                "gmt_offset": "00:00:00",
                "year": race.season,
            }


def _drivers(dataset: Dataset, key: int | None) -> Iterable[Row]:
    for weekend, name in _keyed(dataset, key):
        for result in weekend.sprint if name == "Sprint" else weekend.results:
            driver = dataset.drivers[result.driver_id]
            yield {
                **_keys(weekend, name),
                "driver_number": int(result.number),
                "broadcast_name": f"{driver.given_name[0]} {driver.family_name.upper()}",
                "full_name": f"{driver.given_name} {driver.family_name.upper()}",
                "name_acronym": driver.code,
                "team_name": dataset.constructors[result.constructor_id].name,
                "first_name": driver.given_name,
                "last_name": driver.family_name,
                "country_code": None,
            }


def _laps(dataset: Dataset, key: int | None) -> Iterable[Row]:
    for weekend, name in _keyed(dataset, key):
        if name != "Race":
            continue
        numbers = {result.driver_id: int(result.number) for result in weekend.results}
        stops = {(stop.driver_id, stop.lap) for stop in weekend.pit_stops}
        elapsed: dict[str, int] = {}
        start = _moment(weekend.race.date, weekend.race.time)
        for lap in sorted(weekend.laps, key=lambda row: (numbers[row.driver_id], row.lap)):
            begins = start + timedelta(milliseconds=elapsed.get(lap.driver_id, 0))
            elapsed[lap.driver_id] = elapsed.get(lap.driver_id, 0) + (lap.millis or 0)
            # The first lap has no duration, by design.
            known = None if lap.lap == 1 else lap.millis
            yield {
                **_keys(weekend, name),
                "driver_number": numbers[lap.driver_id],
                "lap_number": lap.lap,
                "date_start": begins.isoformat(timespec="milliseconds"),
                "duration_sector_1": None,
                "duration_sector_2": None,
                "duration_sector_3": None,
                "is_pit_out_lap": (lap.driver_id, lap.lap - 1) in stops,
                "lap_duration": None if known is None else known / 1000,
            }


def _pit(dataset: Dataset, key: int | None) -> Iterable[Row]:
    for weekend, name in _keyed(dataset, key):
        if name != "Race":
            continue
        numbers = {result.driver_id: int(result.number) for result in weekend.results}
        for stop in weekend.pit_stops:
            yield {
                **_keys(weekend, name),
                "driver_number": numbers[stop.driver_id],
                "lap_number": stop.lap,
                "date": f"{weekend.race.date}T{stop.local_time}+00:00",
                "pit_duration": None if stop.millis is None else stop.millis / 1000,
            }


def _keyed(dataset: Dataset, key: int | None) -> Iterable[tuple[Weekend, str]]:
    for weekend in dataset.weekends:
        for name in ("Sprint", "Race"):
            held = weekend.sprint if name == "Sprint" else weekend.results
            if held and key in (None, session_key(weekend, name)):
                yield weekend, name


def _keys(weekend: Weekend, name: str) -> Row:
    return {
        "meeting_key": weekend.race.season * 100 + weekend.race.round,
        "session_key": session_key(weekend, name),
    }


def _moment(date: str, time: str | None) -> datetime:
    return datetime.fromisoformat(f"{date}T{time or '00:00:00Z'}").astimezone(UTC)


_TABLES: dict[str, Callable[[Dataset, int | None], Iterable[Row]]] = {
    "sessions": _sessions,
    "drivers": _drivers,
    "laps": _laps,
    "pit": _pit,
}
