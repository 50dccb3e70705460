"""Unexpected or overwritten raw objects, and unexpected errors in threads."""

import gzip
import lzma
import re
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
import structlog
from recorded_seasons import NOON, Drain, Recorder, overwrite
from typer.testing import CliRunner

from f1_core.capture import Capture
from f1_core.ledger import decisions, index, states
from f1_core.metrics.exporter import LedgerCollector
from f1_core.postgres.database import is_outage
from f1_core.program import logs
from f1_core.program.supervision import FAILURES, Heartbeat, Supervised
from f1_core.store.rawstore import RawStore
from f1_devkit.programs.tables import read_tables
from f1_ingest.synthetic import Dataset
from f1_worker.apply import load, reprocess
from f1_worker.cli import app
from f1_worker.parse import PARSER_VERSION, parse
from f1_worker.parse.slices import Parsed, Reference
from f1_worker.publish.snapshotter import Snapshotter
from f1_worker.queue.claim import Claims
from f1_worker.queue.listen import Listener, Sweeper
from f1_worker.settings import WorkerSettings

Sql = Callable[..., list[tuple[Any, ...]]]


def forged(recorder: Recorder, capture: Capture, dataset: Dataset) -> Capture:
    """A capture that replaces another one, with other rows and valid sha256."""
    other = recorder.make("laps", 1, dataset=dataset, order=capture.header.order)
    return Capture(capture.header, other.pages)


def rows(engine: sa.Engine) -> dict[str, Any]:
    return {name: found for name, found in read_tables(engine).items() if name != "captures"}


def gauge(engine: sa.Engine, name: str) -> float:
    [found] = [metric for metric in LedgerCollector(engine).collect() if metric.name == name]
    return float(found.samples[0].value)


@pytest.fixture
def slower(dataset: Dataset) -> Dataset:
    changed = dataset.copy()
    for lap in changed.weekends[0].laps:
        lap.time = "3:33.333"
    return changed


@pytest.mark.parametrize("again", ["reprocess", "newer parser", "retry"])
def test_an_overwritten_object_is_detected_and_its_rows_stay(
    *, recorder: Recorder, drain: Drain, engine: sa.Engine, store: RawStore, slower: Dataset,
    again: str, sql: Sql,
) -> None:  # fmt: skip
    laps = recorder.make("laps", 1)
    recorder.put(recorder.make("schedule"), laps)
    drain()
    before = rows(engine)
    kept = sql("SELECT header, pages FROM captures ORDER BY capture_key")
    overwrite(store, laps.key, forged(recorder, laps, slower).encode())
    version = PARSER_VERSION
    if again == "reprocess":
        reprocess.reopen_all(engine, 2024)
    elif again == "retry":
        with engine.begin() as connection:
            states.reopen(connection, [laps.key])
    else:
        version += 1
    assert drain(parser_version=version)["quarantined"] == 1
    # A newer parser reads the schedule again, and records its version.
    noted = {"slices"} if again == "newer parser" else set()
    assert {name: one for name, one in rows(engine).items() if name not in noted} == {
        name: one for name, one in before.items() if name not in noted
    }
    [(state, reason, attempts)] = sql(
        "SELECT state, reason, attempts FROM captures WHERE resource = 'laps'"
    )
    assert (state, attempts) == ("quarantined", 0)
    assert "the raw object was changed after it was read: sha256 of page 1 was" in reason
    assert sql("SELECT header, pages FROM captures ORDER BY capture_key") == kept
    assert sql("SELECT count(*) FROM lap_times WHERE time_ms = 213333") == [(0,)]
    assert gauge(engine, "f1_ledger_changed_objects") == 1
    # It is not read again.
    assert drain(parser_version=version) == {}
    overwrite(store, laps.key, laps.encode())
    with engine.begin() as connection:
        states.reopen(connection, [laps.key])
    drain(parser_version=version)
    assert sql("SELECT state, reason, changed FROM captures WHERE resource = 'laps'") == [
        ("processed", None, None)
    ]
    assert gauge(engine, "f1_ledger_changed_objects") == 0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda made: b"garbage", "it was readable, and now the object is not a capture"),
        (lambda made: b"", "it was readable"),
        (lambda made: made.encode().replace(b'"MRData"', b'"mrdata"'), "does not match its sha256"),
        (lambda made: Capture(made.header, made.pages[:-1]).encode(), "pages and has"),
        (
            lambda made: Capture(
                msgspec.structs.replace(made.header, total=5), made.pages
            ).encode(),
            "total in its header was",
        ),
        (
            lambda made: Capture(msgspec.structs.replace(made.header, season=2023), []).encode(),
            "it had",
        ),
    ],
)
def test_the_rows_stay_for_any_content_of_an_overwritten_object(
    *, recorder: Recorder, drain: Drain, engine: sa.Engine, store: RawStore, sql: Sql,
    change: Callable[[Capture], bytes], expected: str,
) -> None:  # fmt: skip
    laps = recorder.make("laps", 1)
    recorder.put(recorder.make("schedule"), laps)
    drain()
    before = rows(engine)
    overwrite(store, laps.key, change(laps))
    reprocess.reopen_all(engine, 2024)
    drain()
    after = rows(engine)
    assert after == before
    [(state, reason)] = sql("SELECT state, reason FROM captures WHERE resource = 'laps'")
    assert state == "quarantined"
    assert expected in reason


