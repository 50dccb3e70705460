"""Captures become exactly the rows that the source has; the aggregates are those of the rows."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from recorded_seasons import Drain, Recorder

from f1_ingest.synthetic import Dataset

Ask = Callable[..., list[tuple[Any, ...]]]


def without_first_driver(dataset: Dataset) -> tuple[Dataset, str]:
    """A correction that drops a driver's laps and stops and changes another's lap."""
    corrected = dataset.copy()
    weekend = corrected.weekends[0]
    gone = weekend.pit_stops[0].driver_id
    weekend.laps = [lap for lap in weekend.laps if lap.driver_id != gone]
    weekend.pit_stops = [stop for stop in weekend.pit_stops if stop.driver_id != gone]
    weekend.laps[0].time = "59.001"
    return corrected, gone


def expected_laps(dataset: Dataset) -> list[tuple[Any, ...]]:
    return sorted(
        (weekend.race.round, lap.driver_id, lap.lap, lap.position, lap.millis)
        for weekend in dataset.weekends
        for lap in weekend.laps
    )


LAPS = """
    SELECT round, driver_id, lap, position, time_ms
      FROM lap_times JOIN races USING (race_id)
     ORDER BY round, driver_id, lap
"""
AGGREGATES = """
    SELECT driver_id, laps, timed_laps, total_ms, average_lap_ms, fastest_lap_ms, fastest_lap,
           pit_stops, pit_time_ms
      FROM aggregations JOIN races USING (race_id)
     WHERE round = :round AND session = 'race'
     ORDER BY 1
"""


def expected_aggregates(dataset: Dataset, number: int) -> list[tuple[Any, ...]]:
    """In plain Python, from the source's rows."""
    weekend = dataset.weekends[number - 1]
    laps, stops = defaultdict(list), defaultdict(list)
    for lap in weekend.laps:
        laps[lap.driver_id].append(lap)
    for stop in weekend.pit_stops:
        stops[stop.driver_id].append(stop.millis)
    rows = []
    for driver in sorted(laps.keys() | stops.keys()):
        times = [lap.millis for lap in laps[driver] if lap.millis is not None]
        known = [duration for duration in stops[driver] if duration is not None]
        fastest = min(times, default=None)
        rows.append(
            (
                driver,
                len(laps[driver]),
                len(times),
                sum(times),
                sum(times) / len(times) if times else None,
                fastest,
                min((lap.lap for lap in laps[driver] if lap.millis == fastest), default=None)
                if times
                else None,
                len(stops[driver]),
                sum(known) if known or not stops[driver] else None,
            )
        )
    return rows


def test_a_season_becomes_the_rows_of_its_source(
    recorder: Recorder, drain: Drain, ask: Ask, dataset: Dataset
) -> None:
    recorder.put(*recorder.season())
    assert drain() == {"processed": 19}
    assert ask(LAPS) == expected_laps(dataset)
    for weekend in dataset.weekends:
        number = weekend.race.round
        assert ask(AGGREGATES, round=number) == expected_aggregates(dataset, number)
    for table, count in {
        "pit_stops": dataset.count("pit_stops"),
        "results": dataset.count("results"),
        "qualifying": dataset.count("qualifying"),
        "driver_standings": dataset.count("driver_standings"),
        "constructor_standings": dataset.count("constructor_standings"),
        "races": 3,
    }.items():
        assert ask(f"SELECT count(*) FROM {table}") == [(count,)], table
    winner = dataset.weekends[0].results[0]
    found = ask(
        "SELECT driver_id, constructor_id, points, results.time, status FROM results"
        " JOIN races USING (race_id) WHERE round = 1 AND position = 1"
    )
    assert found == [
        (winner.driver_id, winner.constructor_id, winner.points, winner.time, winner.status)
    ]


def test_a_correction_loses_the_rows_that_it_dropped(
    recorder: Recorder, drain: Drain, ask: Ask, dataset: Dataset
) -> None:
    recorder.put(*recorder.season())
    drain()
    corrected, gone = without_first_driver(dataset)
    recorder.put(
        recorder.make("laps", 1, dataset=corrected), recorder.make("pitstops", 1, dataset=corrected)
    )
    assert drain() == {"processed": 2}
    assert ask(LAPS) == expected_laps(corrected)
    assert ask(AGGREGATES, round=1) == expected_aggregates(corrected, 1)
    assert gone not in {row[0] for row in ask(AGGREGATES, round=1)}


def test_the_same_rows_again_change_nothing_but_when_they_were_seen(
    recorder: Recorder, drain: Drain, ask: Ask
) -> None:
    recorder.put(*recorder.season())
    drain()
    applied = "SELECT capture_key, seen_at FROM slices WHERE resource = 'laps' ORDER BY race_id"
    made_of = "SELECT xmin FROM lap_times ORDER BY race_id, driver_id, lap"
    before, rows_before = ask(applied), ask(made_of)
    again = recorder.make("laps", 1, hours=5)
    recorder.put(again)
    assert drain() == {"unchanged": 1}
    assert ask(made_of) == rows_before
    assert [key for key, _ in ask(applied)] == [key for key, _ in before]
    assert again.header.fetched_at in {seen for _, seen in ask(applied)}


