"""The command f1, as a user runs it."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from f1_core.postgres import database
from f1_devkit.programs.processes import path_of
from f1_devkit.servers.child import Child
from f1_devkit.servers.postgres import Postgres
from f1_ingest.synthetic import cached_season


def run_f1(
    *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [path_of("f1"), *arguments],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_migrate_creates_the_schema_in_an_empty_database(postgres: Postgres) -> None:
    url = postgres.create_database("to_migrate")
    done = run_f1("migrate", environment={"F1_DATABASE_URL": url})
    assert done.stdout == f"the database has schema {database.newest_revision()}\n"
    assert run_f1("migrate", environment={"F1_DATABASE_URL": url}).returncode == 0
    counted = run_f1("ledger", environment={"F1_DATABASE_URL": url})
    assert counted.stdout.split() == ["0", "captures"]


def test_missing_settings_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("F1_DATABASE_URL", raising=False)
    refused = run_f1("ledger")
    assert refused.returncode == 2
    assert "F1_DATABASE_URL is not set" in refused.stderr


def test_an_unreachable_database_is_reported_in_one_line() -> None:
    url = "postgresql://postgres:x@127.0.0.1:9/nothing"
    refused = run_f1("ledger", environment={"F1_DATABASE_URL": url})
    assert refused.returncode == 1
    assert refused.stderr.startswith("f1: the database failed: ")
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("jolpica", "--season", "recently"), "write 2024, or 2021-2024"),
        (("jolpica", "--fault", "fire=0.1"), "write KIND=SHARE"),
        (("jolpica", "--fault", "504=often"), "write KIND=SHARE"),
        (("demo", "--source", "ergast"), "synthetic and jolpica"),
    ],
)
def test_wrong_usage_is_explained(arguments: tuple[str, ...], message: str) -> None:
    refused = run_f1(*arguments)
    assert refused.returncode == 2
    assert message in " ".join(refused.stderr.replace("│", " ").split())


def test_wrong_rounds_are_refused(tmp_path: Path) -> None:
    refused = run_f1("demo", "--rounds", "many", "--directory", str(tmp_path))
    assert refused.returncode == 1
    assert "invalid rounds" in refused.stderr
    assert not list(tmp_path.iterdir())


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[str]:
    command = [path_of("f1"), "jolpica", "--season", "2023-2024", "--per-hour", "3"]
    child = Child("jolpica", command, directory=tmp_path, environment={"PYTHONUNBUFFERED": "1"})
    with child:
        while "control:" not in child.tail():
            assert child.running, child.tail()
        yield child.tail().splitlines()[0].removeprefix("F1_SYNTHETIC_URL=")


def test_the_stand_in_runs_as_a_process(stand_in: str) -> None:
    answer = httpx.get(stand_in + "/2023/races.json").json()["MRData"]
    assert answer["total"] == str(len(cached_season(2023).weekends))
    assert httpx.get(stand_in + "/2024/1/laps.json").status_code == 200
    assert httpx.get(stand_in + "/seasons.json").status_code == 200
    assert httpx.get(stand_in + "/seasons.json").status_code == 429