def test_an_overwritten_archive_keeps_its_rows(
    *, recorder: Recorder, drain: Drain, engine: sa.Engine, store: RawStore, slower: Dataset,
    sql: Sql,
) -> None:  # fmt: skip
    archive = recorder.archive()
    recorder.put(archive)
    drain()
    before = rows(engine)
    other = recorder.archive(slower, order=archive.header.order)
    overwrite(store, archive.key, Capture(archive.header, other.pages).encode())
    reprocess.reopen_all(engine, None)
    assert drain() == {"quarantined": 1}
    after = rows(engine)
    for guarded in ("drivers", "constructors", "circuits", "seasons"):
        after.pop(guarded), before.pop(guarded)  # `precedence` is reset
    assert after == before
    assert "sha256 of page" in sql("SELECT reason FROM captures")[0][0]


def test_a_newer_capture_ends_the_quarantine_of_an_overwritten_one(
    *, recorder: Recorder, drain: Drain, engine: sa.Engine, store: RawStore, slower: Dataset,
    sql: Sql,
) -> None:  # fmt: skip
    laps = recorder.make("laps", 1)
    recorder.put(recorder.make("schedule"), laps)
    drain()
    overwrite(store, laps.key, forged(recorder, laps, slower).encode())
    reprocess.reopen_all(engine, 2024)
    with structlog.testing.capture_logs() as logs:
        drain()
    event = "the raw object was changed"
    assert [one["capture"] for one in logs if one["event"] == event] == [laps.key]
    newer = recorder.make("laps", 1, hours=2)
    recorder.put(newer)
    drain()
    assert sql("SELECT state FROM captures WHERE resource = 'laps' ORDER BY capture_order")[0] == (
        "superseded",
    )
    with engine.begin() as connection:
        states.reopen(connection, [laps.key])
    assert drain() == {"superseded": 1}
    assert gauge(engine, "f1_ledger_changed_objects") == 0


