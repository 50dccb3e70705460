"""Archives: one capture, many races, each in a transaction of its own."""

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

Ask = Callable[..., list[tuple[Any, ...]]]


def test_an_archive_of_two_seasons_brings_their_schedules_and_rows(
    recorder: Recorder, drain: Drain, ask: Ask, engine: sa.Engine
) -> None:
    both = merge([small_season(2023, 2), small_season(2024, 2)])
    recorder.put(recorder.archive(both))
    assert drain() == {"processed": 1}
    assert ask("SELECT season, count(*) FROM races GROUP BY 1 ORDER BY 1") == [(2023, 2), (2024, 2)]
    assert count(engine, "lap_times") == both.count("laps")
    assert count(engine, "pit_stops") == both.count("pit_stops")
    assert ask("SELECT rows FROM captures") == [(both.count("laps") + both.count("pit_stops") + 4,)]


def test_an_archive_does_not_bring_a_purged_season_back(
    recorder: Recorder, drain: Drain, ask: Ask, engine: sa.Engine, store: RawStore
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
    assert ask("SELECT season, count(*) FROM races GROUP BY 1") == [(2023, 2)]
    assert ask("SELECT DISTINCT season FROM slices") == [(2023,)]


def test_the_service_is_believed_before_the_archive_and_the_archive_fills_its_gaps(
    recorder: Recorder, drain: Drain, ask: Ask
) -> None:
    recorder.put(
        recorder.make("schedule", source="jolpica"),
        recorder.make("laps", 1, source="jolpica"),
        recorder.archive(),
    )
    drain()
    assert ask("SELECT resource, source, count(*) FROM slices GROUP BY 1, 2 ORDER BY 1, 2") == [
        ("laps", "ergast-csv", 2),
        ("laps", "jolpica", 1),
        ("pitstops", "ergast-csv", 3),
        ("schedule", "jolpica", 1),
    ]


def test_a_worker_that_stops_in_the_middle_leaves_whole_races_and_the_next_goes_on(
    *,
    recorder: Recorder,
    drain: Drain,
    engine: sa.Engine,
    store: RawStore,
    settings: WorkerSettings,
    dataset: Dataset,
    ask: Ask,
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
    assert ask("SELECT DISTINCT round FROM lap_times JOIN races USING (race_id)") == [(1,)]
    assert ask("SELECT state, attempts, lease_owner FROM captures") == [("pending", 0, None)]
    assert drain() == {"processed": 1}
    assert count(engine, "lap_times") == dataset.count("laps")


def test_while_an_archive_is_processed_others_may_have_the_rest(
    recorder: Recorder, drain: Drain, ask: Ask
) -> None:
    recorder.put(recorder.archive(), recorder.make("results", 1), recorder.make("laps", 1))
    others = "SELECT DISTINCT state, lease_owner FROM captures WHERE resource <> 'archive'"
    seen = []

    def look(capture: Capture) -> Parsed:
        if capture.header.resource == "archive":
            seen.append(ask(others))
        return parse(capture)

    drain(parse=look)
    assert seen == [[("pending", None)]]


@pytest.mark.timeout(60)  # it would be waited for as long as its lease lasts
def test_an_archive_in_work_is_sent_back_when_rows_are_built_from_it_again(
    *, recorder: Recorder, drain: Drain, ask: Ask, engine: sa.Engine, settings: WorkerSettings
) -> None:
    """Its worker may have passed that race, with a capture of the service that was believed."""
    archive, laps = recorder.archive(), recorder.make("laps", 1, source="jolpica")
    recorder.put(recorder.make("schedule", source="jolpica"), archive, laps)
    drain()
    source = (
        "SELECT source FROM slices JOIN races USING (race_id)"
        " WHERE resource = 'laps' AND races.round = 1"
    )
    assert ask(source) == [("jolpica",)]

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
    assert ask(source) == [(archive.header.source,)]


def test_an_archive_whose_schedule_brings_back_a_race_that_it_has_laps_of_goes_on(
    recorder: Recorder, drain: Drain, ask: Ask, engine: sa.Engine
) -> None:
    """Captures of that race are sent back to the worker, but not the one that it has now."""
    less = recorder.dataset.copy()
    del less.weekends[2]
    schedule = recorder.make("schedule", source="jolpica", dataset=less)
    recorder.put(schedule, recorder.archive())
    drain()
    rounds = "SELECT DISTINCT round FROM lap_times JOIN races USING (race_id) ORDER BY 1"
    assert ask(rounds) == [(1,), (2,)]

    def refusing(capture: Capture) -> Parsed:
        if capture.header.source == "jolpica":
            raise BadCapture("a better parser refuses it")
        return parse(capture)

    with engine.begin() as connection:
        states.reopen(connection, [schedule.key])
    assert drain(parse=refusing) == {"quarantined": 1, "processed": 1}
    assert ask(rounds) == [(1,), (2,), (3,)]


def test_an_archive_that_takes_its_schedule_back_waits_for_those_that_read_it(
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


def test_an_archive_that_breaks_off_leaves_nothing(
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
    recorder: Recorder, drain: Drain, engine: sa.Engine, ask: Ask
) -> None:
    with engine.begin() as connection:
        index.mark_kind(connection, synthetic=True)
    recorder.put(recorder.archive())  # of a real source
    assert drain() == {"quarantined": 1}
    assert ask("SELECT rows FROM captures") == [(None,)]
    assert count(engine, "drivers") == count(engine, "races") == 0


@pytest.mark.parametrize(
    "ending", ["in the middle", "at its end", "where it breaks off", "after its last race"]
)
def test_an_archive_whose_lease_went_to_another_worker_changes_nothing(
    *,
    recorder: Recorder,
    drain: Drain,
    engine: sa.Engine,
    store: RawStore,
    settings: WorkerSettings,
    ending: str,
) -> None:
    """A worker that is stopped between two races wakes after another one has processed it all."""
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
            """Read when all races are written, and the archive is not yet marked."""

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
def test_no_race_is_written_once_the_archives_lease_went_to_another_worker(
    *,
    recorder: Recorder,
    engine: sa.Engine,
    store: RawStore,
    settings: WorkerSettings,
    purged: bool,
) -> None:
    """Nor drivers that it names, which stay when a season is purged."""
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


def test_a_bad_row_costs_its_race_and_a_person_may_accept_what_can_be_read(
    *,
    recorder: Recorder,
    drain: Drain,
    ask: Ask,
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
    assert ask(rounds) == [(2,), (3,)]
    [(state, reason)] = ask("SELECT state, reason FROM captures")
    assert state == "processed"
    assert "slices wait for a person" in reason
    [(why,)] = ask(
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
    assert ask("SELECT resource FROM slice_captures WHERE state = 'quarantined'") == [("laps",)]
    assert ask("SELECT count(*) FROM slices WHERE rows = 0") == [(0,)], "results.csv is missing"
    assert ask(rounds) == [(2,), (3,)]

    recorder.put(recorder.archive())
    drain()
    assert ask(rounds) == [(1,), (2,), (3,)]
    assert ask(
        "SELECT count(*) FROM slice_captures WHERE refused IS NOT NULL AND state = 'quarantined'"
        " AND resource = 'laps'"
    ) == [(0,)]
