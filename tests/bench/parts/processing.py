"""Captures in S3 to committed rows and aggregates, relative to a bare COPY of the same rows.

Both use the same tables, with the same keys and foreign keys, on the same durable server.
"""

import io
import logging
import multiprocessing
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier

import sqlalchemy as sa
import structlog
from measured.captures import capture, races, write_seasons
from measured.installation import BUCKET, servers
from measured.report import Figure
from measured.work import children_cpu_s, postgres_s
from sqlalchemy import text

from f1_core.capture import Capture
from f1_core.ledger import index
from f1_core.postgres import database
from f1_core.store.rawstore import RawStore, StoreSettings
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3
from f1_ingest.synthetic import season
from f1_worker.loop import Worker

_COPY = "COPY lap_times TO STDOUT"
_COPY_BACK = "COPY lap_times FROM STDIN"
_REPEATS = 2
_CORRECTIONS = 40


def processing(years: int) -> Iterator[Figure]:
    """One worker and two, with some seasons of laps."""
    with servers() as (_, postgres, s3), s3.store(BUCKET) as store:
        write_seasons(store, range(2000, 2000 + years), ["laps"])
        empty = postgres.create_database("empty")
        database.migrate(empty)
        with _engine(empty) as engine:
            index.sweep(engine, store)
        drained = {workers: _drain(postgres, s3.settings(BUCKET), workers) for workers in (1, 2)}
        copied, rows = _copy(postgres)
        for workers, (took, busy, cpu) in drained.items():
            yield Figure(
                f"captures to rows, {workers} worker{'s' * (workers > 1)}",
                f"{rows / took:,.0f} rows/s",
                "a bare COPY",
                f"{rows / copied:,.0f} rows/s",
                copied / took,
                0.6 if workers == 1 else 1.0,
                limit=(
                    f"of {took:.1f} s, Postgres executes statements for {busy:.1f} s"
                    f" (one COPY of it all: {copied:.1f} s), and Python has a processor for"
                    f" {cpu:.1f} s, its start included; {os.cpu_count()} processors for all"
                ),
            )
        yield _one_race(postgres, s3)


@contextmanager
def _engine(url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


def _drain(postgres: Postgres, settings: StoreSettings, workers: int) -> tuple[float, float, float]:
    """The best of some runs: seconds from the start of all workers to the end of the last, those
    of Postgres' statements, and those of the workers' processors.
    """
    runs = []
    spawn = multiprocessing.get_context("spawn")
    for repeat in range(_REPEATS):
        name = f"drained_{workers}_{repeat}"
        url = postgres.create_database(name, "empty")
        barrier = spawn.Barrier(workers + 1)
        processes = [
            spawn.Process(target=_work, args=(url, settings, barrier)) for _ in range(workers)
        ]
        cpu = children_cpu_s()
        for process in processes:
            process.start()
        barrier.wait()
        start = time.perf_counter()
        for process in processes:
            process.join()
            assert process.exitcode == 0
        took = time.perf_counter() - start
        runs.append((took, postgres_s(postgres, name), children_cpu_s() - cpu))
    return min(runs)


def _work(url: str, settings: StoreSettings, barrier: Barrier) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with _engine(url) as engine, RawStore(settings) as store:
        worker = Worker(engine, store)
        barrier.wait()
        worker.drain()


def _copy(postgres: Postgres) -> tuple[float, int]:
    """Seconds of a bare COPY of the laps, in one statement, and their number."""
    best, rows = float("inf"), 0
    for repeat in range(_REPEATS):
        url = postgres.create_database(f"copied_{repeat}", "drained_1_0")
        buffer = io.BytesIO()
        with _engine(url) as engine, engine.connect() as connection:
            cursor = connection.connection.cursor()
            cursor.copy_expert(_COPY, buffer)
            connection.execute(text("TRUNCATE lap_times, aggregations"))
            connection.commit()
            buffer.seek(0)
            start = time.perf_counter()
            cursor.copy_expert(_COPY_BACK, buffer)
            rows = cursor.rowcount
            connection.commit()
            best = min(best, time.perf_counter() - start)
    return best, rows


def _one_race(postgres: Postgres, s3: S3) -> Figure:
    """Correct one lap of one race, alternately in a table of five races and in one of all races."""
    dataset = season(2000)
    five = races(dataset)[:5]
    taken: dict[str, list[float]] = {"few": [], "many": []}
    rows = {}
    with (
        _engine(postgres.create_database("few", "empty")) as few,
        _engine(postgres.create_database("many", "drained_1_0")) as many,
        s3.store("bench-few") as few_store,
        s3.store("bench-many") as many_store,
    ):
        with few.begin() as connection:
            connection.execute(text("DELETE FROM captures"))
        first = [capture(dataset, "schedule", 2000, None, 1)]
        first += [capture(dataset, "laps", 2000, race, 2 + n) for n, race in enumerate(five)]
        _announce(few, few_store, first)
        Worker(few, few_store).drain()
        tables = {"few": (few, few_store), "many": (many, many_store)}
        for n in range(_CORRECTIONS):
            dataset.weekend(2000, 1).laps[0].time = f"2:{n:02d}.000"
            corrected = capture(dataset, "laps", 2000, five[0], 100_000 + n)
            for name, (engine, store) in tables.items():
                _announce(engine, store, [corrected])
                start = time.perf_counter()
                Worker(engine, store).drain()
                taken[name].append(time.perf_counter() - start)
        for name, (engine, _) in tables.items():
            with engine.connect() as connection:
                rows[name] = connection.execute(text("SELECT count(*) FROM lap_times")).scalar_one()
    times = {name: statistics.median(measured) for name, measured in taken.items()}
    return Figure(
        f"a race's laps again, {rows['many']:,} laps in the table",
        f"{times['many'] * 1000:.1f} ms",
        f"with {rows['few']:,} laps",
        f"{times['few'] * 1000:.1f} ms",
        times["many"] / times["few"],
        1.2,
        at_most=True,
    )


def _announce(engine: sa.Engine, store: RawStore, captures: list[Capture]) -> None:
    for made in captures:
        store.put(made.key, made.encode())
        with engine.begin() as connection:
            index.announce(connection, made.key, made.header)