@pytest.mark.parametrize(
    "error",
    [
        RecursionError("too deep"), lzma.LZMAError("Corrupt input data"), zlib.error("Error -3"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), EOFError("short"),
        gzip.BadGzipFile("Not a gzipped file"), KeyError("MRData"), OverflowError("int too large"),
        ZeroDivisionError("division by zero"), ValueError("a\0b"), AssertionError(),
    ],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
@pytest.mark.parametrize("lazy", [False, True], ids=["at once", "race by race"])
def test_errors_of_a_parser_quarantine_a_capture_at_the_first_attempt(
    recorder: Recorder, drain: Drain, sql: Sql, error: Exception, *, lazy: bool
) -> None:
    class Slices(list[Any]):
        def __iter__(self) -> Any:
            raise error

    def failing(capture: Capture) -> Parsed:
        if lazy:
            return Parsed(Slices(), Reference())
        raise error

    recorder.put(recorder.archive())
    assert drain(parse=failing) == {"quarantined": 1}
    [(attempts, reason)] = sql("SELECT attempts, reason FROM captures")
    assert attempts == 0
    assert type(error).__name__ in reason


def test_an_error_of_the_machine_is_retried(recorder: Recorder, drain: Drain, sql: Sql) -> None:
    def failing(_: Capture) -> Parsed:
        raise MemoryError

    recorder.put(recorder.archive())
    assert drain(parse=failing)["quarantined"] == 1
    assert sql("SELECT attempts FROM captures") == [(5,)]


def test_objects_that_are_not_captures_are_quarantined_at_once(
    recorder: Recorder, drain: Drain, engine: sa.Engine, store: RawStore, sql: Sql
) -> None:
    contents = [
        b"", b"\x89PNG\r\n\x1a\n" + bytes(3000), b"null", b"[]", b'{"header": 1}', b"\xff" * 100,
        b"[" * 500_000, b'{"header":' * 100_000, b"PK\x03\x04" + bytes(100), b"9" * 100_000,
        bytes(load._LARGEST + 1),
    ]  # fmt: skip
    for content in contents:
        store.put(recorder.make("laps", 1).key, content)
    body = recorder.make("laps", 1)
    store.put(
        body.key,
        body.encode().replace(b'"total":', b'"total":' + b"9" * 300 + b',"x":'),
    )
    good = recorder.make("schedule")
    recorder.put(good)
    index.sweep(engine, store)
    assert drain() == {"processed": 1, "quarantined": len(contents) + 1}
    assert sql("SELECT max(attempts) FROM captures") == [(0,)]
    assert sql("SELECT count(*) FROM captures WHERE reason IS NULL") == [(1,)]
    assert sql("SELECT count(*) FROM captures WHERE reason LIKE '%more than the%'") == [(1,)]


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x" * 5_000])
def test_every_reason_can_be_stored_in_the_ledger(
    recorder: Recorder, drain: Drain, sql: Sql, text: str
) -> None:
    def failing(_: Capture) -> Parsed:
        raise RuntimeError(text)

    recorder.put(recorder.make("laps", 1))
    assert drain(parse=failing) == {"quarantined": 1}
    [(reason,)] = sql("SELECT reason FROM captures")
    assert len(reason) == 4_000 if len(text) > 4_000 else len(reason) < 100


def test_values_that_postgres_rejects_quarantine_at_the_first_attempt(
    recorder: Recorder, drain: Drain, sql: Sql
) -> None:
    def huge(capture: Capture) -> Parsed:
        parsed = parse(capture)
        slices = [
            replace(s, lines=[line.replace("\t1\t", "\t99999999999\t") for line in s.lines])
            for s in parsed.slices
        ]
        return Parsed(slices, parsed.reference)

    recorder.put(recorder.make("schedule"))
    drain()
    recorder.put(recorder.make("laps", 1))
    assert drain(parse=huge) == {"quarantined": 1}
    assert sql("SELECT attempts, reason LIKE 'Postgres rejected it%' FROM captures"
               " WHERE resource = 'laps'") == [(1, True)]  # fmt: skip


def threads(
    engine: sa.Engine, store: RawStore, settings: WorkerSettings, stop: threading.Event
) -> dict[str, tuple[Supervised, Any, str]]:
    """Every thread beside the loop, with its repeated function."""
    claims = Claims(engine, settings, PARSER_VERSION)
    return {
        "listener": (Listener(engine, threading.Event(), stop), None, "_listen"),
        "sweeper": (Sweeper(engine, store, settings, stop), None, "sweep"),
        "snapshotter": (Snapshotter(engine, store, 0.01, stop), None, "check"),
        "heartbeat": (Heartbeat(claims.beat, 0.01, is_outage), claims, "extend"),
    }


@pytest.mark.parametrize("name", ["listener", "sweeper", "snapshotter", "heartbeat"])
def test_a_thread_continues_after_an_unexpected_error(
    *, engine: sa.Engine, store: RawStore, settings: WorkerSettings, name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    stop = threading.Event()
    thread, owner, method = threads(engine, store, settings, stop)[name]
    owner = owner or thread
    real, again, calls = getattr(owner, method), threading.Event(), []

    def fail_once() -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise RecursionError("unexpected")
        again.set()
        return real()

    monkeypatch.setattr(owner, method, fail_once)
    before = FAILURES.labels(name)._value.get()
    thread.start()
    assert again.wait(10)
    assert FAILURES.labels(name)._value.get() == before + 1
    assert thread.problem is None
    stop.set()
    if isinstance(thread, Heartbeat):
        thread.close()
    thread.join(10)


def test_the_sweeper_finds_captures_after_an_unreadable_decision(
    *, recorder: Recorder, engine: sa.Engine, store: RawStore, settings: WorkerSettings, sql: Sql
) -> None:
    made = decisions.Decision(
        kind="purge", order=5, decided_by="x", decided_at=NOON, season=2024, why="a\0b"
    )
    store.put(made.key, msgspec.json.encode(made))
    stop = threading.Event()
    sweeper = Sweeper(engine, store, settings.model_copy(update={"sweep_every_s": 0.05}), stop)
    sweeper.start()
    for number in range(2):
        recorder.put(recorder.make("laps", number + 1), announce=False)
        deadline = time.monotonic() + 20
        while sql("SELECT count(*) FROM captures") != [(number + 1,)]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    assert sql("SELECT count(*) FROM unreadable_objects") == [(1,)]
    stop.set()
    sweeper.join(10)


def test_the_command_sweep_reports_what_cannot_be_read(
    recorder: Recorder, store: RawStore, f1_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name, value in f1_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    recorder.put(recorder.make("schedule"), announce=False)
    assert CliRunner().invoke(app, ["sweep", "--full"]).exit_code == 0
    store.put("raw/2024-05-26/holiday.jpg", b"\xff\xd8")
    for arguments, code in ((["sweep", "--full"], 1), (["sweep", "--ignore-unreadable"], 0)):
        swept = CliRunner().invoke(app, arguments)
        assert swept.exit_code == code
        assert swept.stdout.splitlines()[-1] == "0 found that were not in the ledger"
        assert re.search(
            r"1 object in S3 could not be read \(raw/2024-05-26/holiday.jpg: ", swept.stderr
        )
