"""Replay: an empty database is filled from S3 alone, with the same rows."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from forked import process as forked

from f1_core.capture import Capture, Header
from f1_core.postgres.schema import REPLAYED
from f1_core.store.rawstore import RawStore
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_devkit.servers.postgres import Postgres

WORK_OF_THIS_DATABASE = {
    *("attempts", "not_before", "lease_owner", "lease_expires_at", "announced_at", "finished_at"),
}
"""Columns of `captures` about when and how often a database worked; see REPLAYED."""


def run(program: str, *arguments: str, environment: dict[str, str]) -> str:
    done = forked.run([program, *arguments], env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    engine = sa.create_engine(url)
    found = {}
    with engine.connect() as connection:
        for table in REPLAYED:
            columns = [c for c in table.c if c.name not in WORK_OF_THIS_DATABASE]
            selected = sa.select(*columns).order_by(*table.primary_key.columns)
            found[table.name] = [tuple(row) for row in connection.execute(selected)]
    engine.dispose()
    return found


def test_a_replay_makes_the_same_rows_and_sends_no_request(
    f1_environment: dict[str, str],
    database_url: str,
    postgres: Postgres,
    jolpica_server: Callable[..., JolpicaServer],
) -> None:
    source = jolpica_server()
    environment = {
        **f1_environment,
        "F1_SYNTHETIC_URL": source.url,
        "F1_BUDGET_PER_SECOND": "200",
        "F1_BUDGET_PER_HOUR": "100000",
    }
    season = ("--source", "synthetic", "--season", "2024", "--rounds", "1-2")
    run("f1-ingest", "backfill", *season, environment=environment)
    run("f1-worker", "run", "--drain", environment=environment)
    before = rows(database_url)
    requests = len(source.log)

    again = postgres.create_database("replayed")
    empty = {**environment, "F1_DATABASE_URL": again}
    output = run("f1", "replay", "--workers", "2", environment=empty)

    assert output.splitlines()[-1].startswith(f"replayed {len(before['captures'])} captures:")
    after = rows(again)
    for table, expected in before.items():
        assert after[table] == expected, table
    assert len(before["lap_times"]) > 1_500
    assert len(source.log) == requests
    assert "processed" in run("f1", "ledger", "list", "--season", "2024", environment=empty)
    refused = forked.run(["f1", "replay"], env={**os.environ, **environment})
    assert refused.returncode == 1
    assert "the database is not empty" in refused.stderr


def test_a_replay_reports_unreadable_objects_and_replays_the_rest(
    f1_environment: dict[str, str], store: RawStore, postgres: Postgres
) -> None:
    implausible = "raw/2024-05-26/jolpica/20240526T153000Z-2024-08-laps-99999999999999.json"
    store.put(implausible, b"{}")
    store.put("decisions/2024-05-26/20240526T153000Z-purge-000000000005.json", b"[" * 100_000)
    at = datetime(2024, 5, 26, tzinfo=UTC)
    header = Header(
        source="jolpica", resource="schedule", season=2024, order=7, started_at=at, fetched_at=at
    )
    capture = Capture(header, [])
    store.put(capture.key, capture.encode())
    for flags, code in (((), 1), (("--ignore-unreadable",), 0)):
        url = postgres.create_database(f"replayed_{code}")
        done = forked.run(
            ["f1", "replay", *flags],
            env={**os.environ, **f1_environment, "F1_DATABASE_URL": url},
        )
        assert done.returncode == code, done.stderr[-3000:]
        output = done.stdout.splitlines()[-1]
        assert output.startswith("replayed 1 captures: 1 quarantined; 2 objects in S3 could not be")
        assert implausible in output
