"""A newer parser reprocesses captures that an older one read, after all new captures."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from recorded_seasons import Drain, Recorder, small_season

from f1_core.capture import Capture
from f1_core.errors import BadCapture
from f1_core.ledger import index
from f1_core.store.rawstore import RawStore
from f1_worker.apply import reprocess
from f1_worker.loop import Worker
from f1_worker.parse import PARSER_VERSION, parse
from f1_worker.parse.slices import Parsed
from f1_worker.settings import WorkerSettings

Sql = Callable[..., list[tuple[Any, ...]]]


def better(capture: Capture) -> Parsed:
    """A parser that no longer reads positions of laps."""
    parsed = parse(capture)
    slices = [
        replace(piece, lines=["\t".join([*line.split("\t")[:2], r"\N", line.split("\t")[3]])
                              for line in piece.lines])
        if piece.resource == "laps" else piece
        for piece in parsed.slices
    ]  # fmt: skip
    return Parsed(slices, parsed.reference, parsed.problems)


def test_a_newer_parser_reprocesses_newest_seasons_first(
    *,
    recorder: Recorder,
    drain: Drain,
    sql: Sql,
    engine: sa.Engine,
    store: RawStore,
    settings: WorkerSettings,
) -> None:
    older = Recorder(engine, store, small_season(2023, 2))
    older.order = 50
    recorder.put(*recorder.season())
    older.put(*older.season())
    drain()
    assert sql("SELECT count(*) FROM lap_times WHERE position IS NULL")[0][0] < 10
    worker = Worker(
        engine, store, settings, parse=better, parser_version=PARSER_VERSION + 1
    )  # fmt: skip
    seasons: list[int] = []
    process = worker._process

    def note(claim: Any, reading: Any) -> str:
        seasons.append(claim.season)
        return process(claim, reading)

    worker._process = note  # type: ignore[method-assign]
    worker.drain()
    assert seasons[0] == 2024
    assert seasons[-1] == 2023
    assert sql("SELECT DISTINCT parser_version FROM slices") == [(PARSER_VERSION + 1,)]
    assert sql("SELECT DISTINCT parser_version, state FROM captures") == [
        (PARSER_VERSION + 1, "processed")
    ]
    assert sql("SELECT count(*) FROM lap_times WHERE position IS NOT NULL") == [(0,)]
    assert worker.drain() == {"processed": len(seasons)}  # nothing more


def test_new_captures_are_processed_before_older_ones_are_reprocessed(
    recorder: Recorder, drain: Drain, engine: sa.Engine
) -> None:
    recorder.put(*recorder.season())
    drain()
    recorder.put(recorder.make("laps", 1))
    assert reprocess.reopen_stale(engine, PARSER_VERSION + 1, limit=10) == 0
    drain()
    assert reprocess.reopen_stale(engine, PARSER_VERSION + 1, limit=10) == 10


def test_captures_that_wait_for_a_schedule_do_not_block_reprocessing(
    recorder: Recorder, drain: Drain, sql: Sql, engine: sa.Engine
) -> None:
    recorder.put(*recorder.season())
    drain()
    recorder.dataset = small_season(2023, 1)
    recorder.put(recorder.make("laps", 1))
    drain()
    assert sql("SELECT reason FROM captures WHERE state = 'pending'") == [
        ("waits for the schedule of 2023",)
    ]
    assert reprocess.reopen_stale(engine, PARSER_VERSION + 1, limit=10) == 10


def test_applied_captures_are_reprocessed_first_and_archives_last(
    recorder: Recorder, drain: Drain, sql: Sql, engine: sa.Engine
) -> None:
    changed = recorder.dataset.copy()
    changed.weekends[0].laps[0].time = "1:11.111"
    archive, schedule = recorder.archive(), recorder.make("schedule")
    older, newer = recorder.make("laps", 1), recorder.make("laps", 1, dataset=changed)
    recorder.put(archive, schedule, older, newer)
    drain()
    expected = [schedule.key, newer.key, older.key, archive.key]
    for count in range(1, 5):
        assert reprocess.reopen_stale(engine, PARSER_VERSION + 1, limit=count) == count
        opened = sql("SELECT capture_key FROM captures WHERE state = 'pending'")
        assert {key for (key,) in opened} == set(expected[:count])
        drain()  # by the old parser


def test_unchanged_captures_stay_unchanged_in_any_order_of_reprocessing(
    recorder: Recorder, drain: Drain, sql: Sql
) -> None:
    first, again = recorder.make("laps", 1), recorder.make("laps", 1, hours=1)
    recorder.put(recorder.make("schedule"), first, again)
    drain()
    drain(parse=better, parser_version=PARSER_VERSION + 1)
    query = "SELECT capture_key, state FROM captures WHERE resource = 'laps' ORDER BY capture_order"
    assert sql(query) == [(first.key, "processed"), (again.key, "unchanged")]
    assert sql("SELECT capture_key FROM slices WHERE resource = 'laps'") == [(first.key,)]


def test_a_newer_parser_reads_captures_that_an_older_one_quarantined(
    recorder: Recorder, drain: Drain, sql: Sql
) -> None:
    def poor(capture: Capture) -> Parsed:
        raise BadCapture("what is this?")

    recorder.put(recorder.make("schedule"))
    assert drain(parse=poor) == {"quarantined": 1}
    assert drain(parser_version=PARSER_VERSION + 1) == {"processed": 1}
    assert sql("SELECT state, reason FROM captures") == [("processed", None)]


def test_if_a_newer_parser_rejects_a_capture_the_previous_one_is_applied(
    recorder: Recorder, drain: Drain, sql: Sql
) -> None:
    dataset = recorder.dataset.copy()
    dataset.weekends[0].laps[0].time = "1:11.111"
    first, second = recorder.make("laps", 1), recorder.make("laps", 1, dataset=dataset)
    recorder.put(recorder.make("schedule"), first, second)
    drain()

    def stricter(capture: Capture) -> Parsed:
        if capture.key == second.key:
            raise BadCapture("too fast")
        return parse(capture)

    drain(parse=stricter, parser_version=PARSER_VERSION + 1)
    assert sql("SELECT capture_key FROM slices WHERE resource = 'laps'") == [(first.key,)]
    assert sql("SELECT count(*) FROM lap_times WHERE time_ms = 71111") == [(0,)]


def test_a_newer_parser_replaces_drivers(recorder: Recorder, drain: Drain, sql: Sql) -> None:
    def with_nationalities(capture: Capture) -> Parsed:
        parsed = parse(capture)
        for driver_id, values in parsed.reference.drivers.items():
            parsed.reference.drivers[driver_id] = (*values[:5], "Martian", *values[6:])
        return parsed

    recorder.put(recorder.make("schedule"), recorder.make("results", 1))
    drain()
    drain(parse=with_nationalities, parser_version=PARSER_VERSION + 1)
    assert sql("SELECT DISTINCT nationality FROM drivers") == [("Martian",)]


def test_another_order_of_sources_gives_the_same_drivers_as_a_replay(
    recorder: Recorder, drain: Drain, sql: Sql, engine: sa.Engine, store: RawStore
) -> None:
    recorder.put(
        recorder.archive(),
        recorder.make("schedule", source="jolpica"),
        recorder.make("results", 1, source="jolpica"),
    )
    order = ("ergast-csv", "jolpica", "jolpica-csv", "openf1", "synthetic")
    drain()
    reprocess.reopen_all(engine, None)
    drain(source_order=order)
    reprocessed = sql("SELECT * FROM drivers ORDER BY driver_id")
    with engine.begin() as connection:
        connection.execute(sa.text("TRUNCATE captures, drivers, circuits, seasons CASCADE"))
    index.sweep(engine, store)
    drain(source_order=order)
    assert reprocessed == sql("SELECT * FROM drivers ORDER BY driver_id")


def test_a_season_is_reprocessed_with_its_archives(
    recorder: Recorder, drain: Drain, sql: Sql, engine: sa.Engine, store: RawStore
) -> None:
    other = Recorder(engine, store, small_season(2023, 2))
    other.order = 50
    archive, of_other = recorder.archive(), other.archive()
    recorder.put(archive, *recorder.season(source="jolpica"), of_other)
    drain()
    of_season = sql("SELECT count(*) FROM captures WHERE season = 2024")[0][0]
    assert reprocess.reopen_all(engine, 2024) == of_season + 1
    assert sql("SELECT state FROM captures WHERE capture_key = :key", key=archive.key) == [
        ("pending",)
    ]
    assert sql("SELECT state FROM captures WHERE capture_key = :key", key=of_other.key) == [
        ("processed",)
    ]


@pytest.mark.parametrize("order", [("jolpica", "ergast-csv"), ("ergast-csv", "jolpica")])
def test_another_order_of_sources_is_applied_by_reprocessing(
    recorder: Recorder, drain: Drain, sql: Sql, engine: sa.Engine, order: tuple[str, str]
) -> None:
    recorder.put(
        recorder.archive(),
        recorder.make("schedule", source="jolpica"),
        recorder.make("laps", 1, source="jolpica"),
    )
    drain()
    reprocess.reopen_all(engine, 2024)
    drain(source_order=(*order, "jolpica-csv", "openf1", "synthetic"))
    source = "SELECT source FROM slices JOIN races USING (race_id) WHERE round = 1 AND"
    assert sql(f"{source} resource = 'laps'") == [(order[0],)]


def test_rows_that_a_newer_parser_rejects_are_removed(
    *,
    recorder: Recorder,
    drain: Drain,
    sql: Sql,
    engine: sa.Engine,
    store: RawStore,
    settings: WorkerSettings,
) -> None:
    """No other capture has them, so the slice, its rows and its aggregates are removed."""
    recorder.put(*recorder.season())
    drain()

    def refusing(capture: Capture) -> Parsed:
        if capture.header.resource == "laps" and capture.header.round == 1:
            raise BadCapture("a better parser refuses it")
        return parse(capture)

    Worker(
        engine, store, settings, parse=refusing, parser_version=PARSER_VERSION + 1
    ).drain()  # fmt: skip
    rows = sql("SELECT DISTINCT round FROM lap_times JOIN races USING (race_id) ORDER BY 1")
    slices = sql("SELECT DISTINCT round FROM slices JOIN races USING (race_id)"
                 " WHERE resource = 'laps' ORDER BY 1")  # fmt: skip
    assert rows == slices == [(2,), (3,)]
    assert sql("SELECT state, reason FROM captures WHERE resource = 'laps' AND round = 1") == [
        ("quarantined", "a better parser refuses it")
    ]
