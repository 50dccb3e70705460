"""Archives: one capture of many races, with one transaction for each race."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from awaited_locks import wait_until_awaited
from recorded_seasons import NOON, Drain, Recorder, small_season
from typer.testing import CliRunner

from f1_core.capture import Capture, Page
from f1_core.errors import BadCapture
from f1_core.ledger import decisions, index, orders, states
from f1_core.sources import DEFAULT_ORDER
from f1_core.store.rawstore import RawStore
from f1_devkit.programs.tables import count, read_tables
from f1_ingest.synthetic import Dataset
from f1_ingest.synthetic.dataset import merge
from f1_worker.apply.archive import _process_race
from f1_worker.apply.process import Work
from f1_worker.cli import app
from f1_worker.loop import Worker
from f1_worker.parse import PARSER_VERSION, parse
from f1_worker.parse.slices import Parsed
from f1_worker.queue.claim import Claims, LeaseLost
from f1_worker.queue.transactions import Transactions
from f1_worker.settings import WorkerSettings

Sql = Callable[..., list[tuple[Any, ...]]]


def test_an_archive_of_two_seasons_has_their_schedules_and_rows(
    recorder: Recorder, drain: Drain, sql: Sql, engine: sa.Engine
) -> None:
    both = merge([small_season(2023, 2), small_season(2024, 2)])
    recorder.put(recorder.archive(both))
    assert drain() == {"processed": 1}
    assert sql("SELECT season, count(*) FROM races GROUP BY 1 ORDER BY 1") == [(2023, 2), (2024, 2)]
    assert count(engine, "lap_times") == both.count("laps")
    assert count(engine, "pit_stops") == both.count("pit_stops")
    assert sql("SELECT rows FROM captures") == [(both.count("laps") + both.count("pit_stops") + 4,)]


def test_an_archive_does_not_restore_a_purged_season(
    recorder: Recorder, drain: Drain, sql: Sql, engine: sa.Engine, store: RawStore
) -> None:
    archive = recorder.archive(merge([small_season(2023, 2), small_season(2024, 2)]))
    recorder.put(archive)
    drain()
    with engine.begin() as connection:
        orders.raise_order(connection, 100)
    decisions.decide(engine, store, decisions.PURGE, by="a person", season=2024, why="test")
    with engine.begin() as connection:
        assert states.reopen(connection, [archive.key]) == 1
    assert drain() == {"processed": 1}
    assert sql("SELECT season, count(*) FROM races GROUP BY 1") == [(2023, 2)]
    assert sql("SELECT DISTINCT season FROM slices") == [(2023,)]


def test_the_service_takes_precedence_and_the_archive_fills_its_gaps(
    recorder: Recorder, drain: Drain, sql: Sql
) -> None:
    recorder.put(
        recorder.make("schedule", source="jolpica"),
        recorder.make("laps", 1, source="jolpica"),
        recorder.archive(),
    )
    drain()
    assert sql("SELECT resource, source, count(*) FROM slices GROUP BY 1, 2 ORDER BY 1, 2") == [
        ("laps", "ergast-csv", 2),
        ("laps", "jolpica", 1),
        ("pitstops", "ergast-csv", 3),
        ("schedule", "jolpica", 1),
    ]


def test_a_stopped_worker_leaves_complete_races_and_another_one_continues(
    *,
    recorder: Recorder,
    drain: Drain,
    engine: sa.Engine,
    store: RawStore,
    settings: WorkerSettings,
    dataset: Dataset,
    sql: Sql,
) -> None:
    recorder.put(recorder.archive())
    worker = Worker(engine, store, settings)

    def stop_after_two(capture: Any) -> Parsed:
        parsed = parse(capture)

        class Stopping(list[Any]):
            def __iter__(self) -> Any:
                for number, piece in enumerate(parsed.slices):
                    if number == 5:  # the schedule, the first race, and a slice of the second
                        worker.stop.set()
                    yield piece

        return Parsed(Stopping(), parsed.reference)

    worker._parse = stop_after_two
    assert worker.drain() == {"given back": 1}
    assert sql("SELECT DISTINCT round FROM lap_times JOIN races USING (race_id)") == [(1,)]
    assert sql("SELECT state, attempts, lease_owner FROM captures") == [("pending", 0, None)]
    assert drain() == {"processed": 1}
    assert count(engine, "lap_times") == dataset.count("laps")


def test_other_claimed_captures_are_released_while_an_archive_is_processed(
    recorder: Recorder, drain: Drain, sql: Sql
) -> None:
    recorder.put(recorder.archive(), recorder.make("results", 1), recorder.make("laps", 1))
    others = "SELECT DISTINCT state, lease_owner FROM captures WHERE resource <> 'archive'"
    seen = []

    def inspect(capture: Capture) -> Parsed:
        if capture.header.resource == "archive":
            seen.append(sql(others))
        return parse(capture)

    drain(parse=inspect)
    assert seen == [[("pending", None)]]


@pytest.mark.timeout(60)  # waiting for it would take as long as its lease
def test_a_processing_archive_is_queued_again_when_its_rows_are_needed_again(
    *, recorder: Recorder, drain: Drain, sql: Sql, engine: sa.Engine, settings: WorkerSettings
) -> None:
    """Its worker may have passed that race when a capture of the service took precedence."""
    archive, laps = recorder.archive(), recorder.make("laps", 1, source="jolpica")
    recorder.put(recorder.make("schedule", source="jolpica"), archive, laps)
    drain()
    source = (
        "SELECT source FROM slices JOIN races USING (race_id)"
        " WHERE resource = 'laps' AND races.round = 1"
    )
    assert sql(source) == [("jolpica",)]

    def refusing(capture: Capture) -> Parsed:
        if capture.header.source == "jolpica" and capture.header.resource == "laps":
            raise BadCapture("a better parser refuses it")
        return parse(capture)

    with engine.begin() as connection:
        states.reopen(connection, [archive.key])
    long_lease = settings.model_copy(update={"lease_s": 600})
    at_work = Claims(engine, long_lease, parser_version=PARSER_VERSION)
    assert [claim.key for claim in at_work.take(1)] == [archive.key]
    with engine.begin() as connection:
        states.reopen(connection, [laps.key])
    assert drain(parse=refusing) == {"quarantined": 1, "processed": 1}
    assert sql(source) == [(archive.header.source,)]


def test_an_archive_whose_schedule_restores_one_of_its_races_is_processed_to_the_end(
    recorder: Recorder, drain: Drain, sql: Sql, engine: sa.Engine
) -> None:
    """Captures of that race are queued again, except the one that is being processed."""
    less = recorder.dataset.copy()
    del less.weekends[2]
    schedule = recorder.make("schedule", source="jolpica", dataset=less)
    recorder.put(schedule, recorder.archive())
    drain()
    rounds = "SELECT DISTINCT round FROM lap_times JOIN races USING (race_id) ORDER BY 1"
    assert sql(rounds) == [(1,), (2,)]

    def refusing(capture: Capture) -> Parsed:
        if capture.header.source == "jolpica":
            raise BadCapture("a better parser refuses it")
        return parse(capture)

    with engine.begin() as connection:
        states.reopen(connection, [schedule.key])
    assert drain(parse=refusing) == {"quarantined": 1, "processed": 1}
    assert sql(rounds) == [(1,), (2,), (3,)]


def test_an_archive_that_withdraws_its_schedule_waits_for_readers_of_the_schedule(
    *,
    recorder: Recorder,
    drain: Drain,
    engine: sa.Engine,
    store: RawStore,
    settings: WorkerSettings,
) -> None:
    archive = recorder.archive()
    recorder.put(archive)
    drain()
    with engine.begin() as connection:
        states.reopen(connection, [archive.key])

    def refuse(_: Capture) -> Parsed:
        raise BadCapture("a better parser refuses it")

    worker = Worker(engine, store, settings, parse=refuse)
    thread = threading.Thread(target=worker.drain)
    with engine.begin() as other:
        other.execute(decisions.season_lock(exclusive=False), {"season": 2024})
        thread.start()
        wait_until_awaited(engine, thread)
        assert count(engine, "races") == len(recorder.dataset.weekends)
    thread.join(30)
    assert count(engine, "races") == count(engine, "lap_times") == 0


def test_an_archive_with_an_unreadable_end_applies_nothing(
    recorder: Recorder, drain: Drain, engine: sa.Engine, dataset: Dataset
) -> None:
    def break_off(capture: Any) -> Parsed:
        parsed = parse(capture)

        class Broken(list[Any]):
            def __iter__(self) -> Any:
                for number, piece in enumerate(parsed.slices):
                    if number == 4:
                        raise BadCapture("lap_times.csv: line 99 cannot be read")
                    yield piece

        return Parsed(Broken(), parsed.reference)

    recorder.put(recorder.archive())
    assert drain(parse=break_off) == {"quarantined": 1}
    assert count(engine, "lap_times") == count(engine, "slices") == count(engine, "races") == 0
    [row] = read_tables(engine)["captures"]
    assert "lap_times.csv: line 99 cannot be read" in row


def test_an_archive_that_is_refused_is_not_read(
    recorder: Recorder, drain: Drain, engine: sa.Engine, sql: Sql
) -> None:
    with engine.begin() as connection:
        index.mark_kind(connection, synthetic=True)
    recorder.put(recorder.archive())  # of a real source
    assert drain() == {"quarantined": 1}
    assert sql("SELECT rows FROM captures") == [(None,)]
    assert count(engine, "drivers") == count(engine, "races") == 0


@pytest.mark.parametrize(
    "ending", ["in the middle", "at its end", "where it breaks off", "after its last race"]
)
def test_a_worker_without_the_archives_lease_changes_nothing(
    *,
    recorder: Recorder,
    drain: Drain,
    engine: sa.Engine,
    store: RawStore,
    settings: WorkerSettings,
    ending: str,
) -> None:
    """A worker that was stopped between two races continues after another one has processed all
    races.
    """
    recorder.put(recorder.archive())
    complete: list[Any] = []

    def stop_for_long(capture: Capture) -> Parsed:
        parsed = parse(capture)

        class Slow(list[Any]):
            def __iter__(self) -> Any:
                for number, piece in enumerate(parsed.slices):
                    if number == 4 and ending == "in the middle":
                        wake_after_another()
                    yield piece
                if ending in ("at its end", "where it breaks off"):
                    wake_after_another()
                if ending == "where it breaks off":
                    raise BadCapture("lap_times.csv: line 99 cannot be read")

        class Notes(list[str]):
            """Read after all races are written and before the archive's state is set."""

            def __iter__(self) -> Any:
                if ending == "after its last race":
                    wake_after_another()
                return super().__iter__()

        return Parsed(Slow(), parsed.reference, notes=Notes())

    def wake_after_another() -> None:
        with engine.begin() as connection:
            expired = "UPDATE captures SET lease_expires_at = now() - interval '1 s'"
            connection.execute(sa.text(expired))
        assert drain() == {"processed": 1}
        complete.append(read_tables(engine))

    long_lease = settings.model_copy(update={"lease_s": 600})
    assert Worker(engine, store, long_lease, parse=stop_for_long).drain() == {"lost": 1}
    assert [read_tables(engine)] == complete


