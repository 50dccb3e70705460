"""Fixtures of ingest's tests: settings for a run, and the command run in this process."""

import contextlib
import io
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from f1_core import capture
from f1_core.capture import Capture
from f1_core.store.rawstore import RawStore
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_ingest import cli

Ingest = Callable[..., "CompletedProcess[str]"]
Captures = Callable[..., list[Capture]]
Start = Callable[..., BaseProcess]
Lap = tuple[str, str, str]


@pytest.fixture
def ingest_environment(f1_environment: dict[str, str]) -> dict[str, str]:
    """Settings for quick tests: short back-off and patience, and practically no limits."""
    return {
        **f1_environment,
        "F1_BUDGET_PER_SECOND": "1000",
        "F1_BUDGET_PER_HOUR": "100000",
        "F1_HTTP_BACKOFF_S": "0.01",
        "F1_HTTP_PATIENCE_S": "20",
        "F1_HTTP_TIMEOUT_S": "5",
        "F1_LOG_LEVEL": "WARNING",
    }


@pytest.fixture
def ingest(ingest_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Ingest:
    """Runs the command in this process: `ingest("poll", F1_JOLPICA_URL=server.url).returncode`."""

    def run(*arguments: object, **settings: object) -> "CompletedProcess[str]":
        out, err = io.StringIO(), io.StringIO()
        words = [str(argument) for argument in arguments]
        with monkeypatch.context() as patch:
            for name, value in {**ingest_environment, **settings}.items():
                patch.setenv(name, str(value))
            with (
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
                pytest.raises(SystemExit) as ended,
            ):
                cli.app(words, prog_name="f1-ingest")
        code = int(ended.value.code or 0)
        return CompletedProcess(words, code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def captures(engine: sa.Engine, store: RawStore) -> Captures:
    """Reads the captures in the ledger, oldest first: `captures()`, `captures("laps")`."""

    def read(resource: str = "") -> list[Capture]:
        with engine.connect() as connection:
            keys = connection.execute(
                sa.text("SELECT capture_key FROM captures ORDER BY capture_order")
            ).scalars()
            found = [capture.decode(store.get(key)) for key in keys]
        return [one for one in found if resource in ("", one.header.resource)]

    return read


@pytest.fixture
def source(jolpica_server: Callable[..., JolpicaServer]) -> JolpicaServer:
    """The stand-in, serving the synthetic season 2024."""
    return jolpica_server()


@pytest.fixture
def laps_in() -> Callable[[Capture], Counter[Lap]]:
    """Counts how often each lap (number, driver, time) is in a capture's pages."""

    def count(captured: Capture) -> Counter[Lap]:
        found: Counter[Lap] = Counter()
        for page in captured.pages:
            body: Any = msgspec.json.decode(page.content)
            for race in body["MRData"]["RaceTable"]["Races"]:
                for lap in race["Laps"]:
                    for row in lap["Timings"]:
                        found[lap["number"], row["driverId"], row.get("time", "")] += 1
        return found

    return count


@pytest.fixture
def laps_served() -> Callable[..., set[Lap]]:
    """All laps (number, driver, time) of a race of 2024 in a stand-in."""

    def read(server: JolpicaServer, number: int) -> set[Lap]:
        weekend = server.dataset.weekend(2024, number)
        return {(str(row.lap), row.driver_id, row.time or "") for row in weekend.laps}

    return read


PROGRAM = """
import os, sys
os.environ.update(environment)
out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
os.dup2(out, 1)
os.dup2(out, 2)
sys.argv = ["f1-ingest", *arguments]
from f1_ingest.cli import main
main()
"""
"""The program of a forked process, as text, since such a process cannot import a test."""


@pytest.fixture
def start(ingest_environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Starts the program: `start("poll", F1_JOLPICA_URL=server.url).join()`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["f1_ingest.cli", "boto3", "psycopg2"])
    started: list[Any] = []

    def begin(*arguments: object, **settings: object) -> BaseProcess:
        environment = ingest_environment | {n: str(v) for n, v in settings.items()}
        known = {
            "arguments": [str(argument) for argument in arguments],
            "environment": environment,
            "log": str(tmp_path / "log"),
        }
        process = context.Process(target=exec, args=(PROGRAM, known))
        process.start()
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.join()
    print((tmp_path / "log").read_text()[-2000:])  # noqa: T201 - shown if the test failed
