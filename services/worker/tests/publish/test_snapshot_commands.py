"""Snapshots by command, and snapshots of `run --drain`."""

import os

import pytest
from forked.process import run
from recorded_seasons import Drain, Recorder, small_season

from f1_core.store.rawstore import RawStore
from f1_ingest.synthetic import Dataset


@pytest.fixture
def dataset() -> Dataset:
    """Five races, the fifth with a sprint: all resources of a season."""
    return small_season(2024, 5)


@pytest.fixture
def season(recorder: Recorder, drain: Drain) -> Recorder:
    """The season, processed."""
    recorder.put(*recorder.season())
    drain()
    return recorder


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--all"], 0, "2024: 12 written\n"),
        (["--season", "2024"], 0, "2024: 12 written\n"),
        (["--season", "1999"], 1, "there is nothing of 1999"),
        ([], 2, "--season 2024"),
        (["--all", "--season", "2024"], 2, "--season 2024"),
    ],
)
def test_the_command_writes_snapshots(
    season: Recorder, f1_environment: dict[str, str], arguments: list[str], code: int, message: str
) -> None:
    done = run(["f1-worker", "snapshot", *arguments], env=f1_environment)
    assert done.returncode == code, done.stderr
    assert message in done.stdout + done.stderr


def test_run_drain_writes_the_snapshots_of_what_it_processed(
    recorder: Recorder, store: RawStore, f1_environment: dict[str, str]
) -> None:
    recorder.put(*recorder.season())
    done = run(["f1-worker", "run", "--drain"], env={**os.environ, **f1_environment})
    assert done.returncode == 0, done.stderr
    files = set(store.keys("processed/2024/"))
    assert "processed/2024/lap_times.parquet" in files
