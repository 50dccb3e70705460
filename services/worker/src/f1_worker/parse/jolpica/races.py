"""Resources of races: a slice for each race of the pages."""

from collections.abc import Sequence
from typing import Any

from f1_core.capture import Header
from f1_core.errors import BadCapture
from f1_core.jolpica import Race
from f1_core.resources import RESOURCES
from f1_worker.parse import cells, validation
from f1_worker.parse.jolpica.laps import Laps
from f1_worker.parse.jolpica.pages import Answer, disagreeing_totals, expected_rows, season_of
from f1_worker.parse.jolpica.rows import Rows
from f1_worker.parse.schedule import required_date, round_number
from f1_worker.parse.slices import Parsed, RaceRef, Reference, Slice

Merged = dict[object, tuple[RaceRef, Rows | Laps]]


def merge(header: Header, answers: Sequence[Answer]) -> Parsed:
    """Merge pages race by race.

    Raises:
        BadCapture: a race of another season, several races where one was requested, or an
            unreadable value.
    """
    people = Reference()
    races, renumbered = _merge(header, answers, people)
    if header.round is not None and len(races) > 1:
        one, other = [" ".join(map(str, race)) for race, _ in list(races.values())[:2]]
        raise BadCapture(f"the pages are of different races: {one} and {other}")
    if not races:
        races[None] = (_requested(header), Rows(header.resource, people))
    expected = expected_rows(header, answers)
    merged = [rows for _, rows in races.values()]
    missing = (gap for rows in merged for gap in validation.gaps(header.resource, rows.keys()))
    slices = [
        Slice(
            resource=header.resource,
            session=RESOURCES[header.resource].session,
            season=race.season,
            race=race,
            lines=rows.sorted_lines(),
            expected=expected if len(races) == 1 else None,
            drivers=frozenset(rows.drivers),
            constructors=frozenset(rows.constructors),
        )
        for race, rows in races.values()
    ]
    return Parsed(
        slices=slices,
        reference=people,
        problems=[
            *disagreeing_totals(answers),
            *renumbered,
            *validation.disagreements([text for rows in merged for text in rows.differences()]),
            *validation.incomplete(sum(len(one.lines) for one in slices), expected, missing),
        ],
    )


def _merge(
    header: Header, answers: Sequence[Answer], people: Reference
) -> tuple[Merged, list[str]]:
    races: Merged = {}
    renumbered: list[str] = []
    for answer in answers:
        for entry in answer.entries:
            try:
                race = _race(header, entry)
            except cells.Unreadable as error:
                raise BadCapture(f"page {answer.page}: the race has {error}") from error
            # Circuit and date identify a race, also if it was renumbered between two pages.
            key = race._replace(round=None) if race.circuit_id else race
            if key not in races:
                is_laps = header.resource == "laps"
                races[key] = (race, Laps() if is_laps else Rows(header.resource, people))
            known, rows = races[key]
            if known.round != race.round:
                renumbered.append(
                    f"round {known.round} is round {race.round} on page {answer.page}:"
                    " the source changed during the fetch"
                )
            rows.add(answer.page, entry)
    return races, renumbered[:1]


def _race(header: Header, entry: Any) -> RaceRef:
    season = season_of(header, entry.season)
    number = round_number(entry.round)
    if isinstance(entry, Race):
        circuit_id = cells.circuit_id(entry.circuit.circuit_id)
        return RaceRef(season, number, circuit_id, required_date(entry.date))
    # Standings have only the round; the rest is in the header.
    if header.round not in (None, number):
        raise cells.Unreadable("round", entry.round, f"and {header.round} was requested")
    circuit = header.race.circuit_id if header.race else None
    return RaceRef(season, number, circuit, header.race.date if header.race else None)


def _requested(header: Header) -> RaceRef:
    """The race of a capture whose pages are empty."""
    if header.race is not None:
        race = header.race
        return RaceRef(race.season, race.round, race.circuit_id, race.date)
    if header.season is None or header.round is None:
        raise BadCapture("the pages are empty, and the capture names no race")
    return RaceRef(header.season, header.round, None, None)
