"""A season's schedule, `/{year}/races`."""

from collections.abc import Sequence
from typing import Any

import msgspec

from f1_core.capture import Header
from f1_core.errors import BadCapture
from f1_core.jolpica import CANCELLED, Location, Race
from f1_worker.parse import cells, reference, validation
from f1_worker.parse.jolpica.pages import Answer, disagreeing_totals, expected_rows, season_of
from f1_worker.parse.schedule import schedule_slice, scheduled_race
from f1_worker.parse.slices import Parsed, Reference, ScheduledRace


def merge(header: Header, answers: Sequence[Answer]) -> Parsed:
    """Merge the pages of a schedule by the number of the round; later pages are newer.

    Raises:
        BadCapture: a race of another season, or an unreadable value.
    """
    season = header.season
    races: dict[int, ScheduledRace] = {}
    circuits: dict[str, tuple[object, ...]] = {}
    differences: list[str] = []
    cancelled: set[str] = set()
    for answer in answers:
        for content in answer.entries:
            if content.get("round") in CANCELLED:
                cancelled.add(str(content))  # a cancelled race stays in the table, without a round
                continue
            try:
                race = msgspec.convert(content, Race)
                season = season_of(header, race.season)
                scheduled = _scheduled(season, race, content)
                circuits[scheduled.circuit_id] = reference.circuit(
                    race.circuit, race.circuit.location or Location()
                )
            except (msgspec.ValidationError, cells.Unreadable) as error:
                raise BadCapture(
                    f"page {answer.page}: a race of the schedule has {error}"
                ) from error
            before = races.get(scheduled.round, scheduled)
            if before != scheduled:
                differences.append(f"round {scheduled.round}: {before.name} and {scheduled.name}")
            races[scheduled.round] = scheduled
    if season is None:
        raise BadCapture("the schedule is empty, and the capture names no season")
    expected = expected_rows(header, answers)
    missing = (f"round {n}" for n in range(1, max(races, default=0)) if n not in races)
    return Parsed(
        slices=[schedule_slice(season, races.values(), expected)],
        reference=Reference(circuits=circuits),
        problems=[
            *disagreeing_totals(answers),
            *validation.disagreements(differences),
            *validation.incomplete(len(races) + len(cancelled), expected, missing),
        ],
    )


def _scheduled(season: int, race: Race, content: dict[str, Any]) -> ScheduledRace:
    sessions = {}
    for key, value in content.items():
        if isinstance(value, list):
            raise cells.Unreadable("rows of", key, "which do not belong to a schedule")
        # The weekend's sessions, of any name: SprintShootout is in 2023 only, for example.
        if isinstance(value, dict) and "date" in value:
            sessions[key] = msgspec.convert(
                {name: value[name] for name in ("date", "time") if value.get(name) is not None},
                dict[str, str],
            )
    return scheduled_race(
        season=season,
        round_text=race.round,
        name=race.name,
        circuit_id=race.circuit.circuit_id,
        date=race.date,
        time=race.time,
        url=race.url,
        sessions=sessions,
    )
