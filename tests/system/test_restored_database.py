"""A database is restored from an old backup; later captures replace those that it lost."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from f1_devkit.programs.installation import Installation
from f1_devkit.servers.postgres import find_binaries
from f1_ingest.synthetic import Dataset, season

BACKFILL = (
    *("f1-ingest", "backfill", "--source", "synthetic", "--season", "2024", "--rounds", "1"),
    *("--resources", "laps"),
)
WINNERS_LAP = "SELECT time_ms FROM lap_times WHERE driver_id = :driver AND lap = :lap"


def test_newer_captures_are_applied_after_a_dump_was_restored(
    *, installation: Installation, serve: Callable[..., Any],
    fresh_database: Callable[[], str], tmp_path: Path,
) -> None:  # fmt: skip
    installation.environment |= {
        "F1_INGEST_REFRESH_DAYS": "100000",
        "F1_INGEST_REFRESH_EVERY_H": "0.0001",
    }
    server = serve(installation, season(2024))
    lap = server.dataset.weekend(2024, 1).laps[7]

    def correct(time: str) -> None:
        def change(data: Dataset) -> None:
            data.weekend(2024, 1).laps[7].time = time

        server.correct(change)

    installation.run(*BACKFILL)
    installation.run("f1-worker", "run", "--drain")
    dump = tmp_path / "backup"
    _postgres("pg_dump", "-Fc", "-f", str(dump), "-d", _plain(installation))
    for time in ("2:00.001", "2:00.002", "2:00.003"):
        correct(time)
        installation.run(*BACKFILL, "--refresh")
    installation.run("f1-worker", "run", "--drain")

    restored = installation.on_database(fresh_database())
    _postgres("pg_restore", "--clean", "-d", _plain(restored), str(dump))
    correct("2:00.004")
    restored.run(*BACKFILL, "--refresh")
    restored.run("f1-worker", "run", "--drain")
    with restored.engine().connect() as connection:
        where = {"driver": lap.driver_id, "lap": lap.lap}
        assert connection.execute(sa.text(WINNERS_LAP), where).scalar_one() == 120_004
        orders = connection.execute(
            sa.text("SELECT count(*), count(DISTINCT capture_order) FROM captures")
        ).one()
    assert orders[0] == orders[1] >= 6


def _plain(installation: Installation) -> str:
    return installation.environment["F1_DATABASE_URL"].replace("+psycopg2", "")


def _postgres(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [find_binaries() / program, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
