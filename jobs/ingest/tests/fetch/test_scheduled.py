"""When a run was scheduled, from the name of a CronJob's Job."""

import doctest
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from subprocess import CompletedProcess

import pytest
import sqlalchemy as sa

import f1_ingest.fetch.scheduled
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_ingest.fetch.scheduled import scheduled_for

NOW = datetime(2026, 6, 7, 8, 9, 30, tzinfo=UTC)
MINUTES = int(NOW.timestamp()) // 60


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (f"f1-poll-{MINUTES}", NOW.replace(second=0)),
        (f"f1-poll-{MINUTES - 60}", NOW.replace(second=0) - timedelta(hours=1)),
        (f"f1-poll-{MINUTES - 60 * 24 * 2}", None),  # no run is started two days late
        (f"f1-poll-{MINUTES + 60}", None),
        ("f1-poll-20260607", None),  # a date, written by a person
        ("f1-poll-by-hand", None),
        ("", None),
    ],
)
def test_the_minute_is_the_end_of_the_name(job: str, expected: datetime | None) -> None:
    assert scheduled_for(job, NOW) == expected


def test_the_example_is_true() -> None:
    assert doctest.testmod(f1_ingest.fetch.scheduled).failed == 0


def test_only_a_scheduled_run_records_its_schedule(
    ingest: Callable[..., CompletedProcess[str]], source: JolpicaServer, engine: sa.Engine
) -> None:
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    names = {"F1_INGEST_JOB_NAME": f"f1-poll-{int(minute.timestamp()) // 60}"}
    for given in (names, {}):
        ran = ingest("poll", "--season", 2024, F1_JOLPICA_URL=source.url, **given)
        assert ran.returncode == 0, ran.stderr
    with engine.connect() as connection:
        found = connection.scalars(
            sa.text("SELECT scheduled_at FROM ingest_runs ORDER BY started_at")
        )
        assert list(found) == [minute, None]
