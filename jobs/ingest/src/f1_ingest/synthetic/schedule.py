"""A season's calendar, and the sessions of each weekend."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from f1_ingest.synthetic.circuits import SHORT_TRACK, TRACKS, Track
from f1_ingest.synthetic.dataset import Race, Session

FIRST_SPRINT = 2021
_WEEKEND = ("FirstPractice", "SecondPractice", "ThirdPractice", "Qualifying")
_SPRINT_WEEKEND = {
    2022: ("FirstPractice", "Qualifying", "SecondPractice", "Sprint"),
    2023: ("FirstPractice", "Qualifying", "SprintShootout", "Sprint"),
    2024: ("FirstPractice", "SprintQualifying", "Sprint", "Qualifying"),
}
"""By year; the first and last also apply to earlier and later years."""


@dataclass(frozen=True)
class Plan:
    """A race in the calendar, and its irregularities.

    Attributes:
        sprint: it has a sprint.
        red_flag: it is interrupted, and all cars wait in the pit lane.
        shortened: it ends early, and half the points are given.
        withdrawn: one car does not start.
        disqualified: one car is disqualified.
    """

    race: Race
    track: Track
    sprint: bool = False
    red_flag: bool = False
    shortened: bool = False
    withdrawn: bool = False
    disqualified: bool = False


def plan(year: int, chance: random.Random) -> list[Plan]:
    """The calendar of a season: 22 to 24 races on Sundays from March to December."""
    count = chance.randint(22, 24)
    tracks = [SHORT_TRACK, *chance.sample(TRACKS, count - 1)]
    chance.shuffle(tracks)
    if year % 5 == 0:  # two races at one circuit, as in 2020
        first = chance.randrange(1, count - 1)
        tracks[first + 1] = tracks[first]
        if SHORT_TRACK not in tracks:
            tracks[0] = SHORT_TRACK
    sundays = _sundays(year, count, chance)
    sprints: set[int] = set()
    if year >= FIRST_SPRINT:
        sprints = set(chance.sample(range(count), 3 if year < 2023 else 6))
    red_flag, shortened = chance.sample([n for n in range(count) if n not in sprints], 2)
    withdrawn, disqualified = chance.sample(range(count), 6), chance.sample(range(count), 2)
    plans = []
    for index, (track, sunday) in enumerate(zip(tracks, sundays, strict=True)):
        again = index > 0 and tracks[index - 1] is track
        country = track.circuit.country
        name = f"{track.circuit.locality} Jubilee Grand Prix" if again else f"{country} Grand Prix"
        race = Race(
            season=year,
            round=index + 1,
            name=name,
            circuit_id=track.circuit.circuit_id,
            date=sunday.isoformat(),
            time=_utc(sunday, 15, track.zone)[1] if year >= 2005 else None,
            url=f"https://synthetic.invalid/{year}/{index + 1}",
            sessions=_sessions(year, sunday, track.zone, sprint=index in sprints),
        )
        plans.append(
            Plan(
                race,
                track,
                sprint=index in sprints,
                red_flag=index == red_flag,
                shortened=index == shortened,
                withdrawn=index in withdrawn,
                disqualified=index in disqualified,
            )
        )
    return plans


def _sundays(year: int, count: int, chance: random.Random) -> list[date]:
    first = date(year, 3, 1)
    first += timedelta(days=6 - first.weekday())
    weeks = sorted(chance.sample(range(40), count))
    return [first + timedelta(weeks=week) for week in weeks]


def _sessions(year: int, sunday: date, zone: int, *, sprint: bool) -> dict[str, Session]:
    """The weekend's sessions by the service's names; none were recorded before 2021."""
    if year < FIRST_SPRINT:
        return {}
    friday, saturday = sunday - timedelta(days=2), sunday - timedelta(days=1)
    times = ((friday, 13), (friday, 17), (saturday, 12), (saturday, 16))
    names = _SPRINT_WEEKEND[min(max(year, 2022), 2024)] if sprint else _WEEKEND
    sessions = {}
    for name, (day, hour) in zip(names, times, strict=True):
        utc_day, utc_time = _utc(day, hour, zone)
        sessions[name] = Session(utc_day, utc_time if year >= 2022 else None)
    return sessions


def _utc(day: date, hour: int, zone: int) -> tuple[str, str]:
    moment = datetime(day.year, day.month, day.day, hour) - timedelta(hours=zone)  # noqa: DTZ001
    return moment.date().isoformat(), f"{moment:%H:%M:%S}Z"
