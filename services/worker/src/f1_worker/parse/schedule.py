"""A season's races, the same from every source."""

import json
from collections.abc import Iterable, Mapping

from f1_core.races import MAX_KEYS
from f1_worker.parse import cells
from f1_worker.parse.slices import ScheduledRace, Slice

SEASONS = (1950, 2999)
ROUNDS = (1, 99)


def season_number(value: str | None) -> int:
    """A season's year."""
    return int(cells.count(value, "season", *SEASONS))


def round_number(value: str | None) -> int:
    """A round of a season."""
    return int(cells.count(value, "round", *ROUNDS))


def required_date(value: str | None) -> str:
    """A required date."""
    date = cells.date(value)
    if date is None:
        raise cells.Unreadable("date", value, "which must not be missing")
    return date


def _date_in(season: int, value: str | None) -> str:
    """A date in the season's year, or in an adjacent one."""
    date = required_date(value)
    if abs(int(date[:4]) - season) > 1:
        raise cells.Unreadable("date", value, f"which is not in {season}")
    return date


def scheduled_race(
    *,
    season: int,
    round_text: str | None,
    name: str | None,
    circuit_id: str | None,
    date: str | None,
    time: str | None,
    url: str | None,
    sessions: Mapping[str, Mapping[str, str]],
) -> ScheduledRace:
    """A race of a schedule; `sessions` by Jolpica's names, with a date and optionally a time."""
    number = round_number(round_text)
    if len(sessions) > MAX_KEYS:
        raise cells.Unreadable("sessions", len(sessions), f"and {MAX_KEYS} are the most")
    for session, when in sessions.items():
        cells.plain(session, "a session's name")
        _date_in(season, when.get("date"))
        cells.plain(when.get("time"), f"time of {session}")
    return ScheduledRace(
        round=number,
        name=cells.plain(name, "name") or f"Round {number}",
        circuit_id=cells.circuit_id(circuit_id),
        date=_date_in(season, date),
        time=cells.plain(time, "time"),
        url=cells.url(url),
        sessions=json.dumps(sessions, sort_keys=True, ensure_ascii=False),
    )


def schedule_slice(season: int, races: Iterable[ScheduledRace], expected: int | None) -> Slice:
    """The slice of a season's schedule: races by round, and a line for each."""
    ordered = sorted(races, key=lambda race: race.round)
    lines = ["\t".join(cells.text(_cell(value), "race") for value in race) for race in ordered]
    return Slice(
        resource="schedule",
        session="race",
        season=season,
        race=None,
        lines=sorted(lines),
        expected=expected,
        schedule=ordered,
    )


def _cell(value: str | int | None) -> str | None:
    return None if value is None else str(value)
