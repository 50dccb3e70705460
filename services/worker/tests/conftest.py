"""Fixtures of the worker's tests: captures of a small season, and a worker that processes them."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from recorded_seasons import Drain, Recorder, Run, small_season
from typer.testing import CliRunner

from f1_core.program import logs
from f1_core.store.rawstore import RawStore
from f1_ingest.synthetic import Dataset
from f1_worker.cli import app
from f1_worker.loop import Worker
from f1_worker.settings import WorkerSettings


@pytest.fixture
def dataset() -> Dataset:
    """Three races of one season."""
    return small_season()


@pytest.fixture
def recorder(engine: sa.Engine, store: RawStore, dataset: Dataset) -> Recorder:
    """Captures of this test's season, database and bucket."""
    return Recorder(engine, store, dataset)


@pytest.fixture
def settings() -> WorkerSettings:
    """Settings of a worker with short waits."""
    return WorkerSettings(
        lease_s=3.0, backoff_s=0.05, poll_s=0.1, suspect_every_s=0.2, not_yet_s=30.0, grace_s=5.0
    )


@pytest.fixture
def drain(engine: sa.Engine, store: RawStore, settings: WorkerSettings) -> Drain:
    """Let one worker, or several in threads, process all captures."""

    def run(workers: int = 1, **options: Any) -> Mapping[str, int]:
        if workers == 1:
            return Worker(engine, store, settings, **options).drain()
        threads = [
            threading.Thread(target=Worker(engine, store, settings, **options).drain)
            for _ in range(workers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {}

    return run


@pytest.fixture
def sql(engine: sa.Engine) -> Callable[..., list[tuple[Any, ...]]]:
    """Run a query; returns the rows."""

    def run(statement: str, **values: Any) -> list[tuple[Any, ...]]:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(statement), values)]

    return run


@pytest.fixture
def run(f1_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs f1-worker with the test's database and bucket."""
    for name, value in f1_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    return lambda *arguments, **options: CliRunner().invoke(app, arguments, **options)


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("F1_SOURCE_ORDER", raising=False)
