"""Captures become exactly the rows of the source, and aggregates are computed from the rows."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from recorded_seasons import Drain, Recorder

from f1_ingest.synthetic import Dataset

Sql = Callable[..., list[tuple[Any, ...]]]


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
    """Computed in Python from the source's rows."""
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
    recorder: Recorder, drain: Drain, sql: Sql, dataset: Dataset
) -> None:
    recorder.put(*recorder.season())
    assert drain() == {"processed": 19}
    assert sql(LAPS) == expected_laps(dataset)
    for weekend in dataset.weekends:
        number = weekend.race.round
        assert sql(AGGREGATES, round=number) == expected_aggregates(dataset, number)
    for table, count in {
        "pit_stops": dataset.count("pit_stops"),
        "results": dataset.count("results"),
        "qualifying": dataset.count("qualifying"),
        "driver_standings": dataset.count("driver_standings"),
        "constructor_standings": dataset.count("constructor_standings"),
        "races": 3,
    }.items():
        assert sql(f"SELECT count(*) FROM {table}") == [(count,)], table
    winner = dataset.weekends[0].results[0]
    found = sql(
        "SELECT driver_id, constructor_id, points, results.time, status FROM results"
        " JOIN races USING (race_id) WHERE round = 1 AND position = 1"
    )
    assert found == [
        (winner.driver_id, winner.constructor_id, winner.points, winner.time, winner.status)
    ]


def test_a_correction_removes_the_rows_that_it_does_not_have(
    recorder: Recorder, drain: Drain, sql: Sql, dataset: Dataset
) -> None:
    recorder.put(*recorder.season())
    drain()
    corrected, gone = without_first_driver(dataset)
    recorder.put(
        recorder.make("laps", 1, dataset=corrected), recorder.make("pitstops", 1, dataset=corrected)
    )
    assert drain() == {"processed": 2}
    assert sql(LAPS) == expected_laps(corrected)
    assert sql(AGGREGATES, round=1) == expected_aggregates(corrected, 1)
    assert gone not in {row[0] for row in sql(AGGREGATES, round=1)}


def test_a_capture_with_the_same_rows_changes_only_seen_at(
    recorder: Recorder, drain: Drain, sql: Sql
) -> None:
    recorder.put(*recorder.season())
    drain()
    applied = "SELECT capture_key, seen_at FROM slices WHERE resource = 'laps' ORDER BY race_id"
    made_of = "SELECT xmin FROM lap_times ORDER BY race_id, driver_id, lap"
    before, rows_before = sql(applied), sql(made_of)
    again = recorder.make("laps", 1, hours=5)
    recorder.put(again)
    assert drain() == {"unchanged": 1}
    assert sql(made_of) == rows_before
    assert [key for key, _ in sql(applied)] == [key for key, _ in before]
    assert again.header.fetched_at in {seen for _, seen in sql(applied)}


def test_an_empty_answer_removes_no_rows(
    recorder: Recorder, drain: Drain, sql: Sql, dataset: Dataset
) -> None:
    recorder.put(*recorder.season())
    drain()
    empty = dataset.copy()
    empty.weekends[0].laps = []
    held = recorder.make("laps", 1, dataset=empty)
    recorder.put(held)
    assert drain() == {"held": 1}
    assert sql(LAPS) == expected_laps(dataset)
    [(reason,)] = sql("SELECT reason FROM captures WHERE capture_key = :k", k=held.key)
    assert reason.startswith("it is empty, and the one before it has ")

    recorder.put(recorder.make("laps", 1, dataset=empty, hours=1.5))
    assert drain() == {"processed": 1}
    assert sql(LAPS) == expected_laps(empty)


def test_figures_are_null_if_never_captured_and_0_if_captured_without_rows(
    recorder: Recorder, drain: Drain, sql: Sql, dataset: Dataset
) -> None:
    stopping = dataset.weekends[0].pit_stops[0].driver_id
    query = (
        "SELECT laps, timed_laps, total_ms, average_lap_ms, pit_stops, pit_time_ms"
        " FROM aggregations WHERE driver_id = :driver"
    )
    recorder.put(recorder.make("schedule"), recorder.make("pitstops", 1))
    drain()
    [(laps, timed, total, average, stops, _)] = sql(query, driver=stopping)
    assert (laps, timed, total, average) == (None, None, None, None)
    assert stops > 0

    without = dataset.copy()
    without.weekends[0].laps = [x for x in without.weekends[0].laps if x.driver_id != stopping]
    recorder.put(recorder.make("laps", 1, dataset=without))
    drain()
    [(laps, timed, total, average, _, _)] = sql(query, driver=stopping)
    assert (laps, timed, total, average) == (0, 0, 0, None)
    others = sql("SELECT DISTINCT pit_stops, pit_time_ms FROM aggregations WHERE pit_stops = 0")
    assert others == [(0, 0)]


@pytest.mark.parametrize("first", ["laps", "pitstops"])
def test_drivers_with_only_laps_or_stops_are_stubs_until_results_describe_them(
    recorder: Recorder, drain: Drain, sql: Sql, dataset: Dataset, first: str
) -> None:
    recorder.put(recorder.make("schedule"), recorder.make(first, 1))
    drain()
    assert sql("SELECT DISTINCT family_name, precedence FROM drivers") == [(None, 0)]
    recorder.put(recorder.make("results", 1))
    drain()
    named = sql("SELECT driver_id, given_name, family_name FROM drivers ORDER BY 1")
    for driver_id, given_name, family_name in named:
        driver = dataset.drivers[driver_id]
        assert (given_name, family_name) == (driver.given_name, driver.family_name)


def test_an_older_capture_that_is_processed_later_is_superseded(
    recorder: Recorder, drain: Drain, sql: Sql, dataset: Dataset
) -> None:
    corrected, _ = without_first_driver(dataset)
    old, new = recorder.make("laps", 1), recorder.make("laps", 1, dataset=corrected)
    recorder.put(recorder.make("schedule"), new)
    drain()
    laps = sql(LAPS)
    recorder.put(old)
    assert drain() == {"superseded": 1}
    assert sql(LAPS) == laps


def test_a_sprint_has_separate_results(
    recorder: Recorder, drain: Drain, sql: Sql, dataset: Dataset
) -> None:
    made = recorder.dataset.weekends[0]
    made.sprint = [*made.results]
    recorder.put(*recorder.season())
    drain()
    assert sql("SELECT count(*) FROM sprint_results") == [(len(made.sprint),)]
    assert sql("SELECT session FROM slices WHERE resource = 'sprint'") == [("sprint",)]


def test_names_keep_tabs_and_backslashes(
    recorder: Recorder, drain: Drain, sql: Sql, dataset: Dataset
) -> None:
    odd = dataset.copy()
    odd.weekends[0].results[0].status = "Back\\slash\tand tab"
    recorder.put(recorder.make("schedule"), recorder.make("results", 1, dataset=odd))
    drain()
    assert sql("SELECT status FROM results WHERE position = 1") == [("Back\\slash\tand tab",)]


def test_pages_with_repeated_rows_give_the_same_rows(
    recorder: Recorder, drain: Drain, sql: Sql, dataset: Dataset
) -> None:
    capture = recorder.make("laps", 1)
    pages = [capture.pages[-1], *capture.pages, capture.pages[0]]
    recorder.put(recorder.make("schedule"), recorder.make("laps", 1, pages=pages))
    assert drain() == {"processed": 2}
    assert [row for row in expected_laps(dataset) if row[0] == 1] == sql(LAPS)