@pytest.mark.parametrize("purged", [False, True])
def test_no_race_is_written_after_another_worker_took_the_archives_lease(
    *,
    recorder: Recorder,
    engine: sa.Engine,
    store: RawStore,
    settings: WorkerSettings,
    purged: bool,
) -> None:
    """Nor are its drivers, which stay when a season is purged."""
    archive = recorder.archive()
    recorder.put(archive)
    with engine.begin() as connection:
        orders.raise_order(connection, 100)
    if purged:
        decisions.decide(engine, store, decisions.PURGE, by="a person", season=2024)
    claims = Claims(engine, settings, parser_version=PARSER_VERSION)
    [claim] = claims.take(1)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE captures SET lease_owner = 'another'"))
    work = Work(claims, claim, archive.header, None, DEFAULT_ORDER, PARSER_VERSION, 1.0)
    laps = [piece for piece in parse(archive).slices if piece.resource == "laps"]
    race = partial(_process_race, work=work, season=2024, pieces=laps[:1])
    with pytest.raises(LeaseLost):
        Transactions(engine, settings, threading.Event()).run(race)
    assert count(engine, "drivers") == count(engine, "slice_captures") == 0


def test_an_invalid_row_affects_its_race_and_a_person_may_accept_readable_rows(
    *,
    recorder: Recorder,
    drain: Drain,
    sql: Sql,
    f1_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = recorder.archive()
    pages = []
    for page in whole.pages:
        lines = page.content.decode().splitlines(keepends=True)
        if page.name == "lap_times.csv":
            lines[1] = lines[1].replace(":", "x")
        pages.append(Page.of(page.url, "".join(lines).encode(), NOON, page.name))
    damaged = Capture(whole.header, pages)
    recorder.put(damaged)
    assert drain() == {"processed": 1}
    rounds = "SELECT DISTINCT round FROM lap_times JOIN races USING (race_id) ORDER BY 1"
    assert sql(rounds) == [(2,), (3,)]
    [(state, reason)] = sql("SELECT state, reason FROM captures")
    assert state == "processed"
    assert "slices wait for a person" in reason
    [(why,)] = sql(
        "SELECT reason FROM slice_captures WHERE refused IS NOT NULL AND resource = 'laps'"
    )
    assert why.startswith("lap_times.csv line 2, column time: '1x")

    for name, value in f1_environment.items():
        monkeypatch.setenv(name, value)
    assert damaged.key in CliRunner().invoke(app, ["list", "--state", "quarantined"]).stdout
    accepted = CliRunner().invoke(app, ["accept", damaged.key])
    assert accepted.exit_code == 0, accepted.stderr
    assert "1 slices with rows that cannot be read stay quarantined" in accepted.stdout
    drain()
    assert sql("SELECT resource FROM slice_captures WHERE state = 'quarantined'") == [("laps",)]
    assert sql("SELECT count(*) FROM slices WHERE rows = 0") == [(0,)], "results.csv is missing"
    assert sql(rounds) == [(2,), (3,)]

    recorder.put(recorder.archive())
    drain()
    assert sql(rounds) == [(1,), (2,), (3,)]
    assert sql(
        "SELECT count(*) FROM slice_captures WHERE refused IS NOT NULL AND state = 'quarantined'"
        " AND resource = 'laps'"
    ) == [(0,)]