def test_an_empty_answer_empties_nothing(
    recorder: Recorder, drain: Drain, ask: Ask, dataset: Dataset
) -> None:
    recorder.put(*recorder.season())
    drain()
    empty = dataset.copy()
    empty.weekends[0].laps = []
    held = recorder.make("laps", 1, dataset=empty)
    recorder.put(held)
    assert drain() == {"held": 1}
    assert ask(LAPS) == expected_laps(dataset)
    [(reason,)] = ask("SELECT reason FROM captures WHERE capture_key = :k", k=held.key)
    assert reason.startswith("it is empty, and the one before it has ")

    recorder.put(recorder.make("laps", 1, dataset=empty, hours=1.5))
    assert drain() == {"processed": 1}
    assert ask(LAPS) == expected_laps(empty)


def test_what_was_never_captured_is_null_and_what_was_not_there_is_0(
    recorder: Recorder, drain: Drain, ask: Ask, dataset: Dataset
) -> None:
    stopping = dataset.weekends[0].pit_stops[0].driver_id
    query = (
        "SELECT laps, timed_laps, total_ms, average_lap_ms, pit_stops, pit_time_ms"
        " FROM aggregations WHERE driver_id = :driver"
    )
    recorder.put(recorder.make("schedule"), recorder.make("pitstops", 1))
    drain()
    [(laps, timed, total, average, stops, _)] = ask(query, driver=stopping)
    assert (laps, timed, total, average) == (None, None, None, None)
    assert stops > 0

    without = dataset.copy()
    without.weekends[0].laps = [x for x in without.weekends[0].laps if x.driver_id != stopping]
    recorder.put(recorder.make("laps", 1, dataset=without))
    drain()
    [(laps, timed, total, average, _, _)] = ask(query, driver=stopping)
    assert (laps, timed, total, average) == (0, 0, 0, None)
    others = ask("SELECT DISTINCT pit_stops, pit_time_ms FROM aggregations WHERE pit_stops = 0")
    assert others == [(0, 0)]


@pytest.mark.parametrize("first", ["laps", "pitstops"])
def test_drivers_that_only_laps_or_stops_name_are_stubs_until_results_tell_who_they_are(
    recorder: Recorder, drain: Drain, ask: Ask, dataset: Dataset, first: str
) -> None:
    recorder.put(recorder.make("schedule"), recorder.make(first, 1))
    drain()
    assert ask("SELECT DISTINCT family_name, precedence FROM drivers") == [(None, 0)]
    recorder.put(recorder.make("results", 1))
    drain()
    named = ask("SELECT driver_id, given_name, family_name FROM drivers ORDER BY 1")
    for driver_id, given_name, family_name in named:
        driver = dataset.drivers[driver_id]
        assert (given_name, family_name) == (driver.given_name, driver.family_name)


def test_an_older_capture_that_comes_late_is_superseded(
    recorder: Recorder, drain: Drain, ask: Ask, dataset: Dataset
) -> None:
    corrected, _ = without_first_driver(dataset)
    old, new = recorder.make("laps", 1), recorder.make("laps", 1, dataset=corrected)
    recorder.put(recorder.make("schedule"), new)
    drain()
    laps = ask(LAPS)
    recorder.put(old)
    assert drain() == {"superseded": 1}
    assert ask(LAPS) == laps


def test_a_sprint_has_results_of_its_own(
    recorder: Recorder, drain: Drain, ask: Ask, dataset: Dataset
) -> None:
    made = recorder.dataset.weekends[0]
    made.sprint = [*made.results]
    recorder.put(*recorder.season())
    drain()
    assert ask("SELECT count(*) FROM sprint_results") == [(len(made.sprint),)]
    assert ask("SELECT session FROM slices WHERE resource = 'sprint'") == [("sprint",)]


def test_names_with_tabs_and_backslashes_stay_as_they_are(
    recorder: Recorder, drain: Drain, ask: Ask, dataset: Dataset
) -> None:
    odd = dataset.copy()
    odd.weekends[0].results[0].status = "Back\\slash\tand tab"
    recorder.put(recorder.make("schedule"), recorder.make("results", 1, dataset=odd))
    drain()
    assert ask("SELECT status FROM results WHERE position = 1") == [("Back\\slash\tand tab",)]


def test_pages_with_repeats_make_the_same_rows(
    recorder: Recorder, drain: Drain, ask: Ask, dataset: Dataset
) -> None:
    capture = recorder.make("laps", 1)
    pages = [capture.pages[-1], *capture.pages, capture.pages[0]]
    recorder.put(recorder.make("schedule"), recorder.make("laps", 1, pages=pages))
    assert drain() == {"processed": 2}
    assert [row for row in expected_laps(dataset) if row[0] == 1] == ask(LAPS)
